package tcp

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Files written by this server and by redis-server, each loaded by the other.

// directory is where a server keeps its files.
func (s *server) directory() string { return string(s.ok("CONFIG", "GET", "dir").Elems[1].Str) }

// kinds puts something of every type into the dataset, small and large.
func (s *server) kinds() {
	s.write("k", 500, 40)
	s.ok("SET", "number", "12345")
	s.ok("SET", "later", "v", "PX", "10000000")
	s.ok("SELECT", "3")
	s.ok("SET", "elsewhere", strings.Repeat("x", 5000))
	s.ok("SELECT", "0")
	for i := range 300 {
		n := strconv.Itoa(i)
		s.ok("RPUSH", "list", n, "e"+n)
		s.ok("SADD", "ints", n)
		s.ok("SADD", "set", "m"+n)
		s.ok("HSET", "hash", "f"+n, strings.Repeat("v", i))
	}
	s.ok("HSET", "small", "a", "1", "b", "2")
}

func TestEachLoadsTheFileOfTheOther(t *testing.T) {
	for _, pair := range [][2]string{{"ours", "redis"}, {"redis", "ours"}, {"ours", "ours"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			from := start(t, pair[0])
			from.kinds()
			from.ok("SAVE")
			dir := t.TempDir()
			copyFile(t, filepath.Join(from.directory(), "dump.rdb"), filepath.Join(dir, "dump.rdb"))
			to := start(t, pair[1], "--dir", dir)
			to.eventually("the dataset is loaded", func() bool { return to.number("loading") == 0 })
			if got, want := to.digest(), from.digest(); got != want {
				t.Errorf("digest %s, want %s", got, want)
			}
			if got, want := to.number("rdb_last_load_keys_loaded"), int64(508); got != want {
				t.Errorf("%d keys loaded, want %d", got, want)
			}
		})
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestReloadKeepsTheDataset(t *testing.T) {
	for _, kind := range []string{"ours", "redis"} {
		s := start(t, kind)
		s.kinds()
		before := s.digest()
		s.ok("DEBUG", "RELOAD")
		if got := s.digest(); got != before {
			t.Errorf("%s: digest %s, want %s", kind, got, before)
		}
		s.ok("DEBUG", "RELOAD", "NOSAVE")
		if got := s.digest(); got != before {
			t.Errorf("%s: digest of the file %s, want %s", kind, got, before)
		}
	}
}

func TestBgsaveGoesOnBesideClients(t *testing.T) {
	s := start(t, "ours")
	s.ok("DEBUG", "POPULATE", "200000", "k", "100")
	s.ok("BGSAVE")
	s.ok("SET", "after", "1")
	s.eventually("the file is written", func() bool { return s.number("rdb_bgsave_in_progress") == 0 })
	if s.info("rdb_last_bgsave_status") != "ok" || s.number("rdb_changes_since_last_save") != 1 {
		t.Errorf("status %s, %d changes", s.info("rdb_last_bgsave_status"), s.number("rdb_changes_since_last_save"))
	}
	s.ok("DEBUG", "RELOAD", "NOSAVE")
	if got := s.ok("DBSIZE").Int; got != 200000 {
		t.Errorf("%d keys in the file, want those of the moment it was begun", got)
	}
}

func TestASaveThatFails(t *testing.T) {
	for _, kind := range []string{"ours", "redis"} {
		s := start(t, kind, "--save", "3600", "1")
		s.ok("SET", "a", "1")
		dir := s.directory()
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if got := s.do("SAVE").Str; got != "ERR" && !strings.Contains(got, "ERR") {
			t.Errorf("%s: SAVE answers %q", kind, got)
		}
		s.ok("SET", "a", "1")
		s.do("BGSAVE") // redis-server notices at once, or when its child ends
		s.eventually("the failure is known", func() bool { return s.info("rdb_last_bgsave_status") == "err" })
		if got := s.do("SET", "a", "2").Str; !strings.Contains(got, "MISCONF") {
			t.Errorf("%s: SET answers %q", kind, got)
		}
		os.MkdirAll(dir, 0o700)
	}
}

func TestARewrittenConfigurationStartsBoth(t *testing.T) {
	conf := filepath.Join(t.TempDir(), "redis.conf")
	original := "# mine\nhz 20\n\n# slow\nslave-read-only yes\nsave 900 1\nsave 300 10\n"
	var texts []string
	for _, kind := range []string{"ours", "redis"} {
		if err := os.WriteFile(conf, []byte(original), 0o600); err != nil {
			t.Fatal(err)
		}
		s := start(t, kind, conf)
		s.ok("CONFIG", "SET", "maxmemory", "200mb", "maxmemory-policy", "allkeys-lfu", "hash-max-ziplist-entries", "7", "notify-keyspace-events", "AKE", "masterauth", "a b")
		s.ok("CONFIG", "REWRITE")
		text, _ := os.ReadFile(conf)
		texts = append(texts, string(text))
		for _, reader := range []string{"ours", "redis"} {
			again := start(t, reader, conf)
			for name, want := range map[string]string{"maxmemory": "209715200", "maxmemory-policy": "allkeys-lfu", "hash-max-listpack-entries": "7",
				"notify-keyspace-events": "AKE", "masterauth": "a b", "hz": "20"} {
				if got := string(again.ok("CONFIG", "GET", name).Elems[1].Str); got != want {
					t.Errorf("written by %s, read by %s: %s is %q, want %q", kind, reader, name, got, want)
				}
			}
		}
	}
	head := func(s string) string { before, _, _ := strings.Cut(s, "# Generated"); return before }
	if head(texts[0]) != head(texts[1]) {
		t.Errorf("ours:\n%s\nredis:\n%s", texts[0], texts[1])
	}
}

func TestEvictionKeepsBelowTheLimit(t *testing.T) {
	for _, policy := range []string{"allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"} {
		s := start(t, "ours", "--maxmemory", "4mb", "--maxmemory-policy", policy)
		c := dialRaw(t, s.addr())
		for i := range 20000 {
			if got := c.do("SET", "k"+strconv.Itoa(i), strings.Repeat("v", 300), "EX", "1000").Str; got != "OK" {
				t.Fatalf("%s: SET answers %q", policy, got)
			}
		}
		if used := s.number("used_memory"); used > 4<<20+100_000 {
			t.Errorf("%s: %d bytes in use", policy, used)
		}
		if s.number("evicted_keys") == 0 {
			t.Errorf("%s: nothing was evicted", policy)
		}
	}
	for _, kind := range []string{"ours", "redis"} {
		s := start(t, kind, "--maxmemory", "1")
		if got := s.do("SET", "a", "1").Str; !strings.Contains(got, "OOM command not allowed when used memory > 'maxmemory'.") {
			t.Errorf("%s: SET answers %q", kind, got)
		}
		s.ok("GET", "a")
	}
}

func TestEvictedKeysGoBareIntoTheStream(t *testing.T) {
	master := start(t, "ours")
	replica := start(t, "redis")
	replica.follow(master.port)
	replica.linkUp()
	master.write("k", 3000, 500)
	master.ok("CONFIG", "SET", "maxmemory-policy", "allkeys-lru", "maxmemory", "3mb") // the backlog takes one of them
	master.ok("SET", "one", "more")
	if master.number("evicted_keys") == 0 {
		t.Fatal("nothing was evicted")
	}
	inStep(t, master, replica)
}

func TestSleepStopsTheServer(t *testing.T) {
	s := start(t, "ours")
	began := time.Now()
	s.ok("DEBUG", "SLEEP", "0.2")
	if took := time.Since(began); took < 200*time.Millisecond {
		t.Errorf("it took %v", took)
	}
}
