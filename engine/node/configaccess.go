package node

import (
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"resync/engine/resp"
)

// How the configuration's table is used: by a redis.conf (Set), by CONFIG GET and by CONFIG SET (Change).

// minBacklogSize is what CONFIG SET repl-backlog-size raises smaller values to.
const minBacklogSize = 16384

// Set gives a name the words of one redis.conf directive, as at start-up: Set("save", "900", "1"). The first save
// replaces the default save points and further ones add to them. Errors have Redis's words, without a prefix.
//
// Source: redis/src/config.c, loadServerConfigFromString.
func (c *Config) Set(name string, args ...string) error {
	if err := c.take(name, args); err != nil {
		return err
	}
	c.given = append(slices.Clip(c.given), Directive{Name: name, Args: args})
	return nil
}

func (c *Config) take(name string, args []string) error {
	s, _ := c.find(name)
	if s == nil {
		if len(args) == 1 && isRetired(name) {
			return nil
		}
		return errBadDirective
	}
	switch {
	case s.flags&multiArg == 0 && len(args) != 1:
		return errWrongArguments
	case s.flags&multiArg != 0 && len(args) == 1:
		// All words may come as one: --save "900 1" in a shell.
		if words, err := resp.SplitArgs(args[0]); err == nil && len(words) > 0 {
			args = words
		} else {
			args = []string{""}
		}
	}
	if s.name == "save" {
		if len(args) == 1 && args[0] == "" {
			c.Save, c.saveGiven = nil, true
			return nil
		}
		before := c.Save
		if !c.saveGiven {
			before = nil
		}
		if err := s.set(c, args); err != nil {
			return err
		}
		c.Save, c.saveGiven = append(before[:len(before):len(before)], c.Save...), true
		return nil
	}
	if err := s.set(c, args); err != nil {
		return err
	}
	c.Hz = min(max(c.Hz, 1), 500)
	return nil
}

// Get answers CONFIG GET: the names that match any of the patterns, with their values, sorted by name. A pattern
// without glob characters is a name, and is answered as it was spelled. Redis answers in the order of a hash table
// whose seed differs at every start, so any order is right.
//
// Source: redis/src/config.c, configGetCommand.
func (c *Config) Get(patterns ...string) [][2]string {
	var found [][2]string
	add := func(shown string, s *setting) {
		for _, f := range found {
			if f[0] == shown {
				return
			}
		}
		found = append(found, [2]string{shown, s.get(c)})
	}
	for _, p := range patterns {
		if !strings.ContainsAny(p, "[*?") {
			if s, _ := c.find(p); s != nil {
				add(p, s)
			}
			continue
		}
		p = strings.ToLower(p)
		for i := range settings {
			s := &settings[i]
			if s.flags&hidden != 0 {
				continue
			}
			for _, name := range [...]string{s.name, s.alias} {
				if name != "" && c.knows(s, name) && matchGlob(p, name) {
					add(name, s)
				}
			}
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i][0] < found[j][0] })
	return found
}

// Change does CONFIG SET for a client that is not on this machine: all pairs or none. The error is the reply's text
// without "ERR ".
//
// Source: redis/src/config.c, configSetCommand.
func (c *Config) Change(pairs [][2]string) error { return c.change(pairs, false) }

// ChangeLocally is Change for a client that is on this machine: enable-protected-configs may say "local".
func (c *Config) ChangeLocally(pairs [][2]string) error { return c.change(pairs, true) }

func (c *Config) change(pairs [][2]string, local bool) error {
	type entry struct {
		setting *setting
		name    string // the name or the alias: two names of one setting are two entries to Redis
	}
	entries := make([]entry, 0, len(pairs))
	for _, p := range pairs {
		s, name := c.find(p[0])
		if s == nil {
			if c.era().OldConfigErrors {
				return refusal("Unsupported CONFIG parameter: " + p[0])
			}
			return refusal("Unknown option or number of arguments for CONFIG SET - '" + p[0] + "'")
		}
		switch {
		case s.flags&immutable != 0:
			return changeError(p[0], "can't set immutable config")
		case s.flags&protected != 0 && c.EnableProtectedConfigs != "yes" && !(local && c.EnableProtectedConfigs == "local"):
			return changeError(p[0], "can't set protected config")
		}
		for _, e := range entries {
			if e.name == name {
				return changeError(p[0], "duplicate parameter")
			}
		}
		entries = append(entries, entry{s, name})
	}
	next := *c
	for i, e := range entries {
		args := []string{pairs[i][1]}
		if e.setting.flags&multiArg != 0 {
			if args = strings.Split(pairs[i][1], " "); pairs[i][1] == "" {
				args = nil
			}
		}
		if err := e.setting.set(&next, args); err != nil {
			if c.era().OldConfigErrors {
				return refusal("Invalid argument '" + pairs[i][1] + "' for CONFIG SET '" + e.name + "'")
			}
			return changeError(e.name, err.Error())
		}
		if e.setting.name == "repl-backlog-size" {
			next.ReplBacklogSize = max(next.ReplBacklogSize, minBacklogSize)
		}
	}
	next.Hz = min(max(next.Hz, 1), 500)
	*c = next
	return nil
}

func changeError(name, why string) error {
	return refusal("CONFIG SET failed (possibly related to argument '" + name + "') - " + why)
}

// WithoutEffect lists the names that were given a value and mean nothing here, in order, each with whether the
// value differs from Redis's default.
func (c *Config) WithoutEffect() (names []string, differs []bool) {
	for _, o := range c.others {
		s, _ := findSetting(o.name)
		names, differs = append(names, o.name), append(differs, o.value != s.def)
	}
	return names, differs
}

// findSetting returns the row of a name or alias in any case, and the one of the two that it is.
func findSetting(name string) (*setting, string) {
	for i := range settings {
		s := &settings[i]
		if strings.EqualFold(s.name, name) {
			return s, s.name
		}
		if s.alias != "" && strings.EqualFold(s.alias, name) {
			return s, s.alias
		}
	}
	return nil, ""
}

// isRetired reports whether Redis still accepts the name in a file and does nothing with it.
func isRetired(name string) bool {
	switch strings.ToLower(name) {
	case "list-max-ziplist-entries", "list-max-ziplist-value", "lua-replicate-commands":
		return true
	}
	return false
}

// set parses the words and stores the value. On an error c is as it was.
func (s *setting) set(c *Config, args []string) error {
	if s.field != nil {
		return s.kind.parse(args, s.field(c))
	}
	var value string
	if err := s.kind.parse(args, &value); err != nil {
		return err
	}
	c.keep(s.name, value)
	return nil
}

// get prints the value as CONFIG GET does.
func (s *setting) get(c *Config) string {
	if s.field != nil {
		return show(s.field(c), s.kind)
	}
	i := sort.Search(len(c.others), func(i int) bool { return c.others[i].name >= s.name })
	if i < len(c.others) && c.others[i].name == s.name {
		return c.others[i].value
	}
	return s.def
}

// keep stores the value of a name that means nothing here. The slice is replaced, since copies of c share it.
func (c *Config) keep(name, value string) {
	i := sort.Search(len(c.others), func(i int) bool { return c.others[i].name >= name })
	others := make([]otherSetting, 0, len(c.others)+1)
	others = append(others, c.others[:i]...)
	others = append(others, otherSetting{name, value})
	if i < len(c.others) && c.others[i].name == name {
		i++
	}
	c.others = append(others, c.others[i:]...)
}

// show prints a field. A duration is a whole number of seconds in redis.conf.
func show(field any, k kind) string {
	switch f := field.(type) {
	case *bool:
		if *f {
			return "yes"
		}
		return "no"
	case *string:
		if _, ok := k.(eventClasses); ok && strings.HasPrefix(*f, "A") {
			// Redis sends the events of new keys, but does not show so next to "A".
			return strings.Replace(*f, "n", "", 1)
		}
		return *f
	case *int:
		if _, ok := k.(octal); ok {
			return strconv.FormatInt(int64(*f), 8)
		}
		return strconv.Itoa(*f)
	case *int64:
		return strconv.FormatInt(*f, 10)
	case *uint64:
		return strconv.FormatUint(*f, 10)
	case *time.Duration:
		return strconv.FormatInt(wholeSeconds(*f), 10)
	case *[]string:
		return strings.Join(*f, " ")
	case *Address:
		if f.Host == "" {
			return ""
		}
		return f.Host + " " + strconv.Itoa(f.Port)
	case *[]SavePoint:
		var b []byte
		for i, p := range *f {
			if i > 0 {
				b = append(b, ' ')
			}
			b = strconv.AppendInt(b, wholeSeconds(p.After), 10)
			b = append(b, ' ')
			b = strconv.AppendInt(b, int64(p.Changes), 10)
		}
		return string(b)
	case *[3]OutputLimit:
		var b []byte
		for i, l := range *f {
			if i > 0 {
				b = append(b, ' ')
			}
			b = append(b, [...]string{"normal", "slave", "pubsub"}[i]...)
			for _, n := range [...]int64{l.Hard, l.Soft, wholeSeconds(l.SoftFor)} {
				b = append(b, ' ')
				b = strconv.AppendInt(b, n, 10)
			}
		}
		return string(b)
	}
	panic("node: a field of a type that the configuration table does not know")
}

// matchGlob reports whether a name matches a CONFIG GET pattern: * ? [abc] [^a] [a-z] and \ as in KEYS.
// Both are in lower case already.
//
// Source: redis/src/util.c, stringmatchlen.
func matchGlob(p, s string) bool {
	for p != "" {
		switch p[0] {
		case '*':
			for p != "" && p[0] == '*' {
				p = p[1:]
			}
			for i := 0; i <= len(s); i++ {
				if matchGlob(p, s[i:]) {
					return true
				}
			}
			return false
		case '[':
			if s == "" {
				return false
			}
			var in bool
			if in, p = matchClass(p[1:], s[0]); !in {
				return false
			}
		case '\\':
			if len(p) > 1 {
				p = p[1:]
			}
			fallthrough
		default:
			if s == "" || p[0] != '?' && p[0] != s[0] {
				return false
			}
			p = p[1:]
		}
		s = s[1:]
	}
	return s == ""
}

// matchClass matches one character against a class and returns the pattern behind its closing bracket.
func matchClass(p string, c byte) (in bool, rest string) {
	not := p != "" && p[0] == '^'
	if not {
		p = p[1:]
	}
	for p != "" && p[0] != ']' {
		switch {
		case p[0] == '\\' && len(p) >= 2:
			in = in || p[1] == c
			p = p[2:]
		case len(p) >= 3 && p[1] == '-':
			lo, hi := min(p[0], p[2]), max(p[0], p[2])
			in = in || lo <= c && c <= hi
			p = p[3:]
		default:
			in = in || p[0] == c
			p = p[1:]
		}
	}
	if p != "" {
		p = p[1:]
	}
	return in != not, p
}
