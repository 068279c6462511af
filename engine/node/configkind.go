package node

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// The kinds of configuration values: how Redis reads them and what it says when it cannot.

// A kind parses the words of a directive into a field of the Config, or into a *string in the form that CONFIG GET
// shows. A refused value leaves the field alone. The error is Redis's reason.
type kind interface {
	parse(args []string, into any) error
}

// A refusal is what Redis says against a value or a directive, in its own words: some begin with a capital letter and
// end with a full stop.
type refusal string

func (r refusal) Error() string { return string(r) }

const (
	errBadDirective   = refusal("Bad directive or wrong number of arguments")
	errWrongArguments = refusal("wrong number of arguments")
	errYesNo          = refusal("argument must be 'yes' or 'no'")
	errInteger        = refusal("argument couldn't be parsed into an integer")
	errMemory         = refusal("argument must be a memory value")
	errMemoryPercent  = refusal("argument must be a memory or percent value")
	errOctal          = refusal("argument couldn't be parsed as an octal number")
	errSave           = refusal("Invalid save parameters")
	errMasterPort     = refusal("Invalid master port")
	errLimitCount     = refusal("Wrong number of arguments in buffer limit configuration.")
	errLimitClass     = refusal("Invalid client class specified in buffer limit configuration.")
	errLimitValue     = refusal("Error in hard, soft or soft_seconds setting in buffer limit configuration.")
	errNoDirectory    = refusal("No such file or directory")
)

// yesNo is a switch.
const yesNo = boolKind(true)

type boolKind bool

func (boolKind) parse(args []string, into any) error {
	on := strings.EqualFold(args[0], "yes")
	if !on && !strings.EqualFold(args[0], "no") {
		return errYesNo
	}
	switch into := into.(type) {
	case *bool:
		*into = on
	case *string:
		*into = show(&on, yesNo)
	}
	return nil
}

// text is any string.
const text = textKind(true)

type textKind bool

func (textKind) parse(args []string, into any) error {
	*into.(*string) = args[0]
	return nil
}

// integer is a whole number, written as Redis would print it, from lo to hi.
func integer(lo, hi int64) kind { return intKind{lo, hi} }

type intKind struct{ lo, hi int64 }

func (k intKind) parse(args []string, into any) error {
	n, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != args[0] {
		return errInteger
	}
	if n < k.lo || n > k.hi {
		return rangeError(k.lo, k.hi)
	}
	storeInt(n, into)
	return nil
}

func rangeError(lo, hi int64) error {
	return refusal("argument must be between " + strconv.FormatInt(lo, 10) + " and " + strconv.FormatInt(hi, 10) + " inclusive")
}

// storeInt stores a number in whatever the field is. Durations saturate: more than 292 years are the longest
// duration there is, shown as the longest number.
func storeInt(n int64, into any) {
	switch into := into.(type) {
	case *int:
		*into = int(n)
	case *int64:
		*into = n
	case *time.Duration:
		*into = seconds(n)
	case *string:
		*into = strconv.FormatInt(n, 10)
	}
}

func seconds(n int64) time.Duration {
	if n > math.MaxInt64/int64(time.Second) {
		return math.MaxInt64
	}
	return time.Duration(n) * time.Second
}

func wholeSeconds(d time.Duration) int64 {
	if d == math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(d / time.Second)
}

// octal is a file mode up to max.
type octal struct{ max int64 }

func (k octal) parse(args []string, into any) error {
	n, err := strconv.ParseInt(args[0], 8, 64)
	if err != nil {
		return errOctal
	}
	if n < 0 || n > k.max {
		return refusal("argument must be between 0 and " + strconv.FormatInt(k.max, 8) + " inclusive")
	}
	storeInt(n, into)
	return nil
}

// memory is a number of bytes with an optional unit, from lo to hi: k m g count in thousands, kb mb gb in 1024s.
func memory(lo, hi int64) kind { return memoryKind{lo, hi} }

type memoryKind struct{ lo, hi int64 }

func (k memoryKind) parse(args []string, into any) error {
	u, ok := parseMemory(args[0])
	if !ok {
		return errMemory
	}
	// What does not fit in 63 bits is negative to Redis and so outside of every range.
	if n := int64(u); n >= k.lo && n <= k.hi {
		storeInt(n, into)
		return nil
	}
	return rangeError(k.lo, k.hi)
}

// anyMemory is a number of bytes of any size.
type anyMemory struct{}

func (anyMemory) parse(args []string, into any) error {
	u, ok := parseMemory(args[0])
	if !ok {
		return errMemory
	}
	switch into := into.(type) {
	case *uint64:
		*into = u
	case *string:
		*into = strconv.FormatUint(u, 10)
	}
	return nil
}

// memoryOrPercent is a number of bytes or a percentage of maxmemory. Redis keeps a percentage as a negative number,
// so a size past 63 bits turns into one.
type memoryOrPercent struct{}

func (memoryOrPercent) parse(args []string, into any) error {
	var n int64
	if u, ok := parseMemory(args[0]); ok {
		n = int64(u)
	} else {
		digits, found := strings.CutSuffix(args[0], "%")
		p, err := strconv.ParseInt(digits, 10, 64)
		if !found || err != nil || p < 0 || strconv.FormatInt(p, 10) != digits {
			return errMemoryPercent
		}
		n = -p
	}
	switch {
	case n < -100:
		return refusal("percentage argument must be less or equal to 100")
	case n < 0:
		*into.(*string) = strconv.FormatInt(-n, 10) + "%"
	default:
		*into.(*string) = strconv.FormatInt(n, 10)
	}
	return nil
}

// parseMemory reads a size as Redis's memtoull does: no digits at all are 0, too many saturate, and the
// multiplication by the unit wraps.
//
// Source: redis/src/util.c, memtoull.
func parseMemory(s string) (uint64, bool) {
	i := 0
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	if i >= 128 { // the size of Redis's buffer
		return 0, false
	}
	var unit uint64
	switch strings.ToLower(s[i:]) {
	case "", "b":
		unit = 1
	case "k":
		unit = 1000
	case "kb":
		unit = 1 << 10
	case "m":
		unit = 1000 * 1000
	case "mb":
		unit = 1 << 20
	case "g":
		unit = 1000 * 1000 * 1000
	case "gb":
		unit = 1 << 30
	default:
		return 0, false
	}
	if i == 0 {
		return 0, true
	}
	n, err := strconv.ParseUint(s[:i], 10, 64)
	if err != nil {
		n = math.MaxUint64
	}
	return n * unit, true
}

// enum is one of some words, in any case. "relative=yes" is a word that is shown as another one.
func enum(words ...string) kind { return enumKind(words) }

type enumKind []string

func (k enumKind) parse(args []string, into any) error {
	for _, w := range k {
		word, shown, renamed := strings.Cut(w, "=")
		if !renamed {
			shown = word
		}
		if strings.EqualFold(word, args[0]) {
			*into.(*string) = shown
			return nil
		}
	}
	return k.refusal()
}

func (k enumKind) refusal() error {
	words := make([]string, len(k))
	for i, w := range k {
		words[i], _, _ = strings.Cut(w, "=")
	}
	return refusal("argument(s) must be one of the following: " + strings.Join(words, ", "))
}

// shutdownFlags is what a signal adds to SHUTDOWN: any of the words, save and nosave not together.
type shutdownFlags struct{}

var shutdownWords = enumKind{"default", "save", "nosave", "now", "force"}

func (shutdownFlags) parse(args []string, into any) error {
	var given [5]bool // by index in shutdownWords
	for _, a := range args {
		found := false
		for i, w := range shutdownWords {
			if strings.EqualFold(w, a) {
				given[i], found = true, true
			}
		}
		if !found {
			return shutdownWords.refusal()
		}
	}
	if len(args) == 0 {
		return shutdownWords.refusal()
	}
	if given[1] && given[2] {
		return refusal("shutdown options SAVE and NOSAVE can't be used simultaneously")
	}
	var words []string
	for i, w := range shutdownWords[1:] {
		if given[i+1] {
			words = append(words, w)
		}
	}
	if words == nil {
		words = shutdownWords[:1]
	}
	*into.(*string) = strings.Join(words, " ")
	return nil
}

// baseName is a file name without a path.
func baseName(pathError, emptyError string) kind { return baseNameKind{pathError, emptyError} }

type baseNameKind struct{ path, empty string }

func (k baseNameKind) parse(args []string, into any) error {
	switch {
	case args[0] == "" && k.empty != "":
		return refusal(k.empty)
	case strings.ContainsAny(args[0], `/\`):
		return refusal(k.path)
	}
	*into.(*string) = args[0]
	return nil
}

// directory is where the files are. Whether it exists is the driver's to find out.
type directory struct{}

func (directory) parse(args []string, into any) error {
	if args[0] == "" {
		return errNoDirectory
	}
	*into.(*string) = args[0]
	return nil
}

// addresses is a list of up to 16 addresses to listen on; a leading "-" allows one to be unavailable.
type addresses struct{}

func (addresses) parse(args []string, into any) error {
	if len(args) > 16 {
		return refusal("Too many bind addresses specified.")
	}
	if len(args) == 1 && args[0] == "" {
		args = nil
	}
	*into.(*[]string) = append([]string(nil), args...)
	return nil
}

// master is "host port" or "no one".
type master struct{}

func (master) parse(args []string, into any) error {
	if len(args) != 2 {
		return errWrongArguments
	}
	if strings.EqualFold(args[0], "no") && strings.EqualFold(args[1], "one") {
		*into.(*Address) = Address{}
		return nil
	}
	port, ok := parseC(args[1])
	if !ok || port < 0 || port > 65535 {
		return errMasterPort
	}
	*into.(*Address) = Address{Host: args[0], Port: int(port)}
	return nil
}

// savePoints is pairs of seconds and changes, or nothing.
type savePoints struct{}

func (savePoints) parse(args []string, into any) error {
	if len(args) == 1 && args[0] == "" {
		args = nil
	}
	if len(args)%2 != 0 {
		return errSave
	}
	points := make([]SavePoint, 0, len(args)/2)
	for i := 0; i < len(args); i += 2 {
		after, ok1 := parseC(args[i])
		changes, ok2 := parseC(args[i+1])
		if !ok1 || !ok2 || after < 1 || changes < 0 {
			return errSave
		}
		points = append(points, SavePoint{seconds(after), int(int32(changes))})
	}
	*into.(*[]SavePoint) = points
	return nil
}

// outputLimits is four words for each class of clients; the classes that are not named keep their limits.
type outputLimits struct{}

func (outputLimits) parse(args []string, into any) error {
	if len(args)%4 != 0 {
		return errLimitCount
	}
	limits := into.(*[3]OutputLimit)
	next := *limits
	for ; len(args) > 0; args = args[4:] {
		class := OutputNormal
		switch strings.ToLower(args[0]) {
		case "normal":
		case "slave", "replica":
			class = OutputReplica
		case "pubsub":
			class = OutputPubsub
		default:
			return errLimitClass
		}
		hard, ok1 := parseMemory(args[1])
		soft, ok2 := parseMemory(args[2])
		after, ok3 := parseC(args[3])
		// Redis keeps the seconds in 32 bits, so what does not fit may come out negative and is refused.
		if !ok1 || !ok2 || !ok3 || int32(after) < 0 {
			return errLimitValue
		}
		next[class] = OutputLimit{clampBytes(hard), clampBytes(soft), seconds(int64(int32(after)))}
	}
	*limits = next
	return nil
}

func clampBytes(u uint64) int64 { return int64(min(u, math.MaxInt64)) }

// parseC reads a whole number as C's strtoll does when all of the text has to be used: leading blanks and a plus
// sign are allowed, no text is 0, and what does not fit saturates.
func parseC(s string) (int64, bool) {
	if s == "" {
		return 0, true
	}
	n, err := strconv.ParseInt(strings.TrimLeft(s, " \t\n\v\f\r"), 10, 64)
	return n, err == nil || errors.Is(err, strconv.ErrRange)
}

// oomScores is three whole numbers.
type oomScores struct{}

func (oomScores) parse(args []string, into any) error {
	if len(args) != 3 {
		return errWrongArguments
	}
	shown := make([]string, 3)
	for i, a := range args {
		n, ok := parseC(a)
		if !ok || n < -2000 || n > 2000 {
			return refusal("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")
		}
		shown[i] = strconv.FormatInt(n, 10)
	}
	*into.(*string) = strings.Join(shown, " ")
	return nil
}

// percentiles is any number of percentages.
type percentiles struct{}

func (percentiles) parse(args []string, into any) error {
	if len(args) == 1 && args[0] == "" {
		args = nil
	}
	shown := make([]string, len(args))
	for i, a := range args {
		f, err := strconv.ParseFloat(a, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) || math.IsNaN(f) {
			return refusal("Invalid latency-tracking-info-percentiles parameters")
		}
		if f > 100 || f < 0 {
			return refusal("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]")
		}
		text := strconv.FormatFloat(f, 'f', 6, 64)
		shown[i] = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	*into.(*string) = strings.Join(shown, " ")
	return nil
}

// eventClasses is the letters of notify-keyspace-events. They are shown in Redis's order; all of the types are "A".
type eventClasses struct{}

func (eventClasses) parse(args []string, into any) error {
	const types, others = "g$lshzxetd", "nKEm"
	given := args[0]
	for i := range given {
		if !strings.Contains("A"+types+others, given[i:i+1]) {
			return refusal("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")
		}
	}
	has := func(c rune) bool { return strings.ContainsRune(given, c) }
	shown, all := "", true
	for _, c := range types {
		if has(c) {
			shown += string(c)
		} else {
			all = false
		}
	}
	if all || has('A') {
		shown = "A"
	}
	for _, c := range others {
		if has(c) {
			shown += string(c)
		}
	}
	*into.(*string) = shown
	return nil
}

// hostname is letters, digits, dots and hyphens.
type hostname struct{}

func (hostname) parse(args []string, into any) error {
	if len(args[0]) >= 256 {
		return refusal("Hostnames must be less than 256 characters")
	}
	for i := range len(args[0]) {
		c := args[0][i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.') {
			return refusal("Hostnames may only contain alphanumeric characters, hyphens or dots")
		}
	}
	*into.(*string) = args[0]
	return nil
}

// processTitle is a text with variables in braces.
type processTitle struct{}

func (processTitle) parse(args []string, into any) error {
	const bad = refusal("template format is invalid or contains unknown variables")
	shown := false
	for s := args[0]; s != ""; {
		if s[0] != '{' || strings.HasPrefix(s, "{{") {
			if strings.HasPrefix(s, "{{") {
				s = s[1:]
			}
			shown = shown || s[0] != ' '
			s = s[1:]
			continue
		}
		name, rest, closed := strings.Cut(s[1:], "}")
		if !closed {
			return bad
		}
		switch name {
		case "listen-addr", "server-mode", "port", "tls-port":
			shown = true
		case "title", "config-file", "unixsocket": // may be empty, and the title must not be blank
		default:
			return bad
		}
		s = rest
	}
	if !shown {
		return bad
	}
	*into.(*string) = args[0]
	return nil
}

// noTLS is a switch that cannot be turned on: links are not encrypted here.
type noTLS struct{}

func (noTLS) parse(args []string, into any) error {
	var on bool
	if err := yesNo.parse(args, &on); err != nil {
		return err
	}
	if on {
		return refusal("Unable to update TLS configuration. Check server logs.")
	}
	*into.(*string) = "no"
	return nil
}

// noDefrag is a switch that cannot be turned on: it needs Redis's own build of jemalloc.
type noDefrag struct{}

func (noDefrag) parse(args []string, into any) error {
	var on bool
	if err := yesNo.parse(args, &on); err != nil {
		return err
	}
	if on {
		return refusal("Active defragmentation cannot be enabled: it requires a Redis server compiled with a modified " +
			"Jemalloc like the one shipped by default with the Redis source distribution")
	}
	*into.(*string) = "no"
	return nil
}
