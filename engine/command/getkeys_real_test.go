//go:build !js

package command

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// COMMAND GETKEYS of any line, sense or nonsense, of every command.
func TestTheKeysOfALineAreThoseThatRedisFinds(t *testing.T) {
	const seed = 1
	r := newRig(t)
	g := &gen{Rand: rand.New(rand.NewPCG(seed, seed))}
	words := []string{"a", "b", "c", "KEYS", "AUTH", "AUTH2", "", "*", "0", "1", "2", "3", "-1", "x", "STREAMS", "streams", "STORE", "STOREDIST", "BY", "GET", "SET", "INCRBY", "OVERFLOW",
		"LIMIT", "AND", "LEFT", "MIN", "COUNT", "WEIGHTS", "u8", "99999999999", "2147483648", "2x", "+1", "4294967297", "-4294967295"}
	failed := 0
	ask := func(name []string, cmd *Command) {
		for range 60 {
			line := append([]string{"COMMAND", g.pick("GETKEYS", "GETKEYSANDFLAGS")}, name...)
			few := max(cmd.Arity, -cmd.Arity) - len(name)
			for range max(few-1+g.IntN(8), 0) {
				line = append(line, g.pick(words...))
			}
			if difference := r.run(line...); difference != "" {
				t.Error(difference)
				if failed++; failed > 20 {
					t.FailNow()
				}
			}
		}
	}
	for _, cmd := range All() {
		name := strings.ToLower(cmd.Name)
		ask([]string{name}, cmd)
		for i := range cmd.Subs {
			ask([]string{name, strings.ToLower(cmd.Subs[i].Name)}, &cmd.Subs[i])
		}
	}
}
