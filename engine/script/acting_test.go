package script

import "testing"

type bomb struct{}

func (bomb) String() string  { return "load m1 rate 7/s" }
func (bomb) run(World) error { panic("an invariant is broken") }

func TestTheScriptOfAPanicEndsWithTheActThatPanicked(t *testing.T) {
	s := started(t, inStep+"wait 1s\n")
	before := s.Script().String()
	func() {
		defer func() {
			if got, want := s.Script().String(), before+"load m1 rate 7/s\n"; got != want {
				t.Errorf("in the panic the script is\n%s\nwant\n%s", got, want)
			}
			_ = recover()
		}()
		_ = s.do(Statement{Act: bomb{}})
	}()
}
