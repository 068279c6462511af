package command

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"resync/engine/store"
)

var sortCommands = []Command{
	{Name: "SORT", Arity: -2, Flags: Write | DenyOOM | MovableKeys, Keys: sortKeys(true), ACL: CatSet | CatSortedSet | CatList | CatDangerous, Do: sortAndStore,
		Group: "generic", Since: "1.0.0", Complexity: "O(N+M*log(M)), N being the number of elements and M that of the elements in the reply; O(N) when nothing is sorted",
		Summary: "Sort a list, set or sorted set, and show or store the result",
		Syntax:  "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA] [STORE destination]"},
	{Name: "SORT_RO", Arity: -2, Flags: ReadOnly | MovableKeys, Keys: sortKeys(false), ACL: CatSet | CatSortedSet | CatList | CatDangerous, Do: sortOnly,
		Group: "generic", Since: "7.0.0", Complexity: "O(N+M*log(M)), N being the number of elements and M that of the elements in the reply; O(N) when nothing is sorted",
		Summary: "Sort a list, set or sorted set, and show the result",
		Syntax:  "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]"},
}

// sortKeys says that SORT reads one key that it names, others whose names follow from the elements, and may write one.
func sortKeys(stores bool) []KeySpec {
	specs := []KeySpec{
		{Begin: 1, Step: 1, Flags: KeyRO | KeyAccess},
		{Step: 1, Flags: KeyRO | KeyAccess, Where: func([][]byte) int { return 0 }},
	}
	if stores {
		specs = append(specs, KeySpec{Step: 1, Flags: KeyOW | KeyUpdate, Where: sortStoreKey})
	}
	return specs
}

// sortStoreKey returns the position of the last key behind STORE, or 0.
//
// Source: redis/src/db.c, sortGetKeys.
func sortStoreKey(args [][]byte) (at int) {
	for i := 2; i < len(args); i++ {
		switch {
		case is(args[i], "LIMIT"):
			i += 2
		case is(args[i], "GET"), is(args[i], "BY"):
			i++
		case is(args[i], "STORE") && i+1 < len(args):
			at = i + 1
		}
	}
	return at
}

// sortOptions are the words behind the key of SORT.
type sortOptions struct {
	desc, alpha  bool
	start, count int64
	by           []byte // nil when not given
	constant     bool   // by names no key for each element: there is nothing to sort by
	get          [][]byte
	target       []byte // of STORE, or nil
}

func (c *Call) parseSortOptions(mayStore bool) (o sortOptions, ok bool) {
	o.count = -1
	for i := 2; i < len(c.Args); i++ {
		word, rest := c.Args[i], len(c.Args)-i-1
		switch {
		case is(word, "ASC"):
			o.desc = false
		case is(word, "DESC"):
			o.desc = true
		case is(word, "ALPHA"):
			o.alpha = true
		case is(word, "LIMIT") && rest >= 2:
			if o.start, ok = c.integer(i + 1); !ok {
				return o, false
			}
			if o.count, ok = c.integer(i + 2); !ok {
				return o, false
			}
			i += 2
		case is(word, "STORE") && rest >= 1 && mayStore:
			i++
			o.target = c.Args[i]
		case is(word, "BY") && rest >= 1:
			i++
			o.by = c.Args[i]
			// Redis forgets no constant: once one was given, nothing is sorted.
			o.constant = o.constant || star(o.by) < 0
		case is(word, "GET") && rest >= 1:
			i++
			o.get = append(o.get, c.Args[i])
		default:
			c.Reply.Error(errSyntax)
			return o, false
		}
	}
	return o, true
}

// star returns where a pattern takes the element, or -1. What is behind a NUL byte is not looked at.
func star(pattern []byte) int {
	return strings.IndexByte(string(cString(pattern, len(pattern))), '*')
}

// A sortItem is an element with what it is sorted by.
type sortItem struct {
	text  string
	score float64
	by    string
	hasBy bool // the key for by is there
}

// sortAndStore and sortOnly implement SORT and SORT_RO.
func sortAndStore(c *Call) { c.sort(true) }
func sortOnly(c *Call)     { c.sort(false) }

// Source: redis/src/sort.c, sortCommandGeneric.
func (c *Call) sort(mayStore bool) {
	o, ok := c.parseSortOptions(mayStore)
	if !ok {
		return
	}
	e := c.read(c.Args[1])
	kind := store.List
	if e != nil {
		kind = e.Value.Kind()
	}
	if kind != store.List && kind != store.Set && kind != store.ZSet {
		c.Reply.Error(errWrongType)
		return
	}
	if o.constant && kind == store.Set && o.target != nil {
		// The order of a set is the server's own business; what is stored has to be the same on replicas.
		o.constant, o.alpha, o.by = false, true, nil
	}
	if kind == store.ZSet {
		// Redis gives up the small form of a sorted set for this, for good.
		e = c.edit(c.Args[1])
		e.Value.ZSet().Widen()
	}
	items := sortItems(e, o.constant && o.desc)
	start, end := o.span(int64(len(items)))
	if !o.constant {
		if !c.weigh(items, &o) {
			c.Reply.Error(errSortScores)
			return
		}
		if o.by != nil && (start != 0 || end != len(items)) {
			sortPart(items, o.compare, start, end)
		} else {
			slices.SortStableFunc(items, o.compare)
		}
	}
	items = items[start:end]
	if o.target != nil {
		c.storeSorted(items, &o)
		return
	}
	c.Reply.Array(len(items) * max(len(o.get), 1))
	for i := range items {
		if len(o.get) == 0 {
			c.Reply.BulkString(items[i].text)
		}
		for _, pattern := range o.get {
			if text, ok := c.byPattern(pattern, items[i].text); ok {
				c.Reply.BulkString(text)
			} else {
				c.Reply.Null()
			}
		}
	}
}

// sortItems returns the elements in their own order, or from the last to the first, which a set has not.
func sortItems(e *store.Entry, backwards bool) (items []sortItem) {
	if e == nil {
		return nil
	}
	switch e.Value.Kind() {
	case store.List:
		list := e.Value.List()
		items = make([]sortItem, 0, list.Len())
		for x := range list.All() {
			items = append(items, sortItem{text: x.Text()})
		}
	case store.Set:
		for x := range e.Value.Set().All() {
			items = append(items, sortItem{text: x.Str()})
		}
		return items
	case store.ZSet:
		for member := range e.Value.ZSet().All() {
			items = append(items, sortItem{text: member})
		}
	}
	if backwards {
		slices.Reverse(items)
	}
	return items
}

// span returns which of n items LIMIT chooses: from start up to and not including end.
func (o *sortOptions) span(n int64) (start, end int) {
	from := min(max(o.start, 0), n)
	count := min(max(o.count, -1), n)
	if count < 0 {
		count = n
	}
	return int(from), int(min(from+count, n))
}

// weigh finds what the items are sorted by. It reports false when one of them should be a number and is none.
func (c *Call) weigh(items []sortItem, o *sortOptions) (ok bool) {
	ok = true
	for i := range items {
		x := &items[i]
		text := x.text
		if o.by != nil {
			if text, x.hasBy = c.byPattern(o.by, x.text); !x.hasBy {
				continue
			}
		}
		if o.alpha {
			x.by = text
		} else {
			var valid bool
			x.score, valid = parseWeight(text)
			ok = ok && valid
		}
	}
	return ok
}

// compare says which of two items comes first. Where nothing is stored, texts are compared as C strings, in which
// nothing behind a NUL byte counts.
//
// Source: redis/src/sort.c, sortCompare.
func (o *sortOptions) compare(a, b sortItem) (order int) {
	switch {
	case !o.alpha && a.score != b.score:
		order = 1
		if a.score < b.score {
			order = -1
		}
	case !o.alpha:
		order = strings.Compare(a.text, b.text) // whatever the reason that both are worth the same
	case o.by != nil && !(a.hasBy && b.hasBy):
		switch {
		case a.hasBy:
			order = 1
		case b.hasBy:
			order = -1
		}
	case o.target != nil:
		order = strings.Compare(a.by, b.by)
	default:
		order = strings.Compare(upToNUL(a.by), upToNUL(b.by))
	}
	if o.desc {
		return -order
	}
	return order
}

func upToNUL(s string) string {
	if i := strings.IndexByte(s, 0); i >= 0 {
		return s[:i]
	}
	return s
}

// storeSorted implements STORE.
func (c *Call) storeSorted(items []sortItem, o *sortOptions) {
	limits := c.Settings.Limits
	limits.ListListpackSize = -2 // the setting does not reach these lists
	list, n := store.NewList(&limits), 0
	for i := range items {
		if len(o.get) == 0 {
			list.Push(store.ListTail, []byte(items[i].text))
			n++
		}
		for _, pattern := range o.get {
			text, _ := c.byPattern(pattern, items[i].text)
			list.Push(store.ListTail, []byte(text))
			n++
		}
	}
	if n > 0 {
		c.setKey(o.target, list.Value(), 0)
		c.Dirty += n - 1
		c.notify('l', "sortstore", o.target)
	} else if c.db().Delete(o.target) {
		c.changed(o.target)
		c.notify('g', "del", o.target)
	}
	c.Reply.Int(int64(n))
}

// byPattern returns what a pattern of BY or GET gives for an element: "#" the element itself, "k*" the string at the
// key that the element completes, "k*->f" a field of the hash there.
//
// Source: redis/src/sort.c, lookupKeyByPattern.
func (c *Call) byPattern(pattern []byte, element string) (text string, ok bool) {
	if is(pattern, "#") {
		return element, true
	}
	at := star(pattern)
	if at < 0 {
		return "", false
	}
	prefix, rest := string(pattern[:at]), string(pattern[at+1:])
	name, field := rest, ""
	// A field is looked for up to a NUL byte, and may have one in it.
	if i := strings.Index(upToNUL(rest), "->"); i >= 0 && i+2 < len(upToNUL(rest)) {
		name, field = rest[:i], rest[i+2:]
	}
	e := c.read([]byte(prefix + element + name))
	if e == nil {
		return "", false
	}
	if field == "" {
		if e.Value.Kind() != store.String {
			return "", false
		}
		return e.Value.Str(), true
	}
	hash := e.Value.Hash()
	if hash == nil {
		return "", false
	}
	v, ok := hash.Get([]byte(field))
	if !ok {
		return "", false
	}
	return v.Str(), true
}

// parseWeight reads what C's strtod does, up to a NUL byte: no text at all is 0, and blanks may stand in front. What is
// too large, or too small to have all its bits, is no number.
func parseWeight(s string) (f float64, ok bool) {
	s = upToNUL(s)
	if s == "" {
		return 0, true
	}
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 || strings.ContainsRune(s, '_') {
		return 0, false
	}
	hexadecimal := len(digits) > 2 && (digits[:2] == "0x" || digits[:2] == "0X")
	if hexadecimal && !strings.ContainsAny(s, "pP") {
		s += "p0" // Go insists on an exponent
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) {
		return 0, false
	}
	const smallest = 0x1p-1022 // with all its bits
	if math.Abs(f) < smallest && !hexadecimal && strings.ContainsAny(mantissa(digits), "123456789") {
		return 0, false
	}
	return f, true
}

// mantissa returns what stands in front of the exponent of a decimal number.
func mantissa(s string) string {
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		return s[:i]
	}
	return s
}

// sortPart sorts so much of the items that those from start up to and not including end are where they belong. It is
// the quicksort of Bentley and McIlroy, step by step as in Redis: where items compare as equal, their order tells.
//
// Source: redis/src/pqsort.c; Bentley and McIlroy, Engineering a sort function, 1993.
func sortPart(x []sortItem, compare func(a, b sortItem) int, start, end int) {
	order := func(i, j int) int { return compare(x[i], x[j]) }
	swap := func(i, j int) { x[i], x[j] = x[j], x[i] }
	swapRuns := func(i, j, n int) {
		for k := range n {
			swap(i+k, j+k)
		}
	}
	median := func(a, b, c int) int {
		if order(a, b) < 0 {
			switch {
			case order(b, c) < 0:
				return b
			case order(a, c) < 0:
				return c
			}
			return a
		}
		switch {
		case order(b, c) > 0:
			return b
		case order(a, c) < 0:
			return a
		}
		return c
	}
	var part func(first, n int)
	part = func(first, n int) {
		if n < 7 {
			for i := first + 1; i < first+n; i++ {
				for j := i; j > first && order(j-1, j) > 0; j-- {
					swap(j, j-1)
				}
			}
			return
		}
		last, middle := first+n-1, first+n/2
		if n > 7 {
			low, high := first, last
			if n > 40 {
				d := n / 8
				low = median(low, low+d, low+2*d)
				middle = median(middle-d, middle, middle+d)
				high = median(high-2*d, high-d, high)
			}
			middle = median(low, middle, high)
		}
		swap(first, middle)
		// What is equal to the pivot gathers at both ends, up to a and behind d; b and c come from both sides.
		a, b, c, d := first+1, first+1, last, last
		for {
			for ; b <= c; b++ {
				o := order(b, first)
				if o > 0 {
					break
				}
				if o == 0 {
					swap(a, b)
					a++
				}
			}
			for ; b <= c; c-- {
				o := order(c, first)
				if o < 0 {
					break
				}
				if o == 0 {
					swap(c, d)
					d--
				}
			}
			if b > c {
				break
			}
			swap(b, c)
			b++
			c--
		}
		behind := first + n
		r := min(a-first, b-a)
		swapRuns(first, b-r, r)
		r = min(d-c, behind-d-1)
		swapRuns(b, behind-r, r)
		// A part that is wholly outside of what is asked for stays as it is.
		wanted := func(first, n int) bool { return n > 1 && first < end && first+n > start }
		if n := b - a; wanted(first, n) {
			part(first, n)
		}
		if n := d - c; wanted(behind-n, n) {
			part(behind-n, n)
		}
	}
	part(0, len(x))
}
