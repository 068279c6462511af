package model

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"

	"resync/engine/rdb"
	"resync/engine/script"
	"resync/engine/sim"
)

// Real data: a dump.rdb that becomes a node's dataset, and a node's dataset as a file that a real server loads. A node
// gets a file as a real one does: its process ends, the file is put where it looks for it, and it starts. These are
// lines of the script, so they are recorded, repeated and shared; the file is in them, which bounds its size.

// FileMost is how many bytes a file has at most that a node can be given.
const FileMost = sim.MaxFile

// IsRDB tells an RDB file from others, by its first bytes.
func IsRDB(data []byte) bool { return len(data) >= 9 && string(data[:5]) == "REDIS" }

// SaveRDB wants the dataset of the selected node as a file.
type SaveRDB struct{}

func (SaveRDB) isMsg() {}

// A fileWork is a file that is being read into a node or written, or another work that takes long: a slice in every frame, while
// time stands still. A small one is done at once. Until it is done it can be given up, and then everything is as it was.
type fileWork struct {
	node, name string
	data       []byte       // the file, or what is written of it
	check      *rdb.Decoder // reads it, to see whether it can be loaded; nil once it can:
	keys       int          // then so many keys are known to be in it,
	acts       []script.Act // this is still to be done, an act in a frame,
	from       int64        // and the node reads it; so much was read of all files before
	write      *rdb.Encoder
	parse      *script.Reader // or it is a script,
	link       *linkWork      // of a link,
	lines      []Typed        // or no file at all: what was pasted, of which so many lines
	ran        int            // have run
}

// How much of a file is done in a usual frame: the smallest keys, of which there are a thousand in some KiB, take milliseconds.
const (
	checkSlice = 16 << 10
	writeSlice = 64 << 10
	parseSlice = 64 << 10
)

// slice is how much of a file is done in this frame.
func (m *Model) slice(usual int) int { return max(1, usual*m.work/usualWork) }

// loadFile makes a file the dataset of a node. What cannot be loaded is refused before anything is ended.
func (m *Model) loadFile(node, name string, data []byte) []Cmd {
	m.giveUpFile()
	view := m.world().Node(node)
	f := &fileWork{node: node, name: quoted(name), data: data}
	switch {
	case view.Name == "":
		m.refuseFile("There is no node to load " + f.name + ".")
	case len(data) > FileMost:
		m.refuseFile(f.name + " is larger than " + size(FileMost) + ", which is the most that can be loaded here: the script that repeats this carries the file.")
	case !IsRDB(data):
		m.refuseFile(f.name + " is no RDB file: it does not begin with REDIS.")
	default:
		f.check = rdb.NewDecoder(rdb.DecoderOptions{NowMillis: view.Skew.Milliseconds() + m.world().Now().Millis()})
		return m.beginFile(f, len(data) <= checkSlice)
	}
	return nil
}

// saveFile gives the dataset of the selected node to the reader.
func (m *Model) saveFile() []Cmd {
	m.giveUpFile()
	f := &fileWork{node: m.selected, name: m.selected + ".rdb", write: m.world().RDB(m.selected)}
	if f.write == nil {
		m.refuseFile(m.selected + " is down: it has no dataset in memory.")
		return nil
	}
	f.keys = m.world().Node(m.selected).Keys
	return m.beginFile(f, false)
}

// beginFile does the first slice, or all of a small file.
func (m *Model) beginFile(f *fileWork, small bool) (cmds []Cmd) {
	for m.file = f; m.file == f && !(m.opening && f.check != nil); { // no node is loaded before they all are there
		if cmds = m.workOnFile(); !small {
			break
		}
	}
	return cmds
}

func (m *Model) refuseFile(why string) { m.file, m.fileNote, m.status = nil, "✕ "+why, why }

// workOnFile does the next slice.
func (m *Model) workOnFile() (cmds []Cmd) {
	f := m.file
	m.revision++
	switch {
	case m.due: // of the file, or of what the reader did before it came
		m.settle()
	case f.lines != nil:
		return m.pasteOn(f)
	case f.write != nil:
		if f.data = f.write.Append(f.data, m.slice(writeSlice)); f.write.Done() {
			m.fileDone(f.name + " has " + byteCount(int64(len(f.data))) + ". A redis-server of that version or a later one loads it.")
			return []Cmd{Download{Name: f.name, Mime: "application/octet-stream", Data: string(f.data)}}
		}
	case f.parse != nil:
		if f.parse.Read(m.slice(parseSlice)) {
			if f.link == nil {
				return m.scriptRead(f)
			} else if cmds = m.linkRead(f); m.file != f {
				return cmds
			}
		}
	case f.check != nil:
		m.checkFile(f)
	case len(f.acts) > 0:
		m.actOnFile(f)
	}
	switch {
	case m.file == nil: // refused
	case f.check == nil && f.write == nil && f.parse == nil && len(f.acts) == 0 && !m.due:
		m.fileLoaded(f)
	case m.quiet >= speakGap || !strings.HasPrefix(m.status, f.title()):
		m.status, m.quiet = m.fileText(), 0
	}
	return nil
}

// checkFile reads on, and has the node take what can be loaded.
func (m *Model) checkFile(f *fileWork) {
	at := min(int(f.check.Offset()), len(f.data))
	end := min(at+m.slice(checkSlice), len(f.data))
	_, err := f.check.Feed(f.data[at:end])
	switch {
	case err == nil && f.check.Done():
		f.keys, f.check = f.check.Keys(), nil
		m.replaceFile(f)
		return
	case err == nil && end < len(f.data):
		return
	case err == nil:
		err = f.check.Cut("the file ends in the middle")
	}
	m.refuseFile(f.name + " cannot be loaded: " + reason(err) + ".")
}

// keepWayBack keeps what is there before a work of many frames changes it.
func (m *Model) keepWayBack() {
	before := *m
	before.file, before.before = nil, slices.Clip(m.before)
	m.left = &before
	m.line, m.past, m.known, m.typed = m.line.Clone(), m.past.clone(), maps.Clone(m.known), maps.Clone(m.typed)
	for node, t := range m.typed {
		t.lines = slices.Clone(t.lines)
		m.typed[node] = t
	}
}

// replaceFile says what is to be done, so that the node starts with the file. What was there before is kept until it has.
func (m *Model) replaceFile(f *fileWork) {
	m.keepWayBack()
	f.from = m.world().BytesRead()
	f.acts = []script.Act{script.Restore{Node: f.node, File: base64.StdEncoding.EncodeToString(f.data)}, script.Start{Node: f.node}}
	if m.world().Node(f.node).Up() {
		f.acts = append([]script.Act{script.Kill{Node: f.node}}, f.acts...)
	}
}

func (m *Model) actOnFile(f *fileWork) {
	err := m.doing(func() error { return m.line.Enact(script.Statement{Act: f.acts[0]}) })
	if f.acts = f.acts[1:]; err != nil {
		m.backFromFile()
		m.refuseFile(f.name + " was not loaded: " + reason(err) + ".")
	}
}

func (m *Model) fileLoaded(f *fileWork) {
	text := f.node + " starts with " + f.name + ": " + plural(int64(f.keys), "key") + " in " + byteCount(int64(len(f.data))) + "."
	if m.world().Node(f.node).Config().Replicaof.Host != "" {
		text += " It is configured as a replica, so its master's dataset will replace it."
	}
	m.left = nil
	m.fileDone(text)
}

func (m *Model) fileDone(text string) { m.file, m.fileNote, m.status = nil, "✓ "+text, "✓ "+text }

// giveUpFile leaves everything as it was before the file came.
func (m *Model) giveUpFile() {
	if f := m.file; f != nil {
		m.backFromFile()
		m.refuseFile("Given up: everything is as it was.")
	}
}

// backFromFile undoes what was done for a file that is not loaded yet.
func (m *Model) backFromFile() {
	if m.file == nil || m.left == nil || m.file.check != nil || m.opening {
		return
	}
	tab := m.tab
	m.cancelOpening()
	m.tab, m.left, m.marks = tab, nil, timeMarks{}
	m.sync()
}

func (f *fileWork) title() string {
	switch {
	case f.lines != nil:
		return "Running the pasted lines"
	case f.parse != nil && f.name == "":
		return "Reading the script"
	case f.parse != nil:
		return "Reading " + f.name
	case f.write != nil:
		return "Writing " + f.name
	}
	return "Loading " + f.name
}

// fileText says how far a file has come: reading it is one half of the work, and that the node reads it the other.
func (m *Model) fileText() string {
	f := m.file
	part, whole := int64(0), 2*int64(len(f.data))
	switch {
	case f.lines != nil:
		part, whole = int64(f.ran), int64(len(f.lines))
	case f.write != nil:
		part, whole = int64(f.write.Keys()), int64(f.keys)
	case f.parse != nil:
		part, whole = int64(len(f.data)-f.parse.Left()), int64(len(f.data))
	case f.check != nil:
		part = f.check.Offset()
	default:
		part = whole/2 + m.world().BytesRead() - f.from
	}
	return f.title() + "… " + plain(100*part/max(1, whole)) + " %"
}
