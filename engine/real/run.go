//go:build linux

package real

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"resync/engine/node"
	"resync/engine/script"
)

// Run runs a script against real redis-server processes and writes what happens, as script.Run does. What cannot be
// done here is refused before anything starts, with its lines. When the context ends, the run does, with
// script.ErrEnded. In any case nothing stays behind.
func Run(ctx context.Context, s *script.Script, out io.Writer, o script.RunOptions) (err error) {
	if ctx.Err() != nil {
		return script.ErrEnded
	}
	binary, version, era, err := Find()
	if err != nil {
		return err
	}
	if err := Refuse(s, version, era); err != nil {
		return err
	}
	var names []string
	for _, st := range s.Statements {
		if a, ok := st.Act.(script.AddNode); ok {
			names = append(names, a.Name)
		}
	}
	w, err := New(ctx, binary, s.Seed, names)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	return script.RunLive(s, w, out, o)
}

// Refuse names the statements of a script that cannot run against real servers of that version, and why. An era of ""
// is none of the language's.
func Refuse(s *script.Script, version, era string) error {
	return s.Refuse(func(act script.Act) error {
		switch a := act.(type) {
		case script.Skew:
			return errSkew
		case script.Start:
			if a.Era != "" && a.Era != era {
				return errEra(a.Era, version)
			}
		case script.AddNode:
			if wanted := a.EraName(); wanted != era {
				return errEra(wanted, version)
			}
			for _, c := range a.Settings {
				if why, ok := owned[c.Name]; ok {
					return fmt.Errorf("%s cannot be set here: %s", c.Name, why)
				}
			}
		case script.Command:
			if len(a.Args) > 2 && strings.EqualFold(a.Args[0], "config") && strings.EqualFold(a.Args[1], "set") {
				for i := 2; i < len(a.Args); i += 2 {
					if why, ok := owned[strings.ToLower(a.Args[i])]; ok {
						return fmt.Errorf("%s cannot be set here: %s", a.Args[i], why)
					}
				}
			}
		}
		return nil
	})
}

func errEra(wanted, version string) error {
	return fmt.Errorf("a node of era %s cannot be had: redis-server on this machine is %s", wanted, version)
}

// parseVersion reads what redis-server --version says: "Redis server v=7.0.15 sha=…".
func parseVersion(text string) (version, era string) {
	for word := range strings.FieldsSeq(text) {
		if v, ok := strings.CutPrefix(word, "v="); ok {
			version = v
			break
		}
	}
	eras := node.Eras()
	i := slices.IndexFunc(eras, func(e string) bool { return strings.HasPrefix(version, e+".") })
	if i >= 0 {
		era = eras[i]
	}
	return version, era
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
