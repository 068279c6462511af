package tcp

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"resync/engine"
	"resync/engine/node"
)

const (
	readBytes   = 64 << 10         // at most, from one connection in one turn
	acceptBatch = 1000             // connections at most, in one turn
	lingerFor   = 10 * time.Second // how long a closed connection may take to let its last bytes out
)

// A Server is one node with its sockets. Serve runs it; the other methods may be called from any goroutine.
type Server struct {
	log  *Logger
	role byte // M or S, for the log
	pid  int
	cfg  node.Config // as it was bound

	node  *node.Node
	clock *clock
	out   node.Output
	poll  *poller

	listeners []listener
	byFD      []*conn // by descriptor
	byID      map[engine.ConnID]*conn
	lastID    engine.ConnID
	dialing   map[engine.ConnID]context.CancelFunc
	dirty     []*conn
	lingering []*conn
	waiting   []node.Input       // answers to effects, stepped when the step that asked is done
	files     map[int64]*file    // being written, by job
	reads     map[int64]*reading // being read, by job
	writers   sync.WaitGroup     // goroutines that write a part of one
	buf       []byte
	received  node.Received
	drained   node.Drained

	oom oomScore

	exited bool
	code   int

	mu          sync.Mutex
	posted      []func()
	closed      bool          // Serve has ended: nothing posted is run any more
	sleeping    bool          // the loop stands still because the node wants it to
	interrupted bool          // a SIGINT has come
	insist      chan struct{} // another one, while it sleeps
}

// Listen makes the node and opens its sockets. The error is a *ListenError or what node.New says.
func Listen(o Options) (*Server, error) {
	dir, err := filepath.Abs(o.Config.Dir)
	if err != nil {
		return nil, err
	}
	o.Config.Dir = dir
	if o.Config.ConfigFile != "" {
		if o.Config.ConfigFile, err = filepath.Abs(o.Config.ConfigFile); err != nil {
			return nil, err
		}
	}
	listeners, err := listenAll(o.Config, o.AnyPort)
	if err != nil {
		return nil, err
	}
	for _, l := range listeners {
		if l.path == "" {
			o.Config.Port = l.port
		}
	}
	s := &Server{
		log: o.Log, role: 'M', pid: o.PID, cfg: o.Config,
		clock:     newClock(),
		listeners: listeners,
		byID:      map[engine.ConnID]*conn{},
		dialing:   map[engine.ConnID]context.CancelFunc{},
		files:     map[int64]*file{},
		reads:     map[int64]*reading{},
		buf:       make([]byte, readBytes),
		insist:    make(chan struct{}, 1),
	}
	s.out.Stopwatch = s.clock.sinceReading
	if s.log == nil {
		s.log = &Logger{}
	}
	if o.Config.Replicaof.Host != "" {
		s.role = 'S'
	}
	if s.node, err = node.New(o.Config, o.Seed); err == nil {
		s.poll, err = newPoller()
	}
	for _, l := range listeners {
		if err == nil {
			err = s.poll.add(l.fd)
		}
	}
	if err != nil {
		s.closeAll()
		return nil, err
	}
	return s, nil
}

// Config returns the configuration that the server began with, its port the one that was really bound.
func (s *Server) Config() node.Config { return s.cfg }

// Serve runs the node until it exits, and returns the exit code, or until ctx ends, which is like the death of the
// process: every connection is closed and nothing is saved.
func (s *Server) Serve(ctx context.Context) (code int, err error) {
	stop := context.AfterFunc(ctx, func() { s.post(func() { s.exited = true }) })
	defer stop()
	defer s.closeAll()
	s.step(node.Started{PID: s.pid})
	for !s.exited {
		s.flushDirty()
		events, err := s.poll.wait(s.timeout())
		if err != nil {
			return 1, err
		}
		for _, e := range events {
			s.ready(int(e.Fd), e.Events)
		}
		if at, ok := s.node.Deadline(); ok && s.clock.now() >= at {
			s.step(node.Woken{})
			s.tick()
		}
	}
	s.flushDirty()
	return s.code, nil
}

// Signal tells the node that the process got a signal: "SIGTERM" or "SIGINT". The second SIGINT is of somebody who does not
// want to wait: not even for a loop that stands still.
func (s *Server) Signal(name string) {
	s.mu.Lock()
	insists := name == "SIGINT" && s.interrupted && s.sleeping
	s.interrupted = s.interrupted || name == "SIGINT"
	s.mu.Unlock()
	if insists {
		select {
		case s.insist <- struct{}{}:
		default:
		}
		return
	}
	s.post(func() { s.step(node.Signaled{Name: name}) })
}

// sleep stands still, as the node wants it to.
func (s *Server) sleep(d time.Duration) {
	s.setSleeping(true)
	insists := false
	select {
	case <-time.After(d):
	case <-s.insist:
		insists = true
	}
	s.setSleeping(false)
	select {
	case <-s.insist: // it came in the last moment
		insists = true
	default:
	}
	if insists {
		s.waiting = append([]node.Input{node.Signaled{Name: "SIGINT"}}, s.waiting...)
	}
}

func (s *Server) setSleeping(is bool) {
	s.mu.Lock()
	s.sleeping = is
	s.mu.Unlock()
}

// Do runs f in the goroutine that owns the node, and returns when it has run or the server has ended. It is for
// reading.
func (s *Server) Do(f func(*node.Node)) {
	done := make(chan struct{})
	if s.post(func() { f(s.node); close(done) }) {
		<-done
	}
}

// post has f run by the loop. It reports whether that will happen.
func (s *Server) post(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.posted = append(s.posted, f)
	s.poll.wake()
	return true
}

func (s *Server) runPosted() {
	s.poll.woken()
	s.mu.Lock()
	posted := s.posted
	s.posted = nil
	s.mu.Unlock()
	for _, f := range posted {
		f()
	}
}

// timeout is how long the loop may sleep.
func (s *Server) timeout() time.Duration {
	if len(s.dirty) > 0 {
		return 0
	}
	wait := time.Duration(-1)
	if at, ok := s.node.Deadline(); ok {
		wait = max(at.Sub(s.clock.now()), 0)
	}
	if len(s.lingering) > 0 && (wait < 0 || wait > time.Second) {
		wait = time.Second
	}
	return wait
}

// ready handles what one descriptor is ready for.
func (s *Server) ready(fd int, events uint32) {
	if fd == s.poll.wakefd {
		s.runPosted()
		return
	}
	for _, l := range s.listeners {
		if l.fd == fd {
			s.accept(l)
			return
		}
	}
	c := s.conn(fd)
	if c != nil && events&writable != 0 && c.blocked {
		s.flush(c)
		c = s.conn(fd)
	}
	if c != nil && events&readable != 0 {
		s.read(c)
	}
}

// conn returns the connection on a descriptor, or nil: an earlier event of the same turn may have closed it.
func (s *Server) conn(fd int) *conn {
	if fd < len(s.byFD) {
		return s.byFD[fd]
	}
	return nil
}

func (s *Server) open(c *conn) error {
	if err := s.poll.add(c.fd); err != nil {
		return err
	}
	for len(s.byFD) <= c.fd {
		s.byFD = append(s.byFD, nil)
	}
	s.byFD[c.fd], s.byID[c.id] = c, c
	return nil
}

// accept takes the connections that wait on a listener.
func (s *Server) accept(l listener) {
	cfg := s.node.Config()
	for range acceptBatch {
		fd, peer, err := syscall.Accept4(l.fd, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
		if err != nil {
			if err != syscall.EAGAIN && err != syscall.EINTR && err != syscall.ECONNABORTED {
				s.say(engine.LogWarning, "Accepting client connection: accept: "+Errno(err))
			}
			return
		}
		in := node.Accepted{Remote: l.path + ":0", Local: l.path + ":0"}
		if l.path == "" {
			tune(fd, cfg.TCPKeepalive)
			in.Remote = addrText(peer)
			if local, err := syscall.Getsockname(fd); err == nil {
				in.Local = addrText(local)
			}
			if cfg.ProtectedMode && !s.node.AsksPassword() && !isLoopback(peer) {
				write(fd, []byte(protectedText))
				syscall.Close(fd)
				continue
			}
		}
		s.lastID++
		in.Conn = s.lastID
		if err := s.open(&conn{id: in.Conn, fd: fd}); err != nil {
			syscall.Close(fd)
			continue
		}
		if s.log.Level == engine.LogVerbose || s.log.Level == engine.LogDebug {
			s.say(engine.LogVerbose, "Accepted "+in.Remote)
		}
		s.step(in)
	}
}

// protectedText refuses a client from elsewhere while there is no password.
const protectedText = "-DENIED Redis is running in protected mode because protected mode is enabled and no password is set " +
	"for the default user. In this mode connections are only accepted from the loopback interface. Set a password with " +
	"requirepass, or turn protected mode off with 'CONFIG SET protected-mode no' from this machine.\r\n"

func isLoopback(a syscall.Sockaddr) bool {
	switch a := a.(type) {
	case *syscall.SockaddrInet4:
		return a.Addr[0] == 127
	case *syscall.SockaddrInet6:
		return a.Addr == [16]byte{15: 1}
	}
	return true
}

// read takes what a connection has received, once: the others have their turn before it is read again.
func (s *Server) read(c *conn) {
	n, errno := read(c.fd, s.buf)
	switch {
	case errno == syscall.EAGAIN:
	case errno != 0 || n == 0:
		s.lost(c, errno)
	case !c.closing:
		s.received = node.Received{Conn: c.id, Data: s.buf[:n]}
		s.step(&s.received)
	}
}

// lost forgets a connection that the peer or the network has ended.
func (s *Server) lost(c *conn, errno syscall.Errno) {
	s.release(c)
	if c.closing {
		return
	}
	in := node.Closed{Conn: c.id}
	if errno != 0 {
		in.Why = Errno(errno)
	}
	s.step(in)
}

// release closes the socket.
func (s *Server) release(c *conn) {
	if s.conn(c.fd) != c {
		return
	}
	s.byFD[c.fd] = nil
	delete(s.byID, c.id)
	syscall.Close(c.fd)
	c.pieces, c.tail = nil, nil
}

// step tells the node one thing, does what it wants done, and answers what that asked for.
func (s *Server) step(in node.Input) {
	if s.exited {
		return
	}
	s.stepOnce(in)
	for len(s.waiting) > 0 && !s.exited {
		in := s.waiting[0]
		s.waiting = s.waiting[1:]
		s.stepOnce(in)
	}
}

func (s *Server) stepOnce(in node.Input) {
	now := s.clock.now()
	s.out.Reset()
	s.node.Step(now, in, &s.out)
	_, signaled := in.(node.Signaled)
	for _, f := range s.out.Facts {
		switch f := f.(type) {
		case engine.Log:
			if signaled {
				s.log.Signal(now.Time(), f.Text)
				signaled = false // what follows is said by the server itself
				continue
			}
			s.log.Line(s.role, now.Time().Local(), f.Level, f.Text)
		case engine.RoleChanged:
			if s.role = 'M'; f.Master != "" {
				s.role = 'S'
			}
		}
	}
	for _, e := range s.out.Effects {
		if s.exited {
			return
		}
		s.do(now, e)
	}
}

// do does one thing that the node wants.
func (s *Server) do(now engine.Instant, e node.Effect) {
	switch e := e.(type) {
	case *node.Send:
		if c := s.byID[e.Conn]; c != nil {
			s.send(c, e)
		}
	case node.Close:
		if cancel := s.dialing[e.Conn]; cancel != nil {
			cancel()
			delete(s.dialing, e.Conn)
		}
		if c := s.byID[e.Conn]; c != nil && !c.closing {
			c.closing, c.closeBy = true, now.Add(lingerFor)
			s.lingering = append(s.lingering, c)
			s.mark(c)
		}
	case node.Hold:
		if c := s.byID[e.Conn]; c != nil && c.held != e.On {
			c.held = e.On
			s.poll.watch(c.fd, !c.held, c.blocked)
		}
	case node.Dial:
		s.dial(e)
	case node.ReadFile:
		s.readFile(e)
	case node.RemoveFile:
		s.removeFile(e)
	case node.WriteFile:
		s.writeFile(e)
	case node.Reconfigure:
		s.reconfigure(e)
	case node.Sleep:
		s.sleep(e.For)
	case node.Exit:
		s.exited, s.code = true, e.Code
	}
}

func (s *Server) send(c *conn, e *node.Send) {
	if !c.streams && (e.Payload == engine.PayloadStream || e.Payload == engine.PayloadSnapshot) {
		c.streams = true
		if s.node.Config().ReplDisableTCPNodelay {
			syscall.SetsockoptInt(c.fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 0)
		}
	}
	c.add(e.Data, e.Shared)
	s.mark(c)
}

// mark lists a connection to be flushed at the end of the turn. One that waits to become writable is not tried.
func (s *Server) mark(c *conn) {
	if !c.dirty && !c.blocked {
		c.dirty = true
		s.dirty = append(s.dirty, c)
	}
}

// flushDirty writes what the turn produced. What the node adds when it hears that bytes have left is written in the
// next turn, so that one fast replica cannot hold up everybody else.
func (s *Server) flushDirty() {
	dirty := s.dirty
	s.dirty = nil
	for _, c := range dirty {
		c.dirty = false
		if s.conn(c.fd) == c {
			s.flush(c)
		}
	}
	if s.dirty == nil {
		clear(dirty)
		s.dirty = dirty[:0]
	}
}

// flush writes to one connection, tells the node how much has left, and closes it where that was wanted.
func (s *Server) flush(c *conn) {
	sent, errno := c.flush()
	if errno != 0 && errno != syscall.EAGAIN {
		s.lost(c, errno)
		return
	}
	if blocked := errno == syscall.EAGAIN; blocked != c.blocked {
		c.blocked = blocked
		s.poll.watch(c.fd, !c.held, blocked)
	}
	if c.closing {
		if c.empty() {
			s.release(c)
		}
		return
	}
	if sent > 0 {
		s.drained = node.Drained{Conn: c.id, Bytes: sent}
		s.step(&s.drained)
	}
}

// dial connects on a goroutine of its own, since a name may have to be resolved.
func (s *Server) dial(e node.Dial) {
	ctx, cancel := context.WithCancel(context.Background())
	s.dialing[e.Conn] = cancel
	go func() {
		fd, err := dial(ctx, e)
		if !s.post(func() { s.dialed(e.Conn, fd, err) }) && err == nil {
			syscall.Close(fd)
		}
	}()
}

func (s *Server) dialed(id engine.ConnID, fd int, err error) {
	cancel, wanted := s.dialing[id]
	if !wanted {
		if err == nil {
			syscall.Close(fd)
		}
		return
	}
	cancel()
	delete(s.dialing, id)
	in := node.Dialed{Conn: id}
	if err == nil {
		tune(fd, s.node.Config().TCPKeepalive)
		if a, err := syscall.Getpeername(fd); err == nil {
			in.Remote = addrText(a)
		}
		if a, err := syscall.Getsockname(fd); err == nil {
			in.Local = addrText(a)
		}
		if err = s.open(&conn{id: id, fd: fd}); err != nil {
			syscall.Close(fd)
		}
	}
	if err != nil {
		in.Err = Errno(err)
	}
	s.step(in)
}

// tick does what is done about once a second: connections that do not let their last bytes out are cut.
func (s *Server) tick() {
	now := s.clock.now()
	s.lingering = slices.DeleteFunc(s.lingering, func(c *conn) bool {
		if s.conn(c.fd) == c && now >= c.closeBy {
			s.release(c)
		}
		return s.conn(c.fd) != c
	})
}

// reconfigure takes over what the node cannot check: the directory has to be there, and the addresses free.
func (s *Server) reconfigure(e node.Reconfigure) {
	in := node.Reconfigured{Job: e.Job, Dir: inDir(s.cfg.Dir, e.Dir)}
	info, err := os.Stat(in.Dir)
	switch {
	case err == nil && !info.IsDir():
		err = syscall.ENOTDIR
		fallthrough
	case err != nil:
		in.Setting, in.Why = "dir", Errno(err)
	case !slices.Equal(e.Bind, s.cfg.Bind):
		if !s.rebind(e.Port, e.Bind) {
			s.say(engine.LogWarning, "Failed to bind")
			in.Setting, in.Why = "bind", "Failed to bind to specified addresses."
		}
	case e.Port != s.cfg.Port:
		if !s.rebind(e.Port, e.Bind) {
			in.Setting, in.Why = "port", "Unable to listen on this port. Check server logs."
		}
	}
	if in.Setting == "" {
		if err := s.oom.set(e.OOMScore); err != nil {
			s.say(engine.LogWarning, "Unable to write oom_score_adj: "+Errno(err))
			in.Setting, in.Why = "oom-score-adj", "Failed to apply new oom_score_adj configuration, check server logs."
		}
	}
	if in.Setting == "" {
		s.cfg.Dir, s.log.Level = in.Dir, ParseLogLevel(e.LogLevel)
	}
	s.waiting = append(s.waiting, in)
}

// rebind listens anew. The new addresses may overlap the old ones, so these go first; when the new ones fail, the old
// ones come back.
func (s *Server) rebind(port int, bind []string) (done bool) {
	old := s.cfg
	cfg := old
	cfg.Port, cfg.Bind = port, bind
	cfg.UnixSocket = "" // its name cannot be changed
	s.listeners = slices.DeleteFunc(s.listeners, func(l listener) bool {
		if l.path == "" {
			l.close()
		}
		return l.path == ""
	})
	ls, err := listenAll(cfg, false)
	if err == nil {
		s.cfg.Port, s.cfg.Bind = port, bind
	} else {
		var failed *ListenError
		if errors.As(err, &failed) {
			s.say(engine.LogWarning, "Warning: Could not create server TCP listening socket "+failed.Address+": "+failed.Error())
		}
		old.UnixSocket = ""
		ls, _ = listenAll(old, false)
	}
	for _, l := range ls {
		s.poll.add(l.fd)
	}
	s.listeners = append(s.listeners, ls...)
	return err == nil
}

// say writes a line of the driver's own to the log.
func (s *Server) say(level engine.LogLevel, text string) {
	s.log.Line(s.role, s.clock.now().Time().Local(), level, text)
}

// closeAll ends everything.
func (s *Server) closeAll() {
	s.mu.Lock()
	s.closed = true
	posted := s.posted
	s.posted = nil
	s.mu.Unlock()
	for _, cancel := range s.dialing {
		cancel()
	}
	s.dialing = nil
	s.writers.Wait() // each drops its file, now that nothing is posted any more
	for _, f := range s.files {
		f.drop()
	}
	for _, r := range s.reads {
		r.close()
	}
	for _, l := range s.listeners {
		l.close()
	}
	for _, c := range s.byFD {
		if c != nil {
			syscall.Close(c.fd)
		}
	}
	for _, f := range posted {
		f() // somebody may wait in Do; a connection that was just dialled is closed
	}
	if s.poll != nil {
		s.poll.close()
	}
}
