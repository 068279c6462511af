package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The keys of a replica that went its own way, beside its master's.
func TestKeysAreCompared(t *testing.T) {
	w := pair(t)
	say := func(node string, args ...string) {
		t.Helper()
		if err := w.Command(node, 1, args); err != nil {
			t.Fatal(err)
		}
	}
	say("m1", "SET", "same", "v")
	say("m1", "RPUSH", "list", "a", "b")
	say("m1", "SET", "differs", strings.Repeat("long ", 20))
	say("m1", "SET", "short", "lived", "PX", "100")
	say("m1", "HSET", "gone", "f", "v")
	say("m1", "SET", "n", "17")
	w.RunUntil(w.Now().Add(time.Second / 20))
	if err := w.Sever("m1", "r1"); err != nil {
		t.Fatal(err)
	}
	say("r1", "CONFIG", "SET", "replica-read-only", "no")
	say("r1", "SET", "differs", "other")
	say("r1", "DEL", "gone")
	say("r1", "SADD", "own", "one")
	w.RunUntil(w.Now().Add(time.Second / 5))
	var got []string
	keys, ok := w.Keys("r1", "m1")
	for _, k := range keys {
		got = append(got, fmt.Sprintf("%s %s %s %s", k.State, k.Key, k.Type, k.Value))
	}
	want := []string{
		`missing gone hash 1 field`, `extra own set 1 member`, `extra short string "lived"`, `differs differs string "other"`,
		`same list list 2 elements`, `same n string "17"`, `same same string "v"`,
	}
	if !ok || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	keys, _ = w.Keys("r1", "")
	expired := 0
	for _, k := range keys {
		if k.State == KeyExpired {
			expired++
		} else if k.State != KeySame {
			t.Errorf("%s is %s beside nobody's", k.Key, k.State)
		}
	}
	if expired != 1 {
		t.Errorf("%d keys have expired, want 1: a replica keeps it until its master deletes it", expired)
	}
	keys, _ = w.Keys("m1", "r1")
	for _, k := range keys {
		if k.Key == "differs" && !strings.HasSuffix(k.Value, `long"…`) {
			t.Errorf("a long value is shortened: %s", k.Value)
		}
	}
	if keys, ok := w.Keys("nobody", "m1"); len(keys) > 0 || !ok {
		t.Error("nobody has no keys")
	}
	big := config("", 0)
	if err := big.Set("enable-debug-command", "yes"); err != nil {
		t.Fatal(err)
	}
	must(t, w.AddNode("m2", big))
	say("m2", "DEBUG", "POPULATE", fmt.Sprint(MaxKeys+1))
	if _, ok := w.Keys("m2", ""); ok {
		t.Error("too many to compare")
	}
}
