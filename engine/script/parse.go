package script

import (
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"resync/engine/node"
	"resync/engine/resp"
	"resync/engine/sim"
)

// maxErrors is how many errors of a script are told at once.
const maxErrors = 20

// word of the language: how it is written, whether operators can follow, and what reads it.
type statementKind struct {
	word      string
	usage     string
	operators bool
	parse     func(*parser) Act
}

// statementKinds is every statement but the client command, which begins with a node's name. It is filled in by init
// because the parsers print usages from it.
var statementKinds []statementKind

func init() {
	statementKinds = []statementKind{
		{word: "title", usage: `title "…"`, parse: (*parser).title},
		{word: "about", usage: `about "…"`, parse: (*parser).about},
		{word: "seed", usage: `seed N`, parse: (*parser).seed},
		{word: "node", usage: `node NAME [era ERA] [replicaof NAME] [CONFIG=VALUE …]`, parse: (*parser).node},
		{word: "link", usage: `link A B [latency D] [jitter D] [bandwidth SIZE/s]`, parse: (*parser).link},
		{word: "wait", usage: `wait D`, parse: (*parser).wait},
		{word: "until", usage: `until CONDITION [within D]`, operators: true, parse: (*parser).until},
		{word: "sever", usage: `sever A B`, parse: (*parser).sever},
		{word: "blackhole", usage: `blackhole A [>] B`, operators: true, parse: (*parser).blackhole},
		{word: "heal", usage: `heal A B`, parse: (*parser).heal},
		{word: "isolate", usage: `isolate A [blackhole]`, parse: (*parser).isolate},
		{word: "rejoin", usage: `rejoin A`, parse: (*parser).rejoin},
		{word: "freeze", usage: `freeze A`, parse: (*parser).freeze},
		{word: "thaw", usage: `thaw A`, parse: (*parser).thaw},
		{word: "kill", usage: `kill A`, parse: (*parser).kill},
		{word: "shutdown", usage: `shutdown A [save|nosave]`, parse: (*parser).shutdown},
		{word: "start", usage: `start A [era ERA]`, parse: (*parser).start},
		{word: "wipe", usage: `wipe A`, parse: (*parser).wipe},
		{word: "remove", usage: `remove A`, parse: (*parser).remove},
		{word: "restore", usage: `restore A "BASE64"`, parse: (*parser).restore},
		{word: "skew", usage: `skew A D`, parse: (*parser).skew},
		{word: "load", usage: `load A [rate N/s] [size SIZE] [keys N] [mix NAME]`, parse: (*parser).load},
		{word: "unload", usage: `unload A`, parse: (*parser).unload},
		{word: "speed", usage: `speed X`, parse: (*parser).speed},
		{word: "step", usage: `step "heading"`, parse: (*parser).step},
		{word: "say", usage: `say ["at" NAME | "at" A B] "text"`, parse: (*parser).say},
		{word: "predict", usage: `predict NAME`, parse: (*parser).predict},
		{word: "expect", usage: `expect CONDITION`, operators: true, parse: (*parser).expect},
	}
}

// Words are the words that statements begin with, for completion.
func Words() []string {
	words := make([]string, len(statementKinds))
	for i, k := range statementKinds {
		words[i] = k.word
	}
	return words
}

// Usage is how the statement that begins with the word is written, or "".
func Usage(word string) string {
	for _, k := range statementKinds {
		if k.word == word {
			return k.usage
		}
	}
	return ""
}

// Parse reads a script. The error joins an *Error for every line that is wrong, in their order; the first twenty of
// them. file is only told in errors.
func Parse(file, text string) (*Script, error) {
	r := NewReader(file, text)
	r.Read(len(text))
	return r.Script()
}

// A Reader parses a script a part at a time, for whoever has something else to do as well.
type Reader struct {
	parser
	rest  string
	done  bool
	wrong error // with the text as a whole
}

// NewReader begins to parse a script.
func NewReader(file, text string) *Reader {
	r := &Reader{parser: parser{script: &Script{File: file, Seed: DefaultSeed}}, rest: text}
	if len(text) > MaxText {
		r.wrong = &Error{file, 1, 0, "a script has " + size(MaxText) + " at most"}
	} else if !utf8.ValidString(text) {
		r.wrong = &Error{file, 1 + strings.Count(text[:invalidAt(text)], "\n"), 0, "this is not UTF-8"}
	}
	r.done = r.wrong != nil
	return r
}

// Left is how many bytes are still to be read.
func (r *Reader) Left() int { return len(r.rest) }

// Read reads so many bytes, and the rest of the line that they end in. It reports whether that was all.
func (r *Reader) Read(bytes int) (done bool) {
	for end := len(r.rest) - bytes; !r.done && len(r.rest) >= end; {
		line, rest, more := strings.Cut(r.rest, "\n")
		r.rest = rest
		r.line++
		if len(r.script.Statements) == MaxStatements && strings.Trim(line, blanks) != "" {
			r.col, r.failed = 0, false
			r.fail("a script has " + strconv.Itoa(MaxStatements) + " statements at most")
			more = false
		} else {
			r.read(line)
		}
		r.done = !more || len(r.errs) == maxErrors
	}
	return r.done
}

// Script is what Parse returns, once all was read.
func (r *Reader) Script() (*Script, error) {
	switch {
	case r.wrong != nil:
		return nil, r.wrong
	case r.errs != nil:
		return nil, errors.Join(r.errs...)
	}
	r.script.Statements = tidy(r.script.Statements)
	return r.script, nil
}

// invalidAt is where the first byte is that is not UTF-8.
func invalidAt(s string) int {
	for i, r := range s {
		if _, n := utf8.DecodeRuneInString(s[i:]); r == utf8.RuneError && n == 1 {
			return i
		}
	}
	return len(s)
}

// tidy leaves at most one blank line between statements and none at the ends.
func tidy(all []Statement) []Statement {
	kept := make([]Statement, 0, len(all))
	blank := false
	for _, s := range all {
		if s.Act == nil && s.Comment == "" {
			blank = len(kept) > 0
			continue
		}
		if blank {
			kept = append(kept, Statement{})
		}
		blank = false
		kept = append(kept, s)
	}
	return kept
}

// parser reads one line after the other. Its methods for the statements return nil after an error.
type parser struct {
	script *Script
	names  []string // nodes known so far
	gone   []string // those of them that were removed: a line that names one is wrong when it is run
	begun  bool     // the world exists already
	errs   []error

	line   int
	kind   *statementKind
	tokens []token // of the statement, without its first word
	next   int     // the token to be looked at
	col    int     // where an error would be
	failed bool    // in this line
}

// fail notes what is wrong at the current place; only the first error of a line counts.
func (p *parser) fail(text string) {
	if !p.failed {
		p.failed = true
		p.errs = append(p.errs, &Error{p.script.File, p.line, p.col, text})
	}
}

// read reads one line.
func (p *parser) read(line string) {
	p.failed = false
	p.col = 1
	body := strings.TrimRight(line, blanks)
	start := len(body) - len(strings.TrimLeft(body, blanks))
	if name, client, at, ok := prompt(body[start:]); ok {
		p.col = start + 1
		if act := p.command(name, client, body[start+at:], start+at+1); act != nil {
			p.add(act, "")
		}
		return
	}
	first := body[start:]
	if i := strings.IndexAny(first, endOfBare); i >= 0 {
		first = first[:i]
	}
	i := slices.IndexFunc(statementKinds, func(k statementKind) bool { return k.word == first })
	tokens, comment, col, wrong := lex(body, i >= 0 && statementKinds[i].operators)
	switch {
	case wrong != "":
		p.col = col
		p.fail(wrong)
	case len(tokens) == 0:
		p.add(nil, comment)
	case i < 0:
		p.col = tokens[0].col
		p.unknown(tokens[0])
	default:
		p.kind, p.tokens, p.next = &statementKinds[i], tokens[1:], 0
		p.col = start + 1
		before := len(p.script.Statements)
		act := p.kind.parse(p)
		if t, more := p.peek(); more && !p.failed {
			p.col = t.col
			p.fail("unexpected " + t.describe() + ": it is written " + p.kind.usage)
		}
		if !p.failed && len(p.script.Statements) == before && (act != nil || comment != "") {
			p.add(act, comment)
		}
	}
}

func (p *parser) add(a Act, comment string) {
	p.script.Statements = append(p.script.Statements, Statement{Line: p.line, Act: a, Comment: comment})
}

// unknown says that no statement begins so.
func (p *parser) unknown(t token) {
	if slices.Contains(p.names, t.text) {
		p.fail("a command to " + t.text + " is written '" + t.text + "> COMMAND'")
		return
	}
	p.fail("unknown statement " + t.describe() + oneOf(t.text, Words()))
}

// prompt recognises `NAME>` and `NAME/K>` in front of a command, and says where the command begins.
func prompt(s string) (name, client string, at int, ok bool) {
	end := strings.IndexByte(s, '>')
	if end <= 0 {
		return "", "", 0, false
	}
	name, client, found := strings.Cut(s[:end], "/")
	if !sim.ValidName(name) || found && client == "" {
		return "", "", 0, false
	}
	return name, client, end + 1, true
}

// command reads what follows a prompt. The current place is the prompt's.
func (p *parser) command(name, client, rest string, col int) Act {
	a := Command{Node: p.known(name), Client: 1}
	if client != "" {
		n, err := strconv.Atoi(client)
		if err != nil || n < 1 || n > sim.MaxClient {
			p.fail("a node's clients are numbered from 1 to " + strconv.Itoa(sim.MaxClient) + ", not '" + client + "'")
		}
		a.Client = n
	}
	p.col = col
	args, err := resp.SplitArgs(strings.Trim(rest, blanks))
	switch {
	case err != nil:
		p.fail(err.Error())
	case len(args) == 0:
		p.fail("expected a command behind '" + name + ">'")
	}
	a.Args = args
	if p.failed {
		return nil
	}
	return a
}

// peek returns the next token, if there is one.
func (p *parser) peek() (token, bool) {
	if p.next == len(p.tokens) {
		return token{}, false
	}
	return p.tokens[p.next], true
}

// take returns the next token, which should be what is named. At the end of the line it fails.
func (p *parser) take(what string) token {
	t, ok := p.peek()
	if !ok {
		if n := len(p.tokens); n > 0 {
			last := p.tokens[n-1]
			p.col = last.col + len(last.text)
		} else {
			p.col += len(p.kind.word)
		}
		p.fail("expected " + what + ": it is written " + p.kind.usage)
		return token{}
	}
	p.next++
	p.col = t.col
	return t
}

// takeWord takes a bare word.
func (p *parser) takeWord(what string) string {
	t := p.take(what)
	if t.kind != tokenWord {
		p.fail("expected " + what + ", not " + t.describe())
	}
	return t.text
}

// takeText takes a quoted string.
func (p *parser) takeText(what string) string {
	t := p.take(what + " between quotes")
	if t.kind != tokenString {
		p.fail("expected " + what + " between quotes, not " + t.describe())
	}
	return t.text
}

// takeNode takes the name of a node that there is.
func (p *parser) takeNode() string { return p.known(p.takeWord("the name of a node")) }

func (p *parser) known(name string) string {
	if !p.failed && !slices.Contains(p.names, name) {
		if len(p.names) == 0 {
			p.fail("unknown node '" + name + "': there is none yet")
		} else {
			p.fail("unknown node '" + name + "'" + oneOf(name, p.names))
		}
	}
	return name
}

// takePair takes the names of two nodes.
func (p *parser) takePair() (a, b string) {
	a, b = p.takeNode(), p.takeNode()
	if a == b {
		p.fail("a link has two different ends")
	}
	return a, b
}

// takeOption takes one of the words, where there is one more word.
func (p *parser) takeOption(words ...string) string {
	t, ok := p.peek()
	if !ok || p.failed {
		return ""
	}
	p.next++
	p.col = t.col
	if t.kind != tokenWord || !slices.Contains(words, t.text) {
		p.fail("unexpected " + t.describe() + oneOf(t.text, words))
	}
	return t.text
}

// takeDuration takes a duration as Go writes them.
func (p *parser) takeDuration() time.Duration {
	t := p.takeWord("a duration such as 250ms")
	d, err := time.ParseDuration(t)
	switch {
	case err != nil:
		p.fail("'" + t + "' is no duration; write 250ms, 1.5s or 2m")
	case d < 0:
		p.fail("a duration is not negative here")
	case d > MaxDuration:
		p.fail("a duration is " + duration(MaxDuration) + " at most")
	}
	return d
}

// takeCount takes a whole number from 1 to most.
func (p *parser) takeCount(most int) int {
	t := p.takeWord("a number")
	return p.count(t, t, most)
}

func (p *parser) count(digits, written string, most int) int {
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || n > most {
		p.fail("'" + written + "' is not a number from 1 to " + strconv.Itoa(most))
	}
	return n
}

// takeSize takes a number of bytes.
func (p *parser) takeSize() int64 {
	t := p.takeWord("a size such as 16kb")
	n, ok := parseSize(t)
	if !ok {
		p.fail("'" + t + "' is no size; write 512, 16kb (16384) or 1mb")
	}
	return n
}

// options reads pairs of a word and what the function of that word takes, in any order, each at most once.
func (p *parser) options(words []string, takers ...func()) {
	var seen []string
	for !p.failed {
		t, ok := p.peek()
		if !ok {
			return
		}
		p.next++
		p.col = t.col
		i := slices.Index(words, t.text)
		switch {
		case t.kind != tokenWord || i < 0:
			p.fail("unexpected " + t.describe() + oneOf(t.text, words))
		case slices.Contains(seen, t.text):
			p.fail("'" + t.text + "' is said twice")
		default:
			seen = append(seen, t.text)
			takers[i]()
		}
	}
}

// header checks that a statement about the whole script stands in front of what happens.
func (p *parser) header(said bool) {
	switch {
	case p.begun || len(p.names) > 0:
		p.fail(p.kind.word + " stands before the first node")
	case said:
		p.fail(p.kind.word + " is said twice")
	}
}

func (p *parser) title() Act {
	p.header(p.script.Title != "")
	p.script.Title = p.takeText("the title")
	return nil
}

func (p *parser) about() Act {
	p.header(p.script.About != "")
	p.script.About = p.takeText("a paragraph")
	return nil
}

func (p *parser) seed() Act {
	p.header(p.script.Seed != DefaultSeed)
	t := p.takeWord("a number")
	n, err := strconv.ParseUint(t, 10, 64)
	if err != nil {
		p.fail("'" + t + "' is no seed; it is a number from 0 to 18446744073709551615")
	}
	p.script.Seed = n
	return nil
}

func (p *parser) node() Act {
	a := AddNode{Name: p.takeWord("a name")}
	switch {
	case p.failed:
	case !sim.ValidName(a.Name):
		p.fail("'" + a.Name + "' is no name: a small letter, then up to 15 small letters, digits and hyphens")
	case slices.Contains(p.gone, a.Name):
		p.fail(a.Name + " was the name of a node that was removed: give this one another")
	case slices.Contains(p.names, a.Name):
		p.fail("there is a node " + a.Name + " already")
	case len(p.names) == MaxNodes:
		p.fail("a world holds " + strconv.Itoa(MaxNodes) + " nodes at most, those that were removed included")
	}
	cfg := node.DefaultConfig()
	for !p.failed {
		t, ok := p.peek()
		if !ok {
			break
		}
		switch name, value, isSetting := strings.Cut(t.text, "="); {
		case t.kind != tokenWord:
			p.col = t.col
			p.fail("unexpected " + t.describe() + ": it is written " + p.kind.usage)
		case isSetting:
			p.next++
			p.col = t.col
			s := Setting{strings.ToLower(name), value}
			if err := s.apply(&cfg); err != nil {
				p.fail(err.Error())
			}
			a.Settings = append(a.Settings, s)
		case t.text == "era" && a.Era == "" && len(a.Settings) == 0: // which settings there are depends on it
			p.next++
			if cfg = p.era(); cfg.Era != node.DefaultConfig().Era { // the usual one goes without saying
				a.Era = cfg.Era
			}
		case t.text == "replicaof" && a.Replicaof == "":
			p.next++
			a.Replicaof = p.takeNode()
		default:
			p.col = t.col
			p.fail("unexpected " + t.describe() + ": it is written " + p.kind.usage)
		}
	}
	if p.failed {
		return nil
	}
	p.names = append(p.names, a.Name)
	return a
}

// era reads a generation of Redis: what a server of it is configured as.
func (p *parser) era() node.Config {
	name := p.takeWord("an era")
	cfg, err := node.DefaultConfigOf(name)
	if err != nil && !p.failed {
		p.fail("unknown era '" + name + "'" + oneOf(name, node.Eras()))
	}
	return cfg
}

func (p *parser) link() Act {
	a := Link{Latency: -1, Jitter: -1, Bandwidth: -1}
	a.A, a.B = p.takePair()
	p.options([]string{"latency", "jitter", "bandwidth"},
		func() { a.Latency = p.takeLatency() },
		func() { a.Jitter = p.takeLatency() },
		func() { a.Bandwidth = p.takeBandwidth() })
	return a
}

// takeLatency takes a duration that a link can have.
func (p *parser) takeLatency() time.Duration {
	d := p.takeDuration()
	if d > time.Hour {
		p.fail("a link's latency and jitter are an hour each at most")
	}
	return d
}

func (p *parser) takeBandwidth() int64 {
	t := p.takeWord("a bandwidth such as 100kb/s")
	amount, perSecond := strings.CutSuffix(t, "/s")
	n, ok := parseSize(amount)
	if !ok || !perSecond {
		p.fail("'" + t + "' is no bandwidth; write 100kb/s, or 0/s for unlimited")
	}
	return n
}

func (p *parser) wait() Act { return Wait{p.takeDuration()} }

func (p *parser) sever() Act { a, b := p.takePair(); return Sever{a, b} }

func (p *parser) blackhole() Act {
	a := Blackhole{A: p.takeNode()}
	if t, ok := p.peek(); ok && t.kind == tokenOp && t.text == ">" {
		p.next++
		a.OneWay = true
	}
	if a.B = p.takeNode(); a.A == a.B {
		p.fail("a link has two different ends")
	}
	return a
}

func (p *parser) heal() Act { a, b := p.takePair(); return Heal{a, b} }

func (p *parser) isolate() Act { return Isolate{p.takeNode(), p.takeOption("blackhole") != ""} }

func (p *parser) rejoin() Act { return Rejoin{p.takeNode()} }

func (p *parser) freeze() Act { return Freeze{p.takeNode()} }

func (p *parser) thaw() Act { return Thaw{p.takeNode()} }

func (p *parser) kill() Act { return Kill{p.takeNode()} }

func (p *parser) shutdown() Act { return Shutdown{p.takeNode(), p.takeOption("save", "nosave")} }

func (p *parser) wipe() Act { return Wipe{p.takeNode()} }

func (p *parser) remove() Act {
	a := Remove{p.takeNode()}
	p.gone = append(p.gone, a.Node)
	return a
}

func (p *parser) restore() Act {
	a := Restore{p.takeNode(), p.takeText("an RDB file in base64")}
	file, err := base64.StdEncoding.DecodeString(a.File)
	switch {
	case err != nil:
		p.fail("this is no base64")
	case len(file) > sim.MaxFile:
		p.fail("a file has " + size(sim.MaxFile) + " at most")
	case len(a.File) != base64.StdEncoding.EncodedLen(len(file)): // line ends are allowed in base64, and none in a statement
		a.File = base64.StdEncoding.EncodeToString(file)
	}
	return a
}

func (p *parser) skew() Act { return Skew{p.takeNode(), p.takeSkew()} }

// takeSkew takes a duration that a clock can be wrong by, ahead or behind.
func (p *parser) takeSkew() time.Duration {
	t := p.takeWord("a duration such as 2s or -2s")
	d, err := time.ParseDuration(t)
	switch {
	case err != nil:
		p.fail("'" + t + "' is no duration; write 250ms, 1.5s or -2m")
	case d > sim.MaxSkew || d < -sim.MaxSkew:
		p.fail("a clock is " + duration(sim.MaxSkew) + " wrong at most")
	}
	return d
}

func (p *parser) start() Act {
	a := Start{Node: p.takeNode()}
	if p.takeOption("era") != "" {
		a.Era = p.era().Era
	}
	return a
}

func (p *parser) unload() Act { return Unload{p.takeNode()} }

func (p *parser) predict() Act { return Predict{p.takeNode()} }

func (p *parser) step() Act { return Step{p.takeText("the heading")} }

func (p *parser) load() Act {
	a := Load{Node: p.takeNode()}
	p.options([]string{"rate", "size", "keys", "mix"},
		func() { a.Load.Rate = p.takeRate() },
		func() {
			if a.Load.Size = p.takeSize(); a.Load.Size < 1 || a.Load.Size > sim.MaxLoadSize {
				p.fail("a load's size is from 1 to " + size(sim.MaxLoadSize))
			}
		},
		func() { a.Load.Keys = p.takeCount(sim.MaxLoadKeys) },
		func() {
			a.Load.Mix = p.takeWord("the name of a mix")
			if !slices.Contains(sim.Mixes(), a.Load.Mix) {
				p.fail("unknown mix '" + a.Load.Mix + "'" + oneOf(a.Load.Mix, sim.Mixes()))
			}
		})
	return a
}

func (p *parser) takeRate() int {
	t := p.takeWord("a rate such as 100/s")
	digits, ok := strings.CutSuffix(t, "/s")
	if !ok {
		p.fail("'" + t + "' is no rate; write 100/s")
	}
	return p.count(digits, t, sim.MaxLoadRate)
}

// The bounds of speed: how much faster or slower than the wall clock the page may play.
const (
	minSpeed = 0.001
	maxSpeed = 1000
)

func (p *parser) speed() Act {
	t := p.takeWord("a factor such as 0.5")
	x, err := strconv.ParseFloat(t, 64)
	if err != nil || !(minSpeed <= x && x <= maxSpeed) {
		p.fail("'" + t + "' is no speed; it is a number from 0.001 to 1000")
	}
	return Speed{x}
}

func (p *parser) say() Act {
	var a Say
	if t, ok := p.peek(); ok && t.kind == tokenWord && t.text == "at" {
		p.next++
		a.At = []string{p.takeNode()}
		if t, ok := p.peek(); ok && t.kind == tokenWord {
			a.At = append(a.At, p.takeNode())
			if a.At[0] == a.At[1] {
				p.fail("a link has two different ends")
			}
		}
	}
	a.Text = p.takeText("the text")
	return a
}

func (p *parser) until() Act {
	a := Until{Condition: p.condition(), Within: DefaultWithin}
	if t, ok := p.peek(); ok && t.text == "within" && t.kind == tokenWord {
		p.next++
		a.Within = p.takeDuration()
	}
	return a
}

func (p *parser) expect() Act { return Expect{p.condition()} }

// condition reads comparisons joined by "and".
func (p *parser) condition() Condition {
	var c Condition
	for !p.failed {
		k := Comparison{Left: p.operand()}
		if op := p.take("one of = != < <= > >="); op.kind != tokenOp || op.text == "!" {
			p.fail("expected one of = != < <= > >=, not " + op.describe())
		} else {
			k.Op = op.text
		}
		k.Right = p.operand()
		c = append(c, k)
		if t, ok := p.peek(); !ok || t.kind != tokenWord || t.text != "and" {
			break
		}
		p.next++
	}
	return c
}

// operand reads one side of a comparison.
func (p *parser) operand() Operand {
	t := p.take("a field, a read or a value")
	switch t.kind {
	case tokenString:
		return Operand{Kind: OperandText, Text: t.text}
	case tokenRead:
		return p.readOperand(t)
	case tokenOp:
		p.fail("expected a field, a read or a value, not " + t.describe())
		return Operand{}
	}
	name, field, dot := strings.Cut(t.text, ".")
	if !dot || !sim.ValidName(name) {
		return p.literal(t)
	}
	p.known(name)
	if !p.failed && !isField(field) {
		p.col += len(name) + 1
		p.fail("'" + field + "' is no field; it is one of INFO's names, or state, digest or last_resync")
	}
	return Operand{Kind: OperandField, Node: name, Field: field}
}

func (p *parser) readOperand(t token) Operand {
	name, client, at, ok := prompt(strings.TrimLeft(t.text, blanks))
	if !ok {
		p.fail("expected `NAME> COMMAND …` between backquotes")
		return Operand{}
	}
	text := strings.TrimLeft(t.text, blanks)
	p.col = t.col + 1 + len(t.text) - len(text)
	if client != "" {
		p.fail("a read has no client of its own")
	}
	c, _ := p.command(name, "", text[at:], p.col+at).(Command)
	return Operand{Kind: OperandRead, Node: c.Node, Args: c.Args}
}

// literal reads a number, a size, a duration or a word that needs no quotes.
func (p *parser) literal(t token) Operand {
	for _, c := range []byte(t.text) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && strings.IndexByte("_-+.:/*?", c) < 0 {
			p.fail("put " + t.describe() + " between quotes")
			break
		}
	}
	if t.text == "and" || t.text == "within" {
		p.fail("expected a value, not '" + t.text + "'")
	}
	return Operand{Kind: OperandBare, Text: t.text}
}

func isField(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return s != ""
}
