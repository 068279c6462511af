package script

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"resync/engine/resp"
	"resync/engine/sim"
)

// A Condition is what until and expect ask: comparisons that all hold.
type Condition []Comparison

// A Comparison is LEFT OP RIGHT.
type Comparison struct {
	Left  Operand
	Op    string // = != < <= > >=
	Right Operand
}

// An Operand is one side of a comparison. It is a field of a node, a read, or a literal.
type Operand struct {
	Kind  OperandKind
	Node  string   // of OperandField and OperandRead
	Field string   // of OperandField: a name of INFO, or one of state, digest, last_resync
	Args  []string // of OperandRead
	Text  string   // of OperandText and OperandBare: for the latter as it was written
}

// OperandKind is what an Operand is.
type OperandKind byte

// The kinds of operands.
const (
	OperandField OperandKind = iota // NAME.FIELD
	OperandRead                     // `NAME> COMMAND …`
	OperandText                     // "…": compared as text
	OperandBare                     // a number, size or duration, compared as such, or else a word
)

// Fields that are not of INFO.
const (
	fieldState      = "state"
	fieldDigest     = "digest"
	fieldLastResync = "last_resync"
)

func (c Condition) String() string {
	parts := make([]string, len(c))
	for i, k := range c {
		parts[i] = k.String()
	}
	return strings.Join(parts, " and ")
}

func (c Comparison) String() string { return c.Left.String() + " " + c.Op + " " + c.Right.String() }

func (o Operand) String() string {
	switch o.Kind {
	case OperandField:
		return o.Node + "." + o.Field
	case OperandRead:
		return "`" + sim.CommandText(o.Node, 1, o.Args) + "`"
	case OperandText:
		return sim.Quote(o.Text)
	}
	return o.Text
}

// nodes are those whose state decides the condition.
func (c Condition) nodes() []string {
	var names []string
	for _, k := range c {
		for _, o := range []Operand{k.Left, k.Right} {
			if o.Kind == OperandField || o.Kind == OperandRead {
				names = append(names, o.Node)
			}
		}
	}
	return names
}

// holds says whether the condition holds in a world and, when it does not, what was found instead.
func (c Condition) holds(w World) (bool, string) {
	for _, k := range c {
		if ok, found := k.holds(w); !ok {
			return false, found
		}
	}
	return true, ""
}

func (c Comparison) holds(w World) (bool, string) {
	left, right := c.Left.value(w), c.Right.value(w)
	if left.missing != "" {
		return false, left.missing
	}
	if right.missing != "" {
		return false, right.missing
	}
	order := strings.Compare(left.text, right.text)
	a, leftIsNumber := c.Left.number(left)
	b, rightIsNumber := c.Right.number(right)
	switch {
	case leftIsNumber && rightIsNumber:
		order = a.compare(b)
	case c.Op != "=" && c.Op != "!=":
		return false, "there is no order between " + c.found(left, right)
	}
	ok := false
	switch c.Op {
	case "=":
		ok = order == 0
	case "!=":
		ok = order != 0
	case "<":
		ok = order < 0
	case "<=":
		ok = order <= 0
	case ">":
		ok = order > 0
	case ">=":
		ok = order >= 0
	}
	if ok {
		return true, ""
	}
	return false, c.found(left, right)
}

// found says what stood on the sides that were not literals.
func (c Comparison) found(left, right value) string {
	var parts []string
	for i, o := range []Operand{c.Left, c.Right} {
		if v := []value{left, right}[i]; o.Kind == OperandField || o.Kind == OperandRead {
			parts = append(parts, o.String()+" is "+word(v.text))
		}
	}
	if parts == nil {
		return left.text + " is not " + c.Op + " " + right.text
	}
	return strings.Join(parts, " and ")
}

// value is what an operand stands for at a moment.
type value struct {
	text    string
	missing string // why there is none
}

func (o Operand) value(w World) value {
	switch o.Kind {
	case OperandField:
		return o.field(w)
	case OperandRead:
		v, err := w.Read(o.Node, o.Args)
		if err != nil {
			return value{missing: err.Error()}
		}
		return value{text: replyText(v)}
	}
	return value{text: o.Text}
}

func (o Operand) field(w World) value {
	state := w.State(o.Node)
	switch {
	case state == "":
		return value{missing: "there is no node " + o.Node}
	case o.Field == fieldState:
		return value{text: state}
	case o.Field == fieldLastResync:
		return value{text: w.LastResync(o.Node)}
	case state != "up":
		return value{missing: o.Node + " is " + state}
	case o.Field == fieldDigest:
		digest, err := w.Digest(o.Node)
		if err != nil {
			return value{missing: err.Error()}
		}
		return value{text: digest}
	}
	info, err := w.Info(o.Node)
	if err != nil {
		return value{missing: err.Error()}
	}
	if text, ok := info.Field(o.Field); ok {
		return value{text: text}
	}
	names := []string{fieldState, fieldDigest, fieldLastResync}
	for _, s := range info.Sections {
		for _, f := range s.Fields {
			names = append(names, f.Name)
		}
	}
	return value{missing: "INFO of " + o.Node + " shows no " + o.Field + didYouMean(o.Field, names)}
}

// replyText is a reply as a condition sees it: the bytes of a string, the digits of a number, and for the rest what
// redis-cli prints.
func replyText(v resp.Value) string {
	switch v.Kind {
	case resp.KindBulk, resp.KindSimple:
		return v.Str
	case resp.KindInt:
		return strconv.FormatInt(v.Int, 10)
	}
	return resp.Format(v)
}

// number is a number as conditions compare it: exact for every offset, and down to the nanosecond of a duration.
// Both parts have the same sign.
type number struct{ whole, billionths int64 }

func (n number) compare(m number) int {
	if n.whole != m.whole {
		return cmp.Compare(n.whole, m.whole)
	}
	return cmp.Compare(n.billionths, m.billionths)
}

// number reads the value as a number where the operand allows that. What a node says is a number when it is digits. A
// literal may also be a size, which counts in bytes, or a duration, which counts in seconds, the unit of INFO. Where
// both could be meant, as in 1m, it is a size.
func (o Operand) number(v value) (number, bool) {
	if o.Kind == OperandText {
		return number{}, false
	}
	if n, ok := parseDecimal(v.text); ok {
		return n, true
	}
	if o.Kind != OperandBare {
		return number{}, false
	}
	if n, ok := parseSize(v.text); ok {
		return number{whole: n}, true
	}
	if d, err := time.ParseDuration(v.text); err == nil {
		return number{int64(d / time.Second), int64(d % time.Second)}, true
	}
	return number{}, false
}

// parseDecimal reads digits with an optional sign and up to nine digits behind a point.
func parseDecimal(s string) (number, bool) {
	digits, negative := strings.CutPrefix(s, "-")
	before, after, point := strings.Cut(digits, ".")
	whole, err := strconv.ParseUint(before, 10, 63)
	if err != nil || point && (after == "" || len(after) > 9) {
		return number{}, false
	}
	n := number{whole: int64(whole)}
	if point {
		fraction, err := strconv.ParseUint((after + "00000000")[:9], 10, 63)
		if err != nil {
			return number{}, false
		}
		n.billionths = int64(fraction)
	}
	if negative {
		n.whole, n.billionths = -n.whole, -n.billionths
	}
	return n, true
}
