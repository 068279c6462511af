//go:build linux

package real

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"resync/engine"
	"resync/engine/node"
	"resync/engine/resp"
	"resync/engine/script"
	"resync/engine/sim"
)

// server is one node: its process, its directory, its clients.
type server struct {
	world   *World
	index   int
	name    string
	port    int
	dir     string   // for its files alone
	logFile string   // beside it
	config  string   // that it starts with
	rdb     string   // the name of its file, in dir
	control *control // the runner's own connection
	clients map[int]*client
	told    sync.Map // by what name it was told of a node, by the node's number
	gone    bool     // it was removed: it is in World.servers for its number and its name alone

	// Guarded by the world's lock.
	state      string // up, frozen, down
	cmd        *exec.Cmd
	ended      chan struct{} // closed when the process is gone
	load       *load
	logged     int64 // bytes of the log that have been read
	lastResync string
}

// owned are the settings that are the runner's business, and why a script cannot have them here.
var owned = map[string]string{
	"bind":           "a node listens at an address of its own",
	"unixsocket":     "a node listens at an address of its own",
	"protected-mode": "the other nodes are not at 127.0.0.1",
	"dir":            "a node has a directory of its own",
	"logfile":        "the log says how a resync went",
	"loglevel":       "the log says how a resync went",
	"daemonize":      "a process that leaves its parent would stay behind",
	"supervised":     "a process that leaves its parent would stay behind",
	"pidfile":        "a file outside of the node's directory would stay behind",
	"tls-port":       "the paths between nodes know no TLS",
	"appendonly":     "the simulation keeps no append-only file",
	"loadmodule":     "the simulation knows no modules",
	"rename-command": "the runner asks INFO and DEBUG DIGEST itself",
}

// configuration is the whole of what a server is given, as a redis.conf: the script's settings and, behind them, those
// that this runner needs. Everything else is as redis-server has it by default.
func (s *server) configuration(a script.AddNode) string {
	var b strings.Builder
	for _, c := range a.Settings {
		value := c.Value
		if value == "" {
			value = `""`
		}
		b.WriteString(c.Name + " " + value + "\n")
	}
	if a.Replicaof != "" {
		x := s.world.index(s, a.Replicaof)
		s.told.Store(x, a.Replicaof)
		fmt.Fprintf(&b, "replicaof %s %d\n", s.world.net.seen(s.index, x), s.world.find(a.Replicaof).port)
	}
	fmt.Fprintf(&b, "bind %s\nport %d\ndir %s\n", s.world.net.seen(s.index, s.index), s.port, strconv.Quote(s.dir))
	b.WriteString("protected-mode no\n")        // it would let in none but 127.0.0.1
	b.WriteString("enable-debug-command yes\n") // for the digest
	return b.String()
}

// address is where the server itself listens.
func (s *server) address() string {
	return s.world.net.seen(s.index, s.index) + ":" + strconv.Itoa(s.port)
}

// shown is the same address as scripts see it.
func (s *server) shown() string {
	return "10.0.0." + strconv.Itoa(s.index+1) + ":" + strconv.Itoa(s.port)
}

// startPatience is how long a process may take until it answers. It only matters when something is wrong.
const startPatience = 30 * time.Second

// boot starts the process and waits until it answers.
func (s *server) boot() error {
	log, err := os.OpenFile(s.logFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(s.world.binary, "-")
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = s.dir, strings.NewReader(s.config), log, log
	if err := launch(cmd); err != nil {
		return err
	}
	ended := make(chan struct{})
	s.world.mu.Lock()
	s.cmd, s.ended, s.state = cmd, ended, "up"
	s.world.mu.Unlock()
	go s.outlive(cmd, ended)
	for end := time.Now().Add(startPatience); ; {
		if _, err = s.control.ask("PING"); err == nil {
			break
		}
		select {
		case <-ended:
			return fmt.Errorf("%s did not start:\n%s", s.name, s.lastWords())
		case <-s.world.ctx.Done():
			return script.ErrEnded
		case <-time.After(2 * time.Millisecond):
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s does not answer: %w", s.name, err)
		}
	}
	return s.world.setUp(s, true)
}

// outlive waits for the end of a process.
func (s *server) outlive(cmd *exec.Cmd, ended chan struct{}) {
	err := cmd.Wait()
	s.world.setUp(s, false) // closing doors cannot fail
	s.control.close()
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	s.state = "down"
	s.readLog()
	why := "the process has ended"
	if err != nil {
		why += ": " + err.Error()
	}
	s.world.noteAt(s.world.Now(), s.name, engine.Log{Level: engine.LogNotice, Text: why})
	close(ended)
}

// is returns the state and the process.
func (s *server) is() (state string, cmd *exec.Cmd, ended chan struct{}) {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	return s.state, s.cmd, s.ended
}

// running returns the server of that name, which has a process.
func (w *World) running(name string) (*server, error) {
	s, err := w.server(name)
	if err != nil {
		return nil, err
	}
	if state, _, _ := s.is(); state == "down" {
		return nil, fmt.Errorf("%s is down already", name)
	}
	return s, nil
}

// AddNode starts a server with a directory of its own, and lays paths to all others.
func (w *World) AddNode(a script.AddNode) error {
	cfg, err := a.Config()
	if err != nil {
		return err
	}
	if s := w.called(a.Name); s != nil && s.gone {
		return fmt.Errorf("%s was the name of a node that was removed: give this one another", a.Name)
	} else if s != nil {
		return fmt.Errorf("there is a node %s already", a.Name)
	}
	i := len(w.servers)
	if i == len(w.names) || w.names[i] != a.Name {
		w.names = append(w.names[:i:i], a.Name) // a script that was not announced
	}
	s := &server{
		world: w, index: i, name: a.Name, port: cfg.Port, dir: filepath.Join(w.dir, a.Name), logFile: filepath.Join(w.dir, a.Name+".log"),
		clients: map[int]*client{}, state: "down", lastResync: "none",
	}
	if s.port == 0 {
		s.port = 6379 + i
	}
	if err := os.Mkdir(s.dir, 0o700); err != nil {
		return err
	}
	s.config, s.rdb = s.configuration(a), cfg.DBFilename
	s.control = &control{server: s, password: cfg.RequirePass}
	for x, other := range w.servers {
		p := newPath(
			end{other.address(), w.net.seen(i, x), strconv.Itoa(other.port)},
			end{s.address(), w.net.seen(x, i), strconv.Itoa(s.port)}, w.random.Uint64())
		w.mu.Lock()
		w.paths[[2]int{x, i}] = p
		w.mu.Unlock()
		if state, _, _ := other.is(); other.gone {
			err = p.vanish(0)
		} else if state != "down" {
			err = p.setUp(0, true)
		}
		if err != nil {
			return err
		}
	}
	w.mu.Lock()
	w.servers = append(w.servers, s)
	w.mu.Unlock()
	w.act(a.String())
	return s.boot()
}

// Kill ends a process and its children at once.
func (w *World) Kill(name string) error {
	s, err := w.running(name)
	if err != nil {
		return err
	}
	w.act("kill " + name)
	_, cmd, ended := s.is()
	signal(cmd, syscall.SIGKILL) // it may have ended in the meantime, which is as good
	<-ended
	return nil
}

// Shutdown gives the command SHUTDOWN, from a client of its own.
func (w *World) Shutdown(name, how string) error {
	s, err := w.running(name)
	if err != nil {
		return err
	}
	args := []string{"SHUTDOWN"}
	if how != "" {
		args = append(args, how)
	}
	w.act("shutdown " + name + " " + how)
	c, err := s.client(administrator)
	if err != nil {
		return err
	}
	c.give(args)
	return nil
}

// Start starts a process again with the configuration and the files that it had. The era is that of the only redis-server
// that there is: Refuse has told of any other.
func (w *World) Start(name, _ string) error {
	s, err := w.server(name)
	if err != nil {
		return err
	}
	if state, _, _ := s.is(); state != "down" {
		return fmt.Errorf("%s is up already", name)
	}
	w.act("start " + name)
	return s.boot()
}

// Freeze stops a process and its children.
func (w *World) Freeze(name string) error {
	s, err := w.running(name)
	if err != nil {
		return err
	}
	if state, _, _ := s.is(); state == "frozen" {
		return fmt.Errorf("%s is frozen already", name)
	}
	w.act("freeze " + name)
	return s.move("frozen", syscall.SIGSTOP)
}

// Thaw lets it go on.
func (w *World) Thaw(name string) error {
	s, err := w.running(name)
	if err != nil {
		return err
	}
	if state, _, _ := s.is(); state != "frozen" {
		return fmt.Errorf("%s is not frozen", name)
	}
	w.act("thaw " + name)
	return s.move("up", syscall.SIGCONT)
}

// move brings a process that has not ended into another state.
func (s *server) move(state string, by syscall.Signal) error {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	if s.state == "down" {
		return fmt.Errorf("%s is down already", s.name)
	}
	s.state = state
	return signal(s.cmd, by)
}

// Restore puts an RDB file where a server that is down will look for it.
func (w *World) Restore(name string, file []byte) error {
	s, err := w.server(name)
	if err != nil {
		return err
	}
	if state, _, _ := s.is(); state != "down" {
		return fmt.Errorf("%s is up: only the file of a node that is down can be put there", name)
	}
	w.act(fmt.Sprintf("restore %s %d bytes", name, len(file)))
	return os.WriteFile(filepath.Join(s.dir, s.rdb), file, 0o600)
}

// Wipe removes the files of a server that is down.
func (w *World) Wipe(name string) error {
	s, err := w.server(name)
	if err != nil {
		return err
	}
	if state, _, _ := s.is(); state != "down" {
		return fmt.Errorf("%s is up: only the files of a node that is down can be removed", name)
	}
	w.act("wipe " + name)
	if err := os.RemoveAll(s.dir); err != nil {
		return err
	}
	return os.Mkdir(s.dir, 0o700)
}

// Remove takes a server that is down away for good, with its files. Its address answers nobody any more.
func (w *World) Remove(name string) error {
	s, err := w.server(name)
	if err != nil {
		return err
	}
	if state, _, _ := s.is(); state != "down" {
		return fmt.Errorf("%s is up: kill it or shut it down first", name)
	}
	w.act("remove " + name)
	if s.load != nil {
		s.load.end()
		s.load = nil
	}
	s.gone = true
	return errors.Join(w.around(s, (*path).vanish), os.RemoveAll(s.dir))
}

// Skew is not possible: all processes have the machine's clock.
func (w *World) Skew(string, time.Duration) error { return errSkew }

var errSkew = errors.New("real servers all have the clock of this machine")

// State is up, frozen or down; "" when there is no such node.
func (w *World) State(name string) string {
	s := w.find(name)
	if s == nil {
		return ""
	}
	state, _, _ := s.is()
	return state
}

// LastResync is what the server's log says of its last synchronization: none, full, partial.
func (w *World) LastResync(name string) string {
	s := w.find(name)
	if s == nil {
		return "none"
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	s.readLog()
	return s.lastResync
}

// Digest is DEBUG DIGEST.
func (w *World) Digest(name string) (string, error) {
	s, err := w.server(name)
	if err != nil {
		return "", err
	}
	v, err := s.control.ask("DEBUG", "DIGEST")
	if err == nil && v.IsError() {
		err = errors.New(s.name + " answers DEBUG DIGEST with " + v.Str)
	}
	return v.Str, err
}

// Info is INFO EVERYTHING, without the runner's own connection.
func (w *World) Info(name string) (node.Info, error) {
	s, err := w.server(name)
	if err != nil {
		return node.Info{}, err
	}
	v, err := s.control.ask("INFO", "everything")
	if err == nil && v.IsError() {
		err = errors.New(s.name + " answers INFO with " + v.Str)
	}
	if err != nil {
		return node.Info{}, err
	}
	return parseInfo(s.speak(v).Str), nil
}

// parseInfo reads the text of INFO, as a client sees it that has nothing to do with this runner.
func parseInfo(text string) node.Info {
	var info node.Info
	for line := range strings.SplitSeq(text, "\r\n") {
		if heading, ok := strings.CutPrefix(line, "# "); ok {
			info.Sections = append(info.Sections, node.InfoSection{Name: heading})
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || len(info.Sections) == 0 {
			continue
		}
		if n, err := strconv.Atoi(value); err == nil && name == "connected_clients" {
			value = strconv.Itoa(n - 1)
		}
		section := &info.Sections[len(info.Sections)-1]
		section.Fields = append(section.Fields, node.InfoField{Name: name, Value: value})
	}
	return info
}

// Read gives a command from a connection of its own and returns the reply.
func (w *World) Read(name string, args []string) (resp.Value, error) {
	s, err := w.server(name)
	if err != nil {
		return resp.Value{}, err
	}
	switch state, _, _ := s.is(); state {
	case "down":
		return resp.Value{}, errors.New(sim.NoServer(s.shown()))
	case "frozen":
		return resp.Value{}, fmt.Errorf("%s stands still and does not reply", name)
	}
	c, err := dialServer(s)
	if err != nil {
		return resp.Value{}, err
	}
	defer c.Close()
	v, err := c.ask(answerPatience, s.hear(args)...)
	if err != nil {
		return v, fmt.Errorf("%s does not reply to %s at once", name, sim.Words(args))
	}
	if !v.IsError() && writes(args) {
		return v, fmt.Errorf("%s has written: a read changes nothing in the simulation", sim.Words(args))
	}
	return s.speak(v), nil
}
