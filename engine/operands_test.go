package engine

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

// everyFact is one of each kind, of which nothing is said yet.
var everyFact = []Fact{
	Log{}, &Propagated{}, Unstreamed{}, &Applied{}, Acked{}, Waited{}, LinkChanged{}, ChannelChanged{},
	SecondChannelOffered{}, SnapshotAnnounced{}, SnapshotLoaded{}, StreamBufferFull{}, StreamBufferApplied{},
	StreamAwaited{}, StreamReleased{}, PsyncAsked{}, PsyncAnswered{},
	FullSyncStarted{}, SnapshotStarted{}, SnapshotJoined{}, SnapshotEnded{}, OutputLimited{}, BacklogCreated{},
	BacklogFreed{}, SyncFinished{}, SnapshotSpooled{}, LoadBegan{}, LoadEnded{}, PositionTaken{}, PositionDiscarded{},
	ReplicaOnline{}, ReplicaGone{}, GoodReplicasChanged{}, HistoryChanged{}, BacklogTrimmed{}, RoleChanged{}, FailoverChanged{}, PauseChanged{},
	ShutdownChanged{}, Act{}, ClientConnected{}, Replied{}, &Sent{}, Arrived{&Sent{}}, ConnChanged{},
}

// told writes down what a fact says of itself.
type told struct{ all, names []string }

func (t *told) add(name string, value any) {
	t.names = append(t.names, name)
	t.all = append(t.all, fmt.Sprintf("%s=%q", name, value))
}

func (t *told) Text(name, value string)                  { t.add(name, value) }
func (t *told) Int(name string, value int64)             { t.add(name, value) }
func (t *told) Bits(name string, value uint64)           { t.add(name, value) }
func (t *told) Bool(name string, value bool)             { t.add(name, value) }
func (t *told) Texts(name string, values []string)       { t.add(name, values) }
func (t *told) Derived(name string, value func() string) { t.add(name, value()) }

func tell(f Fact) *told {
	t := &told{}
	EachOperand(f, t)
	return t
}

// Whatever is changed in a fact, its operands tell; their names are their own, and none is a field of every event.
func TestOperandsTellEverythingOfAFact(t *testing.T) {
	source, err := os.ReadFile("facts.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(source), ") Kind() string {"); n != len(everyFact) {
		t.Errorf("there are %d kinds of facts, and %d are tried here", n, len(everyFact))
	}
	for _, f := range everyFact {
		if kind := strings.TrimPrefix(strings.TrimPrefix(fmt.Sprintf("%T", f), "*"), "engine."); f.Kind() != kind {
			t.Errorf("a %s calls itself %s", kind, f.Kind())
		}
		plain := tell(f)
		seen := map[string]bool{"time": true, "nanos": true, "seq": true, "node": true, "fact": true, "text": true}
		for _, name := range plain.names {
			if seen[name] {
				t.Errorf("%s: the name %s is taken", f.Kind(), name)
			}
			seen[name] = true
		}
		each(reflect.ValueOf(f), func(path string, changed Fact) {
			if path == ".From" && f.Kind() == "Sent" {
				return // the Node of the event tells it
			}
			if got := tell(changed); reflect.DeepEqual(got.all, plain.all) {
				t.Errorf("%s: %s changes, and nothing tells", f.Kind(), path)
			}
		})
	}
}

// each hands out the fact with each of its values changed alone.
func each(of reflect.Value, to func(path string, changed Fact)) {
	of = reflect.Indirect(of)
	var walk func(path string, index []int, typ reflect.Type)
	walk = func(path string, index []int, typ reflect.Type) {
		for i := range typ.NumField() {
			field := typ.Field(i)
			at := append(append([]int(nil), index...), i)
			if field.Type.Kind() == reflect.Struct {
				walk(path+"."+field.Name, at, field.Type)
				continue
			}
			fresh := reflect.New(of.Type()).Elem()
			fresh.Set(of)
			v := fresh.FieldByIndex(at)
			switch v.Kind() {
			case reflect.String:
				v.SetString("x")
			case reflect.Bool:
				v.SetBool(true)
			case reflect.Int, reflect.Int64:
				v.SetInt(7)
			case reflect.Uint8, reflect.Uint64:
				v.SetUint(1)
			case reflect.Slice:
				v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			case reflect.Interface:
				v.Set(reflect.ValueOf(time.Second)) // it has a String
			case reflect.Pointer:
				v.Set(reflect.ValueOf(&Sent{ID: 7}))
			default:
				panic("a value of the kind " + v.Kind().String())
			}
			changed, ok := fresh.Interface().(Fact)
			if !ok {
				changed = fresh.Addr().Interface().(Fact)
			}
			to(path+"."+field.Name, changed)
		}
	}
	walk("", nil, of.Type())
}
