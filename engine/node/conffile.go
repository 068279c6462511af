package node

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"resync/engine/repl"
	"resync/engine/resp"
)

// redis.conf and redis-server's command line, which is a redis.conf in disguise.

// A Directive is one line of a redis.conf that is neither blank nor a comment.
type Directive struct {
	Name string // in lower case
	Args []string
	Line int    // from 1
	Text string // the line without the blanks around it
}

// A ConfError is a mistake in a configuration. Line is 0 when it is not the fault of one line.
type ConfError struct {
	Line int
	Text string // the line
	Why  string // in Redis's words
}

// Error prints what redis-server prints to its standard error before it exits with 1.
func (e *ConfError) Error() string {
	s := "\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\n"
	if e.Line > 0 {
		s += "Reading the configuration file, at line " + strconv.Itoa(e.Line) + "\n>>> '" + e.Text + "'\n"
	}
	return s + e.Why
}

// An OpenError is a configuration file that cannot be read. redis-server logs it and exits with 1.
type OpenError struct {
	Name string
	Err  error
}

func (e *OpenError) Error() string {
	return "Fatal error, can't open config file '" + e.Name + "': " + e.Err.Error()
}

func (e *OpenError) Unwrap() error { return e.Err }

// ParseConf splits a redis.conf into its directives: one a line, words split as redis-cli splits them, "#" at the
// beginning of a line a comment. Lines are not continued. The error is a *ConfError for unbalanced quotes; what comes
// before it is returned too, since Redis acts on a line before it reads the next.
//
// Source: redis/src/config.c, loadServerConfigFromString.
func ParseConf(text string) ([]Directive, error) {
	var directives []Directive
	line := 0
	for raw := range strings.SplitSeq(text, "\n") {
		line++
		t := strings.Trim(raw, " \t\r\n")
		if t == "" || t[0] == '#' {
			continue
		}
		words, err := resp.SplitArgs(t)
		if err != nil {
			return directives, &ConfError{line, t, "Unbalanced quotes in configuration line"}
		}
		if len(words) == 0 {
			continue
		}
		directives = append(directives, Directive{strings.ToLower(words[0]), words[1:], line, t})
	}
	return directives, nil
}

// Load makes the configuration that redis-server's command line asks for: the path of a redis.conf or "-" for
// standard input, then --name value…, each like a line below the file. readFile reads a file, every file that a
// pattern with * ? [ names, or "-"; its error should read as errno does. The notes are what an operator should know,
// one line each: names that mean nothing here. A line "era 2.8" makes the server one of another generation of Redis. The error is a *ConfError or an *OpenError.
//
// Source: redis/src/server.c, main; redis/src/config.c, loadServerConfig.
func Load(args []string, readFile func(string) ([]byte, error)) (cfg Config, notes []string, err error) {
	l := loader{cfg: DefaultConfig(), readFile: readFile}
	var text strings.Builder
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		if err := l.read(args[0], &text); err != nil {
			return l.cfg, nil, err
		}
		l.cfg.ConfigFile = args[0]
		args = args[1:]
	}
	options, fromStdin := joinOptions(args)
	if fromStdin {
		if err := l.read("-", &text); err != nil {
			return l.cfg, nil, err
		}
	}
	if len(args) > 0 {
		text.WriteString("\n" + options)
	}
	if era := eraOf(text.String()); era != "" {
		file := l.cfg.ConfigFile
		if l.cfg, err = DefaultConfigOf(era); err != nil {
			return l.cfg, nil, &ConfError{Why: err.Error()}
		}
		l.cfg.ConfigFile = file
	}
	if err := l.apply(text.String()); err != nil {
		return l.cfg, nil, err
	}
	if l.cluster && l.cfg.Replicaof.Host != "" {
		return l.cfg, nil, &ConfError{Why: "replicaof directive not allowed in cluster mode"}
	}
	return l.cfg, append(l.notes, l.cfg.effectNotes()...), nil
}

// joinOptions turns the command line's options into lines. Everything behind an option's name is a value, up to the
// next word that begins with two hyphens; the first value may begin with them too, but not behind --save, which on
// its own means no save points at all.
func joinOptions(args []string) (lines string, fromStdin bool) {
	var b strings.Builder
	wantValue := false
	for i, a := range args {
		switch {
		case a == "-" && (i == 0 || i == len(args)-1):
			fromStdin = true
		case !wantValue && strings.HasPrefix(a, "--"):
			if b.Len() > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(a[2:] + " ")
			if words, err := resp.SplitArgs(a); err != nil || len(words) != 1 {
				break // --name and value in one word of the shell
			}
			wantValue = true
			if last := i == len(args)-1; strings.EqualFold(a, "--save") && (last || strings.HasPrefix(args[i+1], "--")) {
				b.WriteString(`""`)
				wantValue = false
			}
		default:
			b.WriteString(resp.Quote([]byte(a)) + " ")
			wantValue = false
		}
	}
	return b.String(), fromStdin
}

// loader is a configuration being read.
type loader struct {
	cfg      Config
	readFile func(string) ([]byte, error)
	notes    []string
	cluster  bool
	depth    int // of includes
}

// maxIncludes bounds a file that includes itself, which Redis follows until it is out of file descriptors.
const maxIncludes = 1000

func (l *loader) read(name string, into *strings.Builder) error {
	data, err := l.readFile(name)
	if err != nil {
		return &OpenError{name, err}
	}
	into.Write(data)
	return nil
}

func (l *loader) apply(text string) error {
	directives, parseErr := ParseConf(text)
	for _, d := range directives {
		if err := l.directive(d); err != nil {
			var conf *ConfError
			var open *OpenError
			if errors.As(err, &conf) || errors.As(err, &open) {
				return err
			}
			return &ConfError{d.Line, d.Text, err.Error()}
		}
	}
	return parseErr
}

func (l *loader) directive(d Directive) error {
	if s, _ := l.cfg.find(d.Name); s != nil || len(d.Args) == 1 && isRetired(d.Name) {
		if err := l.cfg.Set(d.Name, d.Args...); err != nil {
			return err
		}
		if d.Name == "dir" {
			l.cfg.dirAt = d
		}
		if d.Name == "cluster-enabled" {
			l.cluster = strings.EqualFold(d.Args[0], "yes")
		}
		return nil
	}
	switch {
	case d.Name == "era" && len(d.Args) == 1:
		return nil // it was looked for first: the defaults depend on it
	case d.Name == "include" && len(d.Args) == 1:
		if l.depth++; l.depth > maxIncludes {
			return &OpenError{d.Args[0], errors.New("too many includes")}
		}
		defer func() { l.depth-- }()
		var text strings.Builder
		if err := l.read(d.Args[0], &text); err != nil {
			return err
		}
		return l.apply(text.String())
	case d.Name == "rename-command" && len(d.Args) == 2:
		return l.rename(d.Args[0], d.Args[1])
	case d.Name == "user" && len(d.Args) >= 1,
		d.Name == "loadmodule" && len(d.Args) >= 1:
		l.note("The directive '" + d.Text + "' has no effect here.")
		return nil
	case strings.Contains(d.Name, "."):
		if len(d.Args) != 1 {
			return refusal("Module config specified without value")
		}
		l.note("The directive '" + d.Text + "' has no effect here.")
		return nil
	case d.Name == "sentinel":
		if len(d.Args) > 0 {
			return refusal("sentinel directive while not in sentinel mode")
		}
		return nil
	}
	return errBadDirective
}

// rename takes over a rename-command. What is wrong with it is told at its line.
func (l *loader) rename(from, to string) error {
	renames := append(slices.Clone(l.cfg.Renames), [2]string{from, to})
	era, _ := repl.EraNamed(l.cfg.Era)
	if _, err := commandsOf(era, renames); err != nil {
		return refusal(err.Error())
	}
	l.cfg.Renames = renames
	return nil
}

// DirError is the error that the directory of the configuration deserves for that reason, which only the machine can
// tell.
func (c *Config) DirError(why string) error {
	if c.dirAt.Line == 0 {
		return &ConfError{Why: "dir '" + c.Dir + "': " + why}
	}
	return &ConfError{c.dirAt.Line, c.dirAt.Text, why}
}

func (l *loader) note(text string) { l.notes = append(l.notes, text) }

// effectNotes says which of the given names mean nothing here: a line for each that asks for something else than
// Redis's default, and one for all the others.
func (c *Config) effectNotes() []string {
	var notes, same []string
	names, differs := c.WithoutEffect()
	for i, name := range names {
		if !differs[i] {
			same = append(same, name)
			continue
		}
		s, _ := findSetting(name)
		notes = append(notes, "The setting '"+name+" "+s.get(c)+"' has no effect here.")
	}
	if same != nil {
		notes = append(notes, "Settings left at Redis's default that mean nothing here: "+strings.Join(same, ", ")+".")
	}
	return notes
}
