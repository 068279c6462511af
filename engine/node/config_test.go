package node

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// The configuration as a user meets it: CONFIG GET and SET, redis.conf and the command line. Every expectation here
// was seen on redis-server 7.0.15; package tcp compares the whole table with a running one.

func TestDefaultsAreRedis(t *testing.T) {
	c := DefaultConfig()
	for name, want := range map[string]string{
		"port": "6379", "bind": "* -::*", "save": "3600 1 300 100 60 10000", "replicaof": "", "slaveof": "",
		"repl-backlog-size": "1048576", "repl-backlog-ttl": "3600", "repl-timeout": "60", "repl-diskless-sync": "yes",
		"client-output-buffer-limit": "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
		"maxmemory-policy":           "noeviction", "unixsocketperm": "0", "proto-max-bulk-len": "536870912",
	} {
		if got := c.Get(name); len(got) != 1 || got[0] != [2]string{name, want} {
			t.Errorf("CONFIG GET %s: %q, want %q", name, got, want)
		}
	}
}

func TestBothNamesOfASettingAreOne(t *testing.T) {
	c := DefaultConfig()
	if err := c.Change([][2]string{{"min-slaves-to-write", "3"}}); err != nil {
		t.Fatal(err)
	}
	want := [][2]string{{"min-replicas-to-write", "3"}, {"min-slaves-to-write", "3"}}
	if got := c.Get("min-*-to-write"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := c.Get("MIN-slaves-to-WRITE"); !reflect.DeepEqual(got, [][2]string{{"MIN-slaves-to-WRITE", "3"}}) {
		t.Errorf("a name is answered as it was spelled: %q", got)
	}
}

func TestGetPatterns(t *testing.T) {
	c := DefaultConfig()
	for _, tt := range []struct {
		name     string
		patterns []string
		want     string
	}{
		{"star", []string{"repl-backlog*"}, "repl-backlog-size repl-backlog-ttl"},
		{"any case", []string{"REPL-BACKLOG-T?L"}, "repl-backlog-ttl"},
		{"class", []string{"h[xyz]"}, "hz"},
		{"negated class", []string{"h[^xy]"}, "hz"},
		{"range", []string{"h[y-z]"}, "hz"},
		{"escaped", []string{`h\z*`}, "hz"},
		{"no match", []string{"nothing*"}, ""},
		{"unknown name", []string{"nothing"}, ""},
		{"two patterns, one answer each", []string{"hz", "h?"}, "hz"},
		{"hidden to a pattern", []string{"watchdog*"}, ""},
		{"hidden, by name", []string{"watchdog-period"}, "watchdog-period"},
		{"no patterns", nil, ""},
	} {
		var names []string
		for _, p := range c.Get(tt.patterns...) {
			names = append(names, p[0])
		}
		if got := strings.Join(names, " "); got != tt.want {
			t.Errorf("%s: CONFIG GET %q: %q, want %q", tt.name, tt.patterns, got, tt.want)
		}
	}
}

func TestChangeRefusesInRedisWords(t *testing.T) {
	const failed = "CONFIG SET failed (possibly related to argument '"
	for _, tt := range []struct {
		pairs [][2]string
		want  string
	}{
		{[][2]string{{"Xyz", "1"}}, "Unknown option or number of arguments for CONFIG SET - 'Xyz'"},
		{[][2]string{{"repl-timeout", "0"}}, failed + "repl-timeout') - argument must be between 1 and 2147483647 inclusive"},
		{[][2]string{{"repl-timeout", "01"}}, failed + "repl-timeout') - argument couldn't be parsed into an integer"},
		{[][2]string{{"Repl-Timeout", "x"}}, failed + "repl-timeout') - argument couldn't be parsed into an integer"},
		{[][2]string{{"repl-backlog-size", "1t"}}, failed + "repl-backlog-size') - argument must be a memory value"},
		{[][2]string{{"tls-replication", "yes"}}, failed + "tls-replication') - Unable to update TLS configuration. Check server logs."},
		{[][2]string{{"repl-diskless-sync", "on"}}, failed + "repl-diskless-sync') - argument must be 'yes' or 'no'"},
		{[][2]string{{"loglevel", "loud"}}, failed + "loglevel') - argument(s) must be one of the following: debug, verbose, notice, warning"},
		{[][2]string{{"Daemonize", "yes"}}, failed + "Daemonize') - can't set immutable config"},
		{[][2]string{{"replicaof", "h 1"}}, failed + "replicaof') - can't set immutable config"},
		{[][2]string{{"dir", "/"}}, failed + "dir') - can't set protected config"},
		{[][2]string{{"hz", "5"}, {"HZ", "6"}}, failed + "HZ') - duplicate parameter"},
		{[][2]string{{"save", "60"}}, failed + "save') - Invalid save parameters"},
		{[][2]string{{"client-output-buffer-limit", "master 1 1 1"}}, failed +
			"client-output-buffer-limit') - Invalid client class specified in buffer limit configuration."},
		{[][2]string{{"hz", "5"}, {"repl-timeout", "x"}}, failed + "repl-timeout') - argument couldn't be parsed into an integer"},
	} {
		c := DefaultConfig()
		err := c.Change(tt.pairs)
		if err == nil || err.Error() != tt.want {
			t.Errorf("CONFIG SET %q: %v, want %s", tt.pairs, err, tt.want)
		}
		if !reflect.DeepEqual(c, DefaultConfig()) {
			t.Errorf("CONFIG SET %q was refused and changed something", tt.pairs)
		}
	}
}

func TestChangeTakesEffect(t *testing.T) {
	for _, tt := range []struct{ name, value, want string }{
		{"repl-backlog-size", "1", "16384"},
		{"repl-backlog-size", "1mb", "1048576"},
		{"repl-backlog-size", "1M", "1000000"},
		{"hz", "0", "1"},
		{"hz", "501", "500"},
		{"save", "", ""},
		{"save", "60 1 30 2", "60 1 30 2"},
		{"client-output-buffer-limit", "Replica 1mb 2kb 3", "normal 0 0 0 slave 1048576 2048 3 pubsub 33554432 8388608 60"},
		{"shutdown-on-sigint", "force now save", "save now force"},
		{"notify-keyspace-events", "KEgm", "gKEm"},
		{"maxmemory", "", "0"},
		{"maxmemory-clients", "10%", "10%"},
		{"oom-score-adj", "relative", "yes"},
		{"appendonly", "YES", "yes"},
		{"repl-backlog-ttl", "9223372036", "9223372036"},
		{"repl-backlog-ttl", "9223372036854775807", "9223372036854775807"},
		{"notify-keyspace-events", "mnE", "nEm"},
		{"notify-keyspace-events", "mnEA", "AEm"},
	} {
		c := DefaultConfig()
		if err := c.Change([][2]string{{tt.name, tt.value}}); err != nil {
			t.Errorf("CONFIG SET %s %q: %v", tt.name, tt.value, err)
		}
		if got := c.Get(tt.name)[0][1]; got != tt.want {
			t.Errorf("CONFIG SET %s %q, then GET: %q, want %q", tt.name, tt.value, got, tt.want)
		}
	}
}

func TestProtectedSettings(t *testing.T) {
	for _, tt := range []struct {
		allow         string
		remote, local bool
	}{{"no", false, false}, {"local", false, true}, {"yes", true, true}} {
		c := DefaultConfig()
		c.EnableProtectedConfigs = tt.allow
		pair := [][2]string{{"dbfilename", "other.rdb"}}
		if got := c.Change(pair) == nil; got != tt.remote {
			t.Errorf("enable-protected-configs %s, from elsewhere: allowed %v", tt.allow, got)
		}
		if got := c.ChangeLocally(pair) == nil; got != tt.local {
			t.Errorf("enable-protected-configs %s, from this machine: allowed %v", tt.allow, got)
		}
	}
}

func TestACopyIsIndependent(t *testing.T) {
	a := DefaultConfig()
	must(t, a.Set("appendonly", "yes"))
	must(t, a.Set("save", "10", "1"))
	b := a
	must(t, b.Set("appendonly", "no"))
	must(t, b.Set("tls-port", "7"))
	must(t, b.Set("save", "20", "2"))
	must(t, a.Set("save", "30", "3"))
	if got := a.Get("appendonly", "tls-port", "save"); !reflect.DeepEqual(got, [][2]string{{"appendonly", "yes"}, {"save", "10 1 30 3"}, {"tls-port", "0"}}) {
		t.Errorf("the original shows %q", got)
	}
	if got := b.Get("appendonly", "tls-port", "save"); !reflect.DeepEqual(got, [][2]string{{"appendonly", "no"}, {"save", "10 1 20 2"}, {"tls-port", "7"}}) {
		t.Errorf("the copy shows %q", got)
	}
}

func TestSaveAtStartUp(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lines [][]string
		want  string
	}{
		{"the first replaces the defaults", [][]string{{"900", "1"}}, "900 1"},
		{"further ones add", [][]string{{"900", "1"}, {"30", "2", "20", "3"}}, "900 1 30 2 20 3"},
		{"an empty one removes all", [][]string{{"900", "1"}, {""}}, ""},
		{"and the next begins anew", [][]string{{"900", "1"}, {""}, {"5", "6"}}, "5 6"},
	} {
		c := DefaultConfig()
		for _, l := range tt.lines {
			must(t, c.Set("save", l...))
		}
		if got := c.Get("save")[0][1]; got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// load runs Load over some files.
func load(files map[string]string, args ...string) (Config, []string, error) {
	return Load(args, func(name string) ([]byte, error) {
		if text, ok := files[name]; ok {
			return []byte(text), nil
		}
		return nil, errors.New("No such file or directory")
	})
}

func TestCommandLine(t *testing.T) {
	files := map[string]string{
		"/r.conf": "# comment\n\nport 7000\n  REPL-timeout \"5\"  \r\nsave 900 1\nbind 127.0.0.1 -::1\ninclude /more.conf\n",
		"/more.conf": "masterauth \"a \\x62\\n\"\nclient-output-buffer-limit replica 1mb 2kb 3\n" +
			"client-output-buffer-limit normal 1 2 3\nlua-replicate-commands yes\n",
		"-": "port 7002",
	}
	for _, tt := range []struct {
		name       string
		args, want []string // want: name, value, name, value…
	}{
		{"nothing", nil, []string{"port", "6379"}},
		{"a file", []string{"/r.conf"}, []string{"port", "7000", "repl-timeout", "5", "save", "900 1", "bind", "127.0.0.1 -::1", "masterauth", "a b\n",
			"client-output-buffer-limit", "normal 1 2 3 slave 1048576 2048 3 pubsub 33554432 8388608 60"}},
		{"a file and options", []string{"/r.conf", "--port", "7001", "--save", "30", "2"}, []string{"port", "7001", "save", "900 1 30 2"}},
		{"options", []string{"--replicaof", "127.0.0.1", "6400", "--requirepass", "two words"}, []string{"replicaof", "127.0.0.1 6400", "requirepass", "two words"}},
		{"no save points, then an option", []string{"--save", "--port", "7001"}, []string{"save", "", "port", "7001"}},
		{"no save points at the end", []string{"--save"}, []string{"save", ""}},
		{"no save points, quoted", []string{"--save", "", "--hz", "20"}, []string{"save", "", "hz", "20"}},
		{"a value that looks like an option", []string{"--masterauth", "--port", "--port", "7001"}, []string{"masterauth", "--port", "port", "7001"}},
		{"name and value in one word", []string{"--port 7001", "--hz", "20"}, []string{"port", "7001", "hz", "20"}},
		{"standard input first", []string{"-", "--hz", "20"}, []string{"port", "7002", "hz", "20"}},
		{"standard input last", []string{"/r.conf", "-"}, []string{"port", "7002", "repl-timeout", "5"}},
	} {
		c, _, err := load(files, tt.args...)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		for i := 0; i < len(tt.want); i += 2 {
			if got := c.Get(tt.want[i])[0][1]; got != tt.want[i+1] {
				t.Errorf("%s: %s is %q, want %q", tt.name, tt.want[i], got, tt.want[i+1])
			}
		}
	}
}

func TestFatalConfigurations(t *testing.T) {
	const head = "\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\n"
	line := func(n, text, why string) string {
		return head + "Reading the configuration file, at line " + n + "\n>>> '" + text + "'\n" + why
	}
	for _, tt := range []struct {
		name, conf string
		args       []string
		want       string
	}{
		{"unknown name", "port 1\nxyz 1\n", nil, line("2", "xyz 1", "Bad directive or wrong number of arguments")},
		{"no value", "repl-timeout", nil, line("1", "repl-timeout", "wrong number of arguments")},
		{"two values", `  repl-timeout "5" 6 `, nil, line("1", `repl-timeout "5" 6`, "wrong number of arguments")},
		{"open quotes", `repl-timeout "5`, nil, line("1", `repl-timeout "5`, "Unbalanced quotes in configuration line")},
		{"an earlier mistake comes first", "save 1\nhz \"5", nil, line("1", "save 1", "Invalid save parameters")},
		{"bad port of a master", "slaveof a 99999", nil, line("1", "slaveof a 99999", "Invalid master port")},
		{"sentinel", "sentinel monitor x", nil, line("1", "sentinel monitor x", "sentinel directive while not in sentinel mode")},
		{"module configuration", "a.b", nil, line("1", "a.b", "Module config specified without value")},
		{"user without a name", "user", nil, line("1", "user", "Bad directive or wrong number of arguments")},
		{"cluster and replica", "cluster-enabled yes\nreplicaof a 1", nil, head + "replicaof directive not allowed in cluster mode"},
		{"missing include", "include /missing", nil, "Fatal error, can't open config file '/missing': No such file or directory"},
		{"option", "", []string{"--port", "1", "--xyz"}, line("3", "xyz", "Bad directive or wrong number of arguments")},
		{"option behind a file", "port 1\nhz 1\nhz 2\nhz 3\n", []string{"--port", "1", "--loglevel", "x"},
			line("7", `loglevel "x"`, "argument(s) must be one of the following: debug, verbose, notice, warning")},
		{"two values of an option", "", []string{"--port", "7393", "7394"}, line("2", `port "7393" "7394"`, "wrong number of arguments")},
		{"equals sign", "", []string{"--port=7393", "--loglevel", "x"}, line("2", `port=7393 "--loglevel" "x"`, "Bad directive or wrong number of arguments")},
		{"one hyphen", "", []string{"-x"}, line("2", `"-x"`, "Bad directive or wrong number of arguments")},
	} {
		args := tt.args
		if tt.conf != "" {
			args = append([]string{"/r.conf"}, args...)
		}
		_, _, err := load(map[string]string{"/r.conf": tt.conf}, args...)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %v\nwant %s", tt.name, err, tt.want)
		}
	}
}

func TestAFileThatIncludesItselfEnds(t *testing.T) {
	_, _, err := load(map[string]string{"/r.conf": "include /r.conf"}, "/r.conf")
	var open *OpenError
	if !errors.As(err, &open) {
		t.Errorf("got %v", err)
	}
}

func TestNotesNameWhatMeansNothingHere(t *testing.T) {
	_, notes, err := load(map[string]string{"/r.conf": "appendonly yes\nport 7000\nactivedefrag no\nuser a on\nactiverehashing yes"}, "/r.conf")
	want := []string{
		`The directive 'user a on' has no effect here.`,
		`The setting 'appendonly yes' has no effect here.`,
		`Settings left at Redis's default that mean nothing here: activedefrag, activerehashing.`,
	}
	if err != nil || !reflect.DeepEqual(notes, want) {
		t.Errorf("got %q, %v", notes, err)
	}
}

// What rename-command takes away is unknown, and what it gives is the command, in any case; the row keeps its name.
func TestRenamedCommands(t *testing.T) {
	cfg, notes, err := load(map[string]string{"/r.conf": "rename-command CONFIG \"\"\nrename-command debug a-name-that-is-longer-than-any\nrename-command set get2\n" +
		"rename-command GET SET\nrename-command EXEC run\nenable-debug-command yes"}, "/r.conf")
	if err != nil || len(notes) > 0 {
		t.Fatal(err, notes)
	}
	s := bootWith(t, cfg)
	s.step(Started{PID: 77})
	c := s.connect()
	s.want("taken away", s.say(c, "CONFIG GET port"), "-ERR unknown command 'CONFIG', with args beginning with: 'GET' 'port' \r\n")
	s.want("the old name", s.say(c, "DEBUG JMAP"), "-ERR unknown command 'DEBUG', with args beginning with: 'JMAP' \r\n")
	s.want("a long new name", s.say(c, "A-name-that-is-longer-than-any LOG x"), "+OK\r\n")
	s.want("a longer one", s.say(c, "a-name-that-is-longer-than-any- LOG x"), "-ERR unknown command 'a-name-that-is-longer-than-any-', with args beginning with: 'LOG' 'x' \r\n")
	r := s.replica()
	s.say(r, "REPLCONF ACK 0")
	s.want("SET", s.say(c, "GET2 k v"), "+OK\r\n")
	s.want("its new name goes into the stream", s.take(r), cmd("SELECT", "0")+cmd("GET2", "k", "v"))
	s.want("a name that has become free", s.say(c, "SET k"), "$1\r\nv\r\n")
	s.want("without words", s.say(c, "get2"), "-ERR wrong number of arguments for 'set' command\r\n")
	s.want("COMMAND INFO", s.say(c, "COMMAND INFO config"), "*1\r\n$-1\r\n")
	s.say(c, "MULTI")
	s.say(c, "nonsense")
	s.want("EXEC", s.say(c, "RUN"), "-EXECABORT Transaction discarded because of previous errors.\r\n")
	if got := s.say(c, "INFO commandstats"); !strings.Contains(got, "cmdstat_set:calls=1,") || !strings.Contains(got, "cmdstat_get:calls=1,") {
		t.Errorf("counted as %q", got)
	}
	for line, why := range map[string]string{
		"rename-command nothing x":                      "No such command in rename-command",
		"rename-command get set":                        "Target command name already exists",
		"rename-command config":                         "Bad directive or wrong number of arguments",
		"rename-command get a b":                        "Bad directive or wrong number of arguments",
		"rename-command GET \"\"\nrename-command get x": "No such command in rename-command",
	} {
		_, _, err := load(map[string]string{"/r.conf": line}, "/r.conf")
		if err == nil || !strings.HasSuffix(err.Error(), "\n"+why) {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// TestEveryRow walks the table: each name answers, keeps what it shows, and no name is there twice.
func TestEveryRow(t *testing.T) {
	seen := map[string]bool{}
	for i := range settings {
		s := &settings[i]
		for _, name := range []string{s.name, s.alias} {
			if seen[name] && name != "" {
				t.Errorf("%s is there twice", name)
			}
			seen[name] = true
		}
		c := DefaultConfig()
		shown := s.get(&c)
		if s.name == "replicaof" && shown == "" || s.name == "proc-title-template" && shown == "" {
			continue // "" is how an unset master is shown, and no way to write it
		}
		args := []string{shown}
		if s.flags&multiArg != 0 {
			args = strings.Fields(shown)
		}
		if err := s.set(&c, args); err != nil {
			t.Errorf("%s refuses its own default %q: %v", s.name, shown, err)
		}
		if got := s.get(&c); got != shown {
			t.Errorf("%s: set to %q, shows %q", s.name, shown, got)
		}
	}
}

func TestParseMemory(t *testing.T) {
	for _, tt := range []struct {
		text string
		want uint64
		ok   bool
	}{
		{"1", 1, true}, {"1b", 1, true}, {"1K", 1000, true}, {"1kB", 1024, true}, {"2m", 2e6, true}, {"2MB", 2 << 20, true},
		{"3g", 3e9, true}, {"3gb", 3 << 30, true}, {"", 0, true}, {"kb", 0, true},
		{"18446744073709551616", 1<<64 - 1, true}, {"99999999999gb", 15140462030378500096, true},
		{"1t", 0, false}, {"-1", 0, false}, {"+1", 0, false}, {" 1", 0, false}, {"1 kb", 0, false}, {"1.5kb", 0, false},
		{strings.Repeat("9", 127), 1<<64 - 1, true}, {strings.Repeat("9", 128), 0, false},
	} {
		if got, ok := parseMemory(tt.text); got != tt.want || ok != tt.ok {
			t.Errorf("%q: %d, %v; want %d, %v", tt.text, got, ok, tt.want, tt.ok)
		}
	}
}

func FuzzParseConf(f *testing.F) {
	f.Add("port 1\n# c\nsave 900 1 \"x\\x41\"")
	f.Add("bind '")
	f.Fuzz(func(t *testing.T, text string) {
		directives, err := ParseConf(text)
		lines := strings.Split(text, "\n")
		for _, d := range directives {
			if d.Line < 1 || d.Line > len(lines) || strings.Trim(lines[d.Line-1], " \t\r\n") != d.Text {
				t.Fatalf("%+v does not name its line", d)
			}
			c := DefaultConfig()
			if c.Set(d.Name, d.Args...) == nil {
				c.Get("*")
			}
		}
		var conf *ConfError
		if err != nil && !errors.As(err, &conf) {
			t.Fatal(err)
		}
	})
}

func TestDurationsSaturate(t *testing.T) {
	c := DefaultConfig()
	must(t, c.Set("repl-backlog-ttl", "9223372036854775807"))
	if c.ReplBacklogTTL < 290*365*24*time.Hour {
		t.Errorf("got %v", c.ReplBacklogTTL)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A directive of several words may be given as one word with blanks in it, as a shell's --save "900 1" is.
func TestTheWordsOfADirectiveInOne(t *testing.T) {
	for _, tt := range []struct{ name, value, want string }{
		{"save", "60 1", "60 1"},
		{"save", "60  1 30 2", "60 1 30 2"},
		{"save", " ", ""},
		{"bind", "127.0.0.1 -::1", "127.0.0.1 -::1"},
		{"client-output-buffer-limit", "normal 1 1 1", "normal 1 1 1 slave 268435456 67108864 60 pubsub 33554432 8388608 60"},
		{"replicaof", "127.0.0.1 1", "127.0.0.1 1"},
		{"shutdown-on-sigterm", "now force", "now force"},
		{"oom-score-adj-values", "1 2 3", "1 2 3"},
	} {
		c := DefaultConfig()
		err := c.Set(tt.name, tt.value)
		if got := c.Get(tt.name); err != nil || got[0][1] != tt.want {
			t.Errorf("%s %q: %v, %q; want %q", tt.name, tt.value, err, got, tt.want)
		}
	}
}

// What is the driver's own has to be agreed to by it, and is as before when it does not.
func TestSettingsOfTheDriver(t *testing.T) {
	s := start(t, "enable-protected-configs", "yes")
	c := s.connect()
	s.want("agreed", s.say(c, "CONFIG SET port 7000 hz 20"), "+OK\r\n")
	s.want("taken over", s.say(c, "CONFIG GET port"), "*2\r\n$4\r\nport\r\n$4\r\n7000\r\n")
	s.refuses = "bind"
	s.want("refused", s.raw(c, cmd("CONFIG", "SET", "bind", "1.2.3.4", "hz", "30")+cmd("CONFIG", "GET", "hz")),
		"-ERR CONFIG SET failed (possibly related to argument 'bind') - because\r\n*2\r\n$2\r\nhz\r\n$2\r\n20\r\n")
	s.refuses = "dir"
	s.want("refused", s.say(c, "CONFIG SET dir /none"), "-ERR CONFIG SET failed (possibly related to argument 'dir') - because\r\n")
	s.say(c, "MULTI")
	s.say(c, "CONFIG SET port 7001")
	s.say(c, "PING")
	s.want("a transaction cannot wait", s.say(c, "EXEC"), "*2\r\n+OK\r\n+PONG\r\n")
}

func TestProtectedSettingsMayBeLocal(t *testing.T) {
	s := start(t, "enable-protected-configs", "local")
	s.want("from elsewhere", s.say(s.connect(), "CONFIG SET dbfilename x"), "-ERR CONFIG SET failed (possibly related to argument 'dbfilename') - can't set protected config\r\n")
	s.step(Accepted{Conn: 99, Remote: "127.0.0.1:5", Local: "127.0.0.1:6379"})
	s.want("from here", s.say(99, "CONFIG SET dbfilename x"), "+OK\r\n")
}

// Some settings would change the load under way; they are refused whatever else is wrong.
func TestSettingsWhileLoading(t *testing.T) {
	s := boot(t, "enable-protected-configs", "yes")
	s.disk.files, s.disk.slow = map[string]string{"dump.rdb": "REDIS0010"}, true
	s.step(Started{PID: 1})
	c := s.connect()
	const loading = "-LOADING Redis is loading the dataset in memory\r\n"
	for _, x := range []struct{ line, want string }{
		{"CONFIG SET dir /", loading},
		{"CONFIG SET hz x dir /", loading},
		{"CONFIG SET REPL-diskless-load swapdb", loading},
		{"CONFIG SET appendonly no", loading},
		{"CONFIG SET hz 20", "+OK\r\n"},
		{"REPLICAOF a 1", loading},
		{"WAIT 0 0", loading},
		{"FAILOVER", loading},
	} {
		s.want(x.line, s.say(c, x.line), x.want)
	}
}

// How gladly the kernel is to kill the process depends on its role.
func TestTheOOMScoreFollowsTheRole(t *testing.T) {
	s := start(t)
	c := s.connect()
	want := func(what string, score OOMScore) {
		t.Helper()
		if s.score != score {
			t.Errorf("%s: %+v, want %+v", what, s.score, score)
		}
	}
	s.say(c, "CONFIG SET oom-score-adj-values \"10 20 30\"")
	want("nobody asked", OOMScore{})
	s.want("asked", s.say(c, "CONFIG SET oom-score-adj relative"), "+OK\r\n")
	want("a master's", OOMScore{"yes", 10})
	s.say(c, "REPLICAOF 10.0.0.8 6379")
	want("a replica's", OOMScore{"yes", 20})
	s.say(c, "CONFIG SET oom-score-adj absolute oom-score-adj-values \"15 25 30\"")
	want("other values", OOMScore{"absolute", 25})
	s.say(c, "REPLICAOF NO ONE")
	want("a master's again", OOMScore{"absolute", 15})
	s.refuses = "oom-score-adj"
	s.want("refused", s.say(c, "CONFIG SET oom-score-adj yes"), "-ERR CONFIG SET failed (possibly related to argument 'oom-score-adj') - because\r\n")
	s.want("as before", s.say(c, "CONFIG GET oom-score-adj"), "*2\r\n$13\r\noom-score-adj\r\n$8\r\nabsolute\r\n")
	s.refuses = ""
	s.say(c, "CONFIG SET oom-score-adj no")
	want("no more", OOMScore{Mode: "no"})
}
