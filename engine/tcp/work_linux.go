package tcp

import (
	"errors"
	"io/fs"
	"os"

	"resync/engine"
	"resync/engine/node"
)

// readFile reads what the node asks for: at once, or when everybody else has had a turn.
func (s *Server) readFile(e node.ReadFile) {
	r := s.reads[e.Job]
	if r == nil {
		if e.Max == 0 {
			return
		}
		r = &reading{path: inDir(s.node.Config().Dir, e.Name)}
		s.reads[e.Job] = r
	}
	if e.Max == 0 {
		s.endRead(e.Job)
		return
	}
	read := func() node.FileLoaded {
		in := r.part(e)
		if !in.More {
			s.endRead(e.Job)
		}
		return in
	}
	if e.Now {
		s.waiting = append(s.waiting, read())
		return
	}
	s.post(func() {
		if s.reads[e.Job] == r { // nobody has given it up
			s.step(read())
		}
	})
}

func (s *Server) endRead(job int64) {
	s.reads[job].close()
	delete(s.reads, job)
}

// removeFile removes a file of the node.
func (s *Server) removeFile(e node.RemoveFile) {
	path := inDir(s.node.Config().Dir, e.Name)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.say(engine.LogWarning, "Removing "+path+": "+Errno(err))
	}
}

// writeFile writes what the node has: at once, or on a goroutine, since a disk may be slow. The node hands over the
// next part when this one is written, so no two parts of a file are under way.
func (s *Server) writeFile(e node.WriteFile) {
	f := s.files[e.Job]
	switch {
	case e.Part == node.DropFile:
		if f != nil {
			delete(s.files, e.Job)
			f.drop()
		}
		return
	case f == nil:
		f = &file{path: inDir(s.node.Config().Dir, e.Name), pid: s.pid}
		s.files[e.Job] = f
	}
	if e.Now {
		s.waiting = append(s.waiting, s.wrote(f, e, f.write(e.Data, e.Part)))
		return
	}
	f.busy = true
	s.writers.Add(1)
	go func() {
		defer s.writers.Done()
		err := f.write(e.Data, e.Part)
		ended := !s.post(func() {
			f.busy = false
			if f.dropped {
				f.drop()
				return
			}
			s.step(s.wrote(f, e, err))
		})
		if ended {
			f.busy = false
			f.drop()
		}
	}()
}

// wrote is the node's answer for a part that was written, or not.
func (s *Server) wrote(f *file, e node.WriteFile, err error) node.Input {
	in := node.FileWritten{Job: e.Job}
	if err != nil {
		in.Err = Errno(err)
		var placing *os.LinkError
		switch {
		case f.temp == nil:
			in.Step = node.FileOpened
		case errors.As(err, &placing):
			in.Step = node.FilePlaced
		}
	}
	if err != nil || e.Part == node.WholeFile || e.Part == node.LastPart {
		delete(s.files, e.Job)
		f.drop()
	}
	return in
}
