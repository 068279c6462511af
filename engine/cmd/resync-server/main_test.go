//go:build linux

package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The command as a shell meets it. The test binary is the command when the environment says so.

const asCommand = "RESYNC_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

func command(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	return cmd
}

// finish runs the command to its end and returns what it printed and its exit code.
func finish(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := command(args...)
	var out, errs strings.Builder
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	err := cmd.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func freePort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// ping waits until a server answers.
func ping(t *testing.T, port string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		if say(port, "PING") == "+PONG" {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("nothing answers on port %s", port)
		}
	}
}

func say(port, command string) string {
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		return ""
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	fmt.Fprint(c, command+"\r\n")
	line, _ := bufio.NewReader(c).ReadString('\n')
	return strings.TrimRight(line, "\r\n")
}

func TestALifeInTheLog(t *testing.T) {
	port, dir := freePort(t), t.TempDir()
	cmd := command("--port", port, "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--pidfile", filepath.Join(dir, "pid"), "--appendonly", "yes")
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ping(t, port)
	pid := strconv.Itoa(cmd.Process.Pid)
	if got, _ := os.ReadFile(filepath.Join(dir, "pid")); string(got) != pid+"\n" {
		t.Errorf("the pid file holds %q", got)
	}
	cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "pid")); err == nil {
		t.Error("the pid file is left behind")
	}
	rest := out.String()
	for _, want := range []string{
		`C .* # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo`,
		`C .* # Redis version=7\.0\.15, bits=64, commit=00000000, modified=0, pid=` + pid + `, just started`,
		`C .* # Configuration loaded`,
		`M .* \* monotonic clock: POSIX clock_gettime`,
		`M .* \* Running mode=standalone, port=` + port + `\.`,
		`M .* PID: ` + pid,
		`M .* \* The setting 'appendonly yes' has no effect here\.`,
		`M .* # Server initialized`,
		`M .* \* Ready to accept connections`,
		`signal-handler \(\d{10}\) Received SIGTERM scheduling shutdown\.\.\.`,
		`M .* # User requested shutdown\.\.\.`,
		`M .* \* Removing the pid file\.`,
		`M .* # Redis is now ready to exit, bye bye\.\.\.`,
	} {
		line := regexp.MustCompile(`(?m)^` + pid + `:` + want + `$`)
		at := line.FindStringIndex(rest)
		if at == nil {
			t.Fatalf("%s does not follow in\n%s", line, out.String())
		}
		rest = rest[at[1]:]
	}
}

func TestAPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	out, _, code := finish(t, "", "--port", port, "--bind", "127.0.0.1", "--dir", t.TempDir())
	for _, want := range []string{
		"# Warning: Could not create server TCP listening socket 127.0.0.1:" + port + ": bind: Address already in use\n",
		"# Failed listening on port " + port + " (TCP), aborting.\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
}

func TestMistakesEndTheStart(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	for _, tt := range []struct {
		name       string
		args       []string
		out, error string
	}{
		{"unknown directive", []string{"--xyz", "1"}, "", "\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\nReading the configuration file, at line 2\n>>> 'xyz \"1\"'\nBad directive or wrong number of arguments\n"},
		{"missing file", []string{missing}, "Fatal error, can't open config file '" + missing + "': No such file or directory", ""},
		{"missing directory", []string{"--dir", missing}, "", "\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\nReading the configuration file, at line 2\n>>> 'dir \"" + missing + "\"'\nNo such file or directory\n"},
		{"a file as directory", []string{"--hz", "10", "--dir", "/dev/null"}, "", "Reading the configuration file, at line 3\n>>> 'dir \"/dev/null\"'\nNot a directory\n"},
		{"a socket that cannot be", []string{"--port", "0", "--unixsocket", missing + "/s"}, " # Failed opening Unix socket: bind: No such file or directory\n", ""},
		{"not this program", []string{"--sentinel"}, "", "redis-sentinel"},
		{"log file that cannot be", []string{"--logfile", missing + "/log"}, "", "Can't open the log file: No such file or directory"},
		{"nowhere to listen", []string{"--port", "0"}, "Configured to not listen anywhere, exiting.", ""},
	} {
		out, errs, code := finish(t, "", tt.args...)
		if code != 1 || !strings.Contains(out, tt.out) || !strings.Contains(errs, tt.error) {
			t.Errorf("%s: exit code %d\n%s%s", tt.name, code, out, errs)
		}
	}
}

func TestVersionAndHelp(t *testing.T) {
	for _, tt := range []struct {
		arg, out, error string
		code            int
	}{
		{"-v", "Redis server v=7.0.15 ", "", 0},
		{"--version", "Redis server v=7.0.15 ", "", 0},
		{"-h", "", "Usage: ./resync-server [/path/to/redis.conf]", 1},
		{"--help", "", "Usage: ./resync-server [/path/to/redis.conf]", 1},
	} {
		out, errs, code := finish(t, "", tt.arg)
		if !strings.HasPrefix(out, tt.out) || !strings.HasPrefix(errs, tt.error) || code != tt.code {
			t.Errorf("%s: %d\n%s%s", tt.arg, code, out, errs)
		}
	}
}

// TestDaemonize also reads the configuration from standard input, which the detached process must be given on.
func TestDaemonize(t *testing.T) {
	port, dir := freePort(t), t.TempDir()
	conf := "port " + port + "\nbind 127.0.0.1\ndaemonize yes\nsave \"\"\ndir " + dir + "\nlogfile log\npidfile " + dir + "/pid\n"
	if out, errs, code := finish(t, conf, "-"); code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, out, errs)
	}
	ping(t, port)
	shutDown(t, port, dir)
}

// TestNamesAreRelativeToTheDirectory starts a server again with the configuration that it has written itself, as
// Sentinel makes servers do: the directory is absolute then, and the names of other files are still what they were.
func TestNamesAreRelativeToTheDirectory(t *testing.T) {
	port, home := freePort(t), t.TempDir()
	dir, conf := filepath.Join(home, "data"), filepath.Join(home, "redis.conf")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	text := "port " + port + "\nbind 127.0.0.1\ndaemonize yes\nsave \"\"\ndir ./data\nlogfile log\npidfile pid\n"
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		cmd := command("redis.conf")
		cmd.Dir = home
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		ping(t, port)
		for _, name := range []string{"log", "pid"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		}
		if said := say(port, "CONFIG REWRITE"); said != "+OK" {
			t.Errorf("CONFIG REWRITE: %s", said)
		}
		shutDown(t, port, dir)
	}
	rewritten, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\ndir \"" + dir + "\"\n", "\nlogfile \"log\"\n", "\npidfile \"pid\"\n"} {
		if !strings.Contains(string(rewritten), want) {
			t.Errorf("%q is missing in\n%s", want, rewritten)
		}
	}
}

// shutDown ends a detached server, whose directory may go once its pid file has.
func shutDown(t *testing.T, port, dir string) {
	t.Helper()
	say(port, "SHUTDOWN NOSAVE")
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		_, err := os.Stat(filepath.Join(dir, "pid"))
		if strings.Contains(string(log), "bye bye") && err != nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the log file says\n%s", log)
		}
	}
}

// TestDebiansConfigurationStartsUnchanged takes the redis.conf that Debian installs, but for the places that only its
// own service may write to.
func TestDebiansConfigurationStartsUnchanged(t *testing.T) {
	const debian = "/etc/redis/redis.conf"
	if _, err := os.ReadFile(debian); err != nil {
		t.Fatal("this test needs redis-server's own configuration: apt-get install redis-server")
	}
	port, dir := freePort(t), t.TempDir()
	conf := filepath.Join(dir, "redis.conf")
	text := "include " + debian + "\nport " + port + "\ndir " + dir + "\nlogfile log\npidfile " + dir + "/pid\n"
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, errs, code := finish(t, "", conf, "--daemonize", "no", "--xyz"); code != 1 || !strings.Contains(errs, "'xyz'") {
		t.Fatalf("everything before --xyz is fine, but: exit code %d\n%s%s", code, out, errs)
	}
	if out, errs, code := finish(t, "", conf); code != 0 { // Debian's says daemonize yes
		t.Fatalf("exit code %d\n%s%s", code, out, errs)
	}
	ping(t, port)
	shutDown(t, port, dir)
}

// A unix socket alone is enough, and nothing of it is left behind.
func TestAUnixSocketAlone(t *testing.T) {
	dir := t.TempDir()
	socket := filepath.Join(dir, "s")
	cmd := command("-", "--port", "0")
	var out strings.Builder
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader("save \"\"\ndir "+dir+"\nunixsocket "+socket+"\nunixsocketperm 700\n"), &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var c net.Conn
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		var err error
		if c, err = net.Dial("unix", socket); err == nil {
			break
		}
		if time.Now().After(end) {
			cmd.Process.Kill()
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the socket's mode is %v, %v", info.Mode(), err)
	}
	fmt.Fprint(c, "SHUTDOWN\r\n")
	if err := cmd.Wait(); err != nil {
		t.Errorf("SHUTDOWN: %v", err)
	}
	for _, want := range []string{
		" # Reading config from stdin\n", " * The server is now ready to accept connections at " + socket + "\n", " * Removing the unix socket file.\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "Ready to accept connections") {
		t.Errorf("there is no port\n%s", out.String())
	}
	if _, err := os.Stat(socket); err == nil {
		t.Error("the socket is left behind")
	}
}

// Who interrupts twice does not want to wait for replicas, nor for anything else.
func TestTheSecondInterruptInsists(t *testing.T) {
	port, dir := freePort(t), t.TempDir()
	cmd := command("--port", port, "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--repl-diskless-sync", "no", "--pidfile", filepath.Join(dir, "pid"))
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ping(t, port)
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	in := bufio.NewReader(c)
	fmt.Fprint(c, "SYNC\r\n") // a replica that will never acknowledge
	if line, err := in.ReadString('\n'); err != nil {
		t.Fatal(line, err)
	}
	say(port, "SET k v")
	cmd.Process.Signal(syscall.SIGINT)
	for end := time.Now().Add(20 * time.Second); !strings.Contains(infoOf(port), "shutdown_in_milliseconds:"); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the first SIGINT does nothing")
		}
	}
	cmd.Process.Signal(syscall.SIGINT)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if !strings.Contains(out.String(), "You insist... exiting now.\n") || strings.Contains(out.String(), "bye bye") {
		t.Errorf("it says\n%s", out.String())
	}
}

// A save that keeps everybody waiting is given up as well, and nothing is left of its file.
func TestTheSecondInterruptEndsASave(t *testing.T) {
	port, dir := freePort(t), t.TempDir()
	cmd := command("--port", port, "--bind", "127.0.0.1", "--dir", dir, "--save", "60 1000", "--rdb-key-save-delay", "60000000", "--shutdown-on-sigint", "save")
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ping(t, port)
	for i := range 4 {
		say(port, "SET k"+strconv.Itoa(i)+" v")
	}
	cmd.Process.Signal(syscall.SIGINT)
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	for again := true; again; {
		select {
		case <-ended:
			again = false
		case <-time.After(50 * time.Millisecond):
			cmd.Process.Signal(syscall.SIGINT)
		}
	}
	if code := cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if !strings.Contains(out.String(), "You insist... exiting now.\n") {
		t.Errorf("it says\n%s", out.String())
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A signal that kills the process leaves a report, unless crash-log-enabled says no.
func TestACrashIsReported(t *testing.T) {
	for _, enabled := range []string{"yes", "no"} {
		port := freePort(t)
		cmd := command("--port", port, "--bind", "127.0.0.1", "--dir", t.TempDir(), "--crash-log-enabled", enabled)
		var out strings.Builder
		cmd.Stdout = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ping(t, port)
		cmd.Process.Signal(syscall.SIGABRT)
		cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code == 0 || enabled == "yes" && code != 128+int(syscall.SIGABRT) {
			t.Errorf("crash-log-enabled %s: exit code %d", enabled, code)
		}
		for _, part := range []string{"crashed by signal: 6\n", "------ STACK TRACE ------\n", "(*Server).Serve"} {
			if strings.Contains(out.String(), part) != (enabled == "yes") {
				t.Errorf("crash-log-enabled %s: %q in\n%s", enabled, part, out.String())
			}
		}
	}
}

// infoOf is INFO server.
func infoOf(port string) string {
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		return ""
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	fmt.Fprint(c, "INFO server\r\nQUIT\r\n")
	var b strings.Builder
	bufio.NewReader(c).WriteTo(&b)
	return b.String()
}
