package node

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// disk is the directory of a node under test.
type disk struct {
	files   map[string]string
	partial string
	job     int64   // that partial is of
	full    bool    // every write fails
	held    []Input // answers that are kept back
	slow    bool    // keep back the answers to BGSAVE and the start
	ended   int     // readings given up
}

func (d *disk) read(e ReadFile) Input {
	if e.Max == 0 {
		d.ended++
		return Woken{}
	}
	data, ok := d.files[e.Name]
	end := min(int(e.Offset)+e.Max, len(data))
	in := FileLoaded{Job: e.Job, Missing: !ok, Size: int64(len(data)), Data: []byte(data[min(int(e.Offset), len(data)):end]), More: end < len(data)}
	if d.slow && !e.Now {
		d.held = append(d.held, in)
		return Woken{}
	}
	return in
}

func (d *disk) write(e WriteFile) Input {
	if d.files == nil {
		d.files = map[string]string{}
	}
	in := FileWritten{Job: e.Job}
	switch {
	case e.Part == DropFile && e.Job != d.job:
		return nil
	case e.Part == DropFile:
		d.partial = ""
		return nil
	case d.full:
		in.Err = "No space left on device"
	case e.Part == WholeFile:
		d.files[e.Name] = string(e.Data)
	case e.Part == FirstPart:
		d.partial, d.job = string(e.Data), e.Job
	case e.Part == NextPart:
		d.partial += string(e.Data)
	case e.Part == LastPart:
		d.files[e.Name] = d.partial + string(e.Data)
	}
	if d.slow && !e.Now {
		d.held = append(d.held, in)
		return nil
	}
	return in
}

// answer lets the oldest answer that was kept back through.
func (s *server) answer() bool {
	if len(s.disk.held) == 0 {
		return false
	}
	in := s.disk.held[0]
	s.disk.held = s.disk.held[1:]
	s.step(in)
	return true
}

// restart ends the process and starts another one in the same directory.
func (s *server) restart(settings ...string) *server {
	next := boot(s.t, settings...)
	next.disk.files, next.now = s.disk.files, s.now
	next.step(Started{PID: 78})
	return next
}

// info is one field of INFO.
func (s *server) info(name string) string {
	v, _ := s.n.Info(s.now).Field(name)
	return v
}

func TestSaveAndStartBringTheKeysBack(t *testing.T) {
	s := start(t)
	c := s.connect()
	s.say(c, "MSET a 1 b 2")
	s.say(c, "SET gone soon PX 5000")
	before := s.say(c, "DEBUG DIGEST")
	s.want("SAVE", s.say(c, "SAVE"), "+OK\r\n")
	s.want("changes since", s.info("rdb_changes_since_last_save"), "0")
	again := s.restart()
	c = again.connect()
	s.want("digest", again.say(c, "DEBUG DIGEST"), before)
	again.now = again.now.Add(10 * time.Second)
	again = again.restart()
	s.want("what had expired is dropped", again.say(again.connect(), "DBSIZE"), ":2\r\n")
	s.want("and counted", again.info("rdb_last_load_keys_expired"), "1")
}

func TestBgsaveHoldsTheKeysOfItsBeginning(t *testing.T) {
	s := start(t)
	c := s.connect()
	s.say(c, "DEBUG POPULATE 20000 k 64") // several parts
	s.disk.slow = true
	s.want("BGSAVE", s.say(c, "BGSAVE"), "+Background saving started\r\n")
	s.want("in progress", s.info("rdb_bgsave_in_progress"), "1")
	s.want("another", s.say(c, "BGSAVE"), "-ERR Background save already in progress\r\n")
	s.want("SAVE", s.say(c, "SAVE"), "-ERR Background save already in progress\r\n")
	s.say(c, "SET later 1")
	parts := 0
	for s.answer() {
		parts++
	}
	if parts < 3 {
		t.Errorf("a file of %d bytes came in %d parts", len(s.disk.files["dump.rdb"]), parts)
	}
	s.want("status", s.info("rdb_last_bgsave_status"), "ok")
	s.want("the later change is not in it", s.info("rdb_changes_since_last_save"), "1")
	again := s.restart()
	s.want("keys", again.say(again.connect(), "DBSIZE"), ":20000\r\n")
}

func TestCommandsAreRefusedWhileLoading(t *testing.T) {
	s := start(t)
	s.say(s.connect(), "DEBUG POPULATE 20000 k 64")
	s.say(1, "SAVE")
	next := boot(t)
	next.disk = disk{files: s.disk.files, slow: true}
	next.step(Started{PID: 78})
	c := next.connect()
	s.want("GET", next.say(c, "GET k:1"), "-LOADING Redis is loading the dataset in memory\r\n")
	s.want("INFO", next.info("loading"), "1")
	for next.answer() {
	}
	s.want("DBSIZE", next.say(c, "DBSIZE"), ":20000\r\n")
	s.want("INFO", next.info("loading"), "0")
}

func TestAFileThatIsNoneEndsTheProcess(t *testing.T) {
	s := boot(t)
	s.disk.files = map[string]string{"dump.rdb": "REDIS0010 and then nonsense"}
	s.step(Started{PID: 1})
	if len(s.exit) != 1 || s.exit[0] != 1 {
		t.Errorf("exit codes %v, want 1", s.exit)
	}
}

func TestAFailedSaveStopsWrites(t *testing.T) {
	s := start(t, "save", "60 1")
	c := s.connect()
	s.say(c, "SET a 1")
	s.disk.full = true
	s.want("SAVE", s.say(c, "SAVE"), "-ERR\r\n")
	s.want("who asks for SAVE knows", s.say(c, "SET a 1"), "+OK\r\n")
	s.say(c, "BGSAVE")
	for _, line := range []string{"SET a 2", "PING"} {
		if got := s.say(c, line); !strings.HasPrefix(got, "-MISCONF Redis is configured to save RDB snapshots") {
			t.Errorf("%s: %q", line, got)
		}
	}
	s.want("reads go on", s.say(c, "GET a"), "$1\r\n1\r\n")
	s.disk.full = false
	s.want("SAVE", s.say(c, "SAVE"), "+OK\r\n")
	s.want("SET", s.say(c, "SET a 2"), "+OK\r\n")
}

func TestSavePoints(t *testing.T) {
	s := start(t, "save", "60 2")
	c := s.connect()
	s.say(c, "SET a 1")
	s.pass(100 * time.Second)
	if s.disk.files["dump.rdb"] != "" {
		t.Error("one change is not enough")
	}
	s.say(c, "SET b 1")
	s.pass(2 * time.Second)
	if s.disk.files["dump.rdb"] == "" {
		t.Error("two changes are")
	}
}

func TestShutdownSavesWhereThereAreSavePoints(t *testing.T) {
	for _, test := range []struct {
		what, save, line string
		saved            bool
	}{
		{"with save points", "60 1", "SHUTDOWN", true},
		{"without", "\"\"", "SHUTDOWN", false},
		{"asked to", "\"\"", "SHUTDOWN SAVE", true},
		{"asked not to", "60 1", "SHUTDOWN NOSAVE", false},
	} {
		s := start(t, "save", strings.Trim(test.save, `"`))
		c := s.connect()
		s.say(c, "SET a 1")
		s.want(test.what, s.say(c, test.line), "")
		if len(s.exit) != 1 || (s.disk.files["dump.rdb"] != "") != test.saved {
			t.Errorf("%s: exits %v, saved %v", test.what, s.exit, s.disk.files["dump.rdb"] != "")
		}
	}
	s := start(t, "save", "60 1")
	s.disk.full = true
	s.want("no room", s.say(s.connect(), "SHUTDOWN"), "-ERR Errors trying to SHUTDOWN. Check logs.\r\n")
	s.say(s.connect(), "SHUTDOWN FORCE")
	if len(s.exit) != 1 {
		t.Error("FORCE ends the process all the same")
	}
}

func TestWhatFollowsASaveIsExecutedBehindIt(t *testing.T) {
	s := start(t)
	got := s.raw(s.connect(), "SAVE\r\nSET a 1\r\nDEBUG RELOAD\r\nGET a\r\n")
	s.want("replies", got, "+OK\r\n+OK\r\n+OK\r\n$1\r\n1\r\n")
}

func TestDebugReload(t *testing.T) {
	s := start(t)
	c := s.connect()
	s.say(c, "SET a 1")
	s.say(c, "DEBUG RELOAD")
	s.say(c, "SET b 2")
	s.want("NOSAVE", s.say(c, "DEBUG RELOAD NOSAVE"), "+OK\r\n")
	s.want("b was not saved", s.say(c, "EXISTS a b"), ":1\r\n")
	s.say(c, "SET b 2")
	s.want("MERGE", s.say(c, "DEBUG RELOAD NOSAVE NOFLUSH MERGE"), "+OK\r\n")
	s.want("b stays", s.say(c, "EXISTS a b"), ":2\r\n")
	s.want("bad option", s.say(c, "DEBUG RELOAD foo"), "-ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.\r\n")
	s.want("in a transaction", s.raw(c, "MULTI\r\nDEBUG RELOAD\r\nGET a\r\nEXEC\r\n"), "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n$1\r\n1\r\n")
}

func TestACloneSavesByItself(t *testing.T) {
	s := start(t)
	c := s.connect()
	s.say(c, "DEBUG POPULATE 20000 k 64")
	s.disk.slow = true
	s.say(c, "BGSAVE")
	twin := *s
	twin.n = s.n.Clone()
	twin.disk.held = append([]Input(nil), s.disk.held...)
	for s.answer() {
	}
	whole := s.disk.files["dump.rdb"]
	twin.disk.files = map[string]string{}
	twin.disk.partial = whole[:len(twin.disk.partial)]
	for twin.answer() {
	}
	if twin.disk.files["dump.rdb"] != whole {
		t.Error("the clone's file differs")
	}
}

func TestFlushAllGivesUpTheSnapshot(t *testing.T) {
	s := start(t, "save", "60 1")
	c := s.connect()
	s.say(c, "DEBUG POPULATE 20000 k 64")
	s.disk.slow = true
	s.say(c, "BGSAVE")
	s.say(c, "FLUSHALL")
	s.want("in progress", s.info("rdb_bgsave_in_progress"), "0")
	again := s.restart()
	s.want("the file has no keys", again.say(again.connect(), "DBSIZE"), ":0\r\n")
}

// INFO tells how far a slow snapshot is, whose file is there from the beginning.
func TestTheProgressOfASnapshot(t *testing.T) {
	s := start(t, "rdb-key-save-delay", "1000000")
	c := s.connect()
	s.say(c, "MSET a 1 b 2 c 3 d 4")
	s.say(c, "BGSAVE")
	s.want("begun", fmt.Sprint(s.disk.job != 0, s.disk.partial == ""), "true true")
	s.want("of four", s.info("current_save_keys_total"), "4")
	s.want("none yet", s.info("current_save_keys_processed"), "0")
	s.pass(3 * time.Second)
	s.want("three", s.info("current_save_keys_processed"), "3")
	s.want("in percent", s.info("current_fork_perc"), "75.00")
	s.pass(time.Second)
	s.want("done", s.info("rdb_bgsave_in_progress"), "0")
	s.want("nothing is said any more", s.info("current_save_keys_total")+s.info("current_save_keys_processed"), "00")
	if _, saved := s.disk.files["dump.rdb"]; !saved {
		t.Error("there is no file")
	}
}
