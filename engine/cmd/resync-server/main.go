// Command resync-server is a replication-complete Redis master and replica: the engine with real sockets. It is
// started like redis-server 7.0, and a redis.conf that was written for that starts it unchanged.
//
//	resync-server [/path/to/redis.conf] [--name value…] [-]
package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"resync/engine"
	"resync/engine/node"
	"resync/engine/tcp"
)

// version is the Redis release that is followed. What asks a server for its version wants to hear this.
const version = "7.0.15"

const usage = `Usage: ./resync-server [/path/to/redis.conf] [options] [-]
       ./resync-server - (read config from stdin)
       ./resync-server -v or --version
       ./resync-server -h or --help

Every directive of a redis.conf is an option: "port 7777" is "--port 7777". Directives that Redis 7.0 knows and that
mean nothing here are named in the log. "--era 2.8" behaves as another generation of Redis does: 2.6, 2.8, 4.0, 7.0,
or 8.0, which is Valkey.

Examples:
       ./resync-server (run the server with default conf)
       echo 'repl-backlog-size 128mb' | ./resync-server -
       ./resync-server /etc/redis/6379.conf
       ./resync-server --port 7777
       ./resync-server --port 7777 --replicaof 127.0.0.1 8888
       ./resync-server /etc/myredis.conf --loglevel verbose
`

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, stdin io.Reader, stdout, stderr *os.File) int {
	if len(args) > 0 {
		switch args[0] {
		case "-v", "--version":
			fmt.Fprintf(stdout, "Redis server v=%s sha=00000000:0 malloc=go bits=%d build=resync\n", version, strconv.IntSize)
			return 0
		case "-h", "--help":
			fmt.Fprint(stderr, usage)
			return 1 // as redis-server does
		case "--test-memory", "--check-system":
			fmt.Fprintf(stderr, "%s is about the machine, not about replication: use redis-server for it.\n", args[0])
			return 1
		}
		if slices.Contains(args, "--sentinel") {
			fmt.Fprintln(stderr, "Sentinel is another program: use redis-sentinel, which watches over this server too.")
			return 1
		}
		if !strings.HasPrefix(args[0], "-") {
			if path, err := filepath.Abs(args[0]); err == nil {
				args = append([]string{path}, args[1:]...)
			}
		}
	}

	began, err := os.Getwd()
	if err != nil {
		fmt.Fprintln(stderr, tcp.Errno(err))
		return 1
	}
	log := &tcp.Logger{Out: stdout, PID: os.Getpid(), Level: engine.LogNotice}
	say := func(role byte, level engine.LogLevel, format string, a ...any) {
		log.Line(role, time.Now(), level, fmt.Sprintf(format, a...))
	}
	var typed []byte // what standard input held, for the detached process
	cfg, notes, err := node.Load(args, func(name string) ([]byte, error) {
		if name == "-" {
			say('C', engine.LogWarning, "Reading config from stdin")
		}
		return readConf(name, stdin, &typed)
	})
	var open *node.OpenError
	switch {
	case errors.As(err, &open):
		say('C', engine.LogWarning, "%v", err)
		return 1
	case err == nil:
		err = settle(&cfg)
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	if cfg.Daemonize && os.Getenv(detachedEnv) == "" {
		if err := detach(began, typed); err != nil {
			fmt.Fprintln(stderr, "daemonize:", tcp.Errno(err))
			return 1
		}
		return 0
	}
	os.Unsetenv(detachedEnv)
	if cfg.Daemonize && cfg.PidFile == "" {
		cfg.PidFile = "/var/run/redis.pid"
	}
	if cfg.LogFile != "" {
		log.Out = tcp.LogFile(cfg.LogFile)
	}
	log.Level = tcp.ParseLogLevel(cfg.LogLevel)

	say('C', engine.LogWarning, "oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo")
	say('C', engine.LogWarning, "Redis version=%s, bits=%d, commit=00000000, modified=0, pid=%d, just started", version, strconv.IntSize, log.PID)
	if len(args) > 0 {
		say('C', engine.LogWarning, "Configuration loaded")
	} else {
		say('C', engine.LogWarning, "Warning: no config file specified, using the default config. In order to specify a config file use resync-server /path/to/redis.conf")
	}
	role := byte('M')
	if cfg.Replicaof.Host != "" {
		role = 'S'
	}
	say(role, engine.LogNotice, "monotonic clock: POSIX clock_gettime")
	if cfg.Port == 0 && cfg.UnixSocket == "" {
		say(role, engine.LogWarning, "Configured to not listen anywhere, exiting.")
		return 1
	}
	s, err := tcp.Listen(tcp.Options{Config: cfg, Seed: seed(), Log: log, PID: log.PID})
	var failed *tcp.ListenError
	switch {
	case errors.As(err, &failed) && failed.Address == cfg.UnixSocket:
		say(role, engine.LogWarning, "Failed opening Unix socket: %v", failed)
		return 1
	case errors.As(err, &failed):
		say(role, engine.LogWarning, "Warning: Could not create server TCP listening socket %s: %v", failed.Address, failed)
		say(role, engine.LogWarning, "Failed listening on port %d (TCP), aborting.", cfg.Port)
		return 1
	case err != nil:
		say(role, engine.LogWarning, "%v", err)
		return 1
	}
	if cfg.PidFile != "" {
		if err := os.WriteFile(cfg.PidFile, []byte(strconv.Itoa(log.PID)+"\n"), 0o644); err != nil {
			say(role, engine.LogNotice, "Failed to write PID file: %s", tcp.Errno(err))
		}
	}
	banner(log, cfg, stdout, func(format string, a ...any) { say(role, engine.LogNotice, format, a...) })
	for _, n := range notes {
		say(role, engine.LogNotice, "%s", n)
	}

	if os.Getenv("GOGC") == "" {
		go tuneGC()
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		for sig := range signals {
			if sig == syscall.SIGINT {
				s.Signal("SIGINT")
			} else {
				s.Signal("SIGTERM")
			}
		}
	}()
	if cfg.CrashLog {
		reportCrash(func(format string, a ...any) { say(role, engine.LogWarning, format, a...) })
	}
	code, err := s.Serve(context.Background())
	if err != nil {
		say(role, engine.LogWarning, "%v", err)
	}
	if cfg.PidFile != "" && code == 0 {
		os.Remove(cfg.PidFile) // who leaves in a hurry leaves it behind
	}
	return code
}

// reportCrash sees to it that a signal which kills a process that does not expect it leaves a report in the log, which
// says what everybody was doing. Then the process ends as the signal would have ended it.
//
// Source: redis/src/debug.c, sigsegvHandler.
func reportCrash(say func(format string, a ...any)) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGABRT, syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGILL)
	go func() {
		number := int((<-signals).(syscall.Signal))
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		say("=== REDIS BUG REPORT START ===")
		say("Redis %s crashed by signal: %d", version, number)
		say("------ STACK TRACE ------")
		for line := range strings.Lines(string(stacks)) { // a line of the log is not as long
			say("%s", strings.TrimRight(line, "\n"))
		}
		say("=== REDIS BUG REPORT END ===")
		os.Exit(128 + number)
	}()
}

// settle finds what only the machine can tell to be wrong with a configuration, and goes to its directory as Redis does:
// names of other files are relative to it, and stay as they were written.
//
// Source: redis/src/config.c, setConfigDirOption.
func settle(cfg *node.Config) error {
	if err := os.Chdir(cfg.Dir); err != nil {
		return cfg.DirError(tcp.Errno(err))
	}
	dir, err := os.Getwd()
	if err != nil {
		return cfg.DirError(tcp.Errno(err))
	}
	cfg.Dir = dir
	if cfg.LogFile != "" {
		f, err := os.OpenFile(cfg.LogFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return &node.ConfError{Why: "Can't open the log file: " + tcp.Errno(err)}
		}
		f.Close()
	}
	return nil
}

// detachedEnv marks the process that daemonize has started.
const detachedEnv = "RESYNC_DETACHED"

// detach starts this program again where it began, in a session of its own, without a terminal. A process of several
// threads cannot fork itself as redis-server does. What was read from standard input is given on in a file without a
// name.
func detach(dir string, typed []byte) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, os.Args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), detachedEnv+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if typed != nil {
		f, err := os.CreateTemp("", "resync-server-*")
		if err != nil {
			return err
		}
		defer f.Close()
		os.Remove(f.Name())
		if _, err := f.Write(typed); err != nil {
			return err
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		cmd.Stdin = f
	}
	return cmd.Start()
}

// readConf reads configuration files: one, all that a pattern names (none is fine), or standard input for "-", which
// it also leaves in typed.
func readConf(name string, stdin io.Reader, typed *[]byte) ([]byte, error) {
	if name == "-" {
		data, err := io.ReadAll(stdin)
		*typed = append([]byte{}, data...)
		return data, err
	}
	names := []string{name}
	if strings.ContainsAny(name, "*?[") {
		names, _ = filepath.Glob(name)
	}
	var all []byte
	for _, n := range names {
		data, err := os.ReadFile(n)
		if err != nil {
			return nil, errors.New(tcp.Errno(err))
		}
		all = append(all, data...)
	}
	return all, nil
}

// banner tells how the server runs: in a frame on a terminal or where always-show-logo asks for it, else in lines of
// the log. Either way a line holds " PID: ", which tools wait for.
func banner(log *tcp.Logger, cfg node.Config, stdout *os.File, say func(string, ...any)) {
	terminal := false
	if info, err := stdout.Stat(); err == nil {
		terminal = cfg.LogFile == "" && info.Mode()&os.ModeCharDevice != 0
	}
	if !terminal && !cfg.AlwaysShowLogo {
		say("Running mode=standalone, port=%d.", cfg.Port)
		say("Resync speaks the replication of Redis %s. PID: %d", version, log.PID)
		return
	}
	log.Raw(fmt.Sprintf(`
    ┌──────┬──────┬──────┬──▶   Resync, following Redis %s (%d bit)
    │ SET  │ SET  │ PING │
    └──────┴──────┴──────┘      Running in standalone mode
       a ──▶ b ──▶ c            Port: %d
                                PID: %d

`, version, strconv.IntSize, cfg.Port, log.PID))
}

// seed draws the start of the node's own randomness: replication ids have to differ between any two starts.
func seed() uint64 {
	var b [8]byte
	rand.Read(b[:])
	return binary.LittleEndian.Uint64(b[:])
}

// tuneGC lets a small heap grow to several times its size between collections, which saves a good part of the
// processor, and a large one by half only, since memory per key is what counts there.
func tuneGC() {
	const headroom, most, least = 64 << 20, 400, 50 // bytes, percent, percent
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	for set := 0; ; time.Sleep(100 * time.Millisecond) {
		metrics.Read(live)
		percent := int(min(max(headroom*100/(live[0].Value.Uint64()+1), least), most))
		if percent != set {
			set = percent
			debug.SetGCPercent(percent)
		}
	}
}
