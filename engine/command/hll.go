package command

import (
	"strconv"

	"resync/engine/store"
)

var hllCommands = []Command{
	{Name: "PFADD", Arity: -2, Flags: Write | DenyOOM | Fast, Keys: oneKey(KeyRW | KeyInsert), ACL: CatHyperLogLog, Do: pfadd,
		Group: "hyperloglog", Since: "2.8.9", Complexity: "O(1) for each element",
		Summary: "Count elements into a HyperLogLog",
		Syntax:  "key [element [element ...]]"},
	{Name: "PFCOUNT", Arity: -2, Flags: ReadOnly | MayReplicate, Keys: allKeys(KeyRW | KeyAccess), ACL: CatHyperLogLog, Do: pfcount,
		Group: "hyperloglog", Since: "2.8.9", Complexity: "O(1) for one key, O(N) for several, N being their number, with a large constant",
		Summary: "Estimate how many different elements HyperLogLogs have seen",
		Syntax:  "key [key ...]"},
	{Name: "PFMERGE", Arity: -2, Flags: Write | DenyOOM, ACL: CatHyperLogLog, Do: pfmerge,
		Keys: []KeySpec{
			{Begin: 1, Step: 1, Flags: KeyRW | KeyAccess | KeyInsert},
			{Begin: 2, Last: -1, Step: 1, Flags: KeyRO | KeyAccess},
		},
		Group: "hyperloglog", Since: "2.8.9", Complexity: "O(N), N being the number of keys, with a large constant",
		Summary: "Merge HyperLogLogs into one",
		Syntax:  "destkey [sourcekey [sourcekey ...]]"},
	{Name: "PFDEBUG", Arity: 3, Flags: Write | DenyOOM | Admin, Keys: []KeySpec{{Begin: 2, Step: 1, Flags: KeyRW | KeyAccess}}, ACL: CatHyperLogLog, Do: pfdebug,
		Group: "hyperloglog", Since: "2.8.9", Complexity: "O(N), N being the length of the value",
		Summary: "Look into a HyperLogLog",
		Syntax:  "GETREG | DECODE | ENCODING | TODENSE key"},
	{Name: "PFSELFTEST", Arity: 1, Flags: Admin, ACL: CatHyperLogLog, Do: pfselftest,
		Group: "hyperloglog", Since: "2.8.9", Complexity: "O(1)",
		Summary: "Check the estimates of HyperLogLogs"},
}

// isHLL reports whether the entry, which may be nil, may be used as a HyperLogLog. Else it has answered so.
func (c *Call) isHLL(e *store.Entry) bool {
	if !c.isString(e) {
		return false
	}
	if e != nil && (e.Value.Encoding() == store.Int || !store.IsHLL(e.Value.Str())) {
		c.Reply.Error(errNotHLL)
		return false
	}
	return true
}

// hllToChange returns the HyperLogLog at a key for changing it. What has come of it is kept with keepHLL, unless it is
// dense and was: then it was changed in place.
func (c *Call) hllToChange(key []byte) store.HLL { return store.HLL(c.db().EditString(key, 0)) }

func (c *Call) keepHLL(key []byte, h store.HLL) {
	c.db().Set(key, store.RawString(h), c.db().Get(key).ExpireAt)
}

// pfadd implements PFADD key [element ...].
//
// Source: redis/src/hyperloglog.c, pfaddCommand.
func pfadd(c *Call) {
	key := c.Args[1]
	e := c.write(key)
	if !c.isHLL(e) {
		return
	}
	changes := 0
	if e == nil {
		c.create(key, store.RawString(store.NewHLL()), 0)
		changes++
	}
	h := c.hllToChange(key)
	inPlace := h.Dense()
	if !inPlace {
		h = append(store.HLL(nil), h...)
	}
	intact := true
	for _, element := range c.Args[2:] {
		var changed bool
		if changed, intact = h.Add(element, c.Settings.Limits.HLLSparseBytes); !intact {
			break
		}
		if changed {
			changes++
		}
	}
	if changes > 0 && intact {
		h.Invalidate()
	}
	if changes > 0 && !inPlace {
		c.keepHLL(key, h)
	}
	if !intact {
		c.Reply.Error(errCorruptHLL)
		return
	}
	if changes == 0 {
		c.Reply.Int(0)
		return
	}
	c.touch(key)
	c.notify('$', "pfadd", key)
	c.Dirty += changes
	c.Reply.Int(1)
}

// pfcount implements PFCOUNT key [key ...]. Of a single key it keeps the result in the value, and that goes to the
// replicas too.
//
// Source: redis/src/hyperloglog.c, pfcountCommand.
func pfcount(c *Call) {
	if len(c.Args) > 2 {
		var all [store.HLLRegisters]uint8
		if _, ok := c.mergeAll(c.Args[1:], &all); ok {
			c.Reply.Int(int64(store.CountRegisters(&all)))
		}
		return
	}
	key := c.Args[1]
	e := c.read(key)
	if !c.isHLL(e) {
		return
	}
	if e == nil {
		c.Reply.Int(0)
		return
	}
	h := c.hllToChange(key)
	n, ok := h.Cached()
	if !ok {
		if n, ok = h.Count(); !ok {
			c.Reply.Error(errCorruptHLL)
			return
		}
		h.Cache(n)
		c.changed(key)
	}
	c.Reply.Int(int64(n))
}

// mergeAll merges the HyperLogLogs at the keys, and tells whether one of them is dense. When one is none it answers
// so and reports false.
func (c *Call) mergeAll(keys [][]byte, all *[store.HLLRegisters]uint8) (dense, ok bool) {
	for _, key := range keys {
		e := c.read(key)
		if !c.isHLL(e) {
			return false, false
		}
		if e == nil {
			continue
		}
		h := store.HLL(e.Value.AppendTo(nil))
		dense = dense || h.Dense()
		if !h.MergeInto(all) {
			c.Reply.Error(errCorruptHLL)
			return false, false
		}
	}
	return dense, true
}

// pfmerge implements PFMERGE destkey [sourcekey ...].
//
// Source: redis/src/hyperloglog.c, pfmergeCommand.
func pfmerge(c *Call) {
	var all [store.HLLRegisters]uint8
	dense, ok := c.mergeAll(c.Args[1:], &all)
	if !ok {
		return
	}
	key := c.Args[1]
	if c.write(key) == nil {
		c.create(key, store.RawString(store.NewHLL()), 0)
	}
	h := append(store.HLL(nil), c.hllToChange(key)...)
	if dense {
		h.MakeDense() // the merge has found every source intact
	}
	for i, v := range all {
		if v > 0 {
			h.Raise(i, v, c.Settings.Limits.HLLSparseBytes)
		}
	}
	h.Invalidate()
	c.keepHLL(key, h)
	c.changed(key)
	c.notify('$', "pfadd", key)
	c.Reply.OK()
}

// pfdebug implements PFDEBUG GETREG|DECODE|ENCODING|TODENSE key.
func pfdebug(c *Call) {
	key := c.Args[2]
	e := c.write(key)
	if e == nil {
		c.Reply.Error(errNoSuchHLL)
		return
	}
	if !c.isHLL(e) {
		return
	}
	h := c.hllToChange(key)
	switch what := c.Args[1]; {
	case is(what, "GETREG"):
		if h, ok := c.densify(key, h); ok {
			c.Reply.Array(store.HLLRegisters)
			for i := range store.HLLRegisters {
				c.Reply.Int(int64(h.Register(i)))
			}
		}
	case is(what, "DECODE"):
		if h.Dense() {
			c.Reply.Error(errHLLDense)
			return
		}
		c.Reply.Bulk(h.AppendRuns(nil, func(dst []byte, n int) []byte { return strconv.AppendInt(dst, int64(n), 10) }))
	case is(what, "ENCODING"):
		if h.Dense() {
			c.Reply.Simple("dense")
		} else {
			c.Reply.Simple("sparse")
		}
	case is(what, "TODENSE"):
		was := h.Dense()
		if _, ok := c.densify(key, h); !ok {
			return
		}
		if was {
			c.Reply.Int(0)
		} else {
			c.Reply.Int(1)
		}
	default:
		c.Reply.Error("ERR Unknown PFDEBUG subcommand '" + string(cString(what, len(what))) + "'")
	}
}

// densify makes the HyperLogLog at a key dense, which counts as a change. When it is corrupt it answers so and reports
// false.
func (c *Call) densify(key []byte, h store.HLL) (store.HLL, bool) {
	if h.Dense() {
		return h, true
	}
	if !h.MakeDense() {
		c.Reply.Error(errCorruptHLL)
		return nil, false
	}
	c.keepHLL(key, h)
	c.Dirty++
	return h, true
}

// pfselftest implements PFSELFTEST: an estimate of known cardinalities, in both forms, has to be near enough.
func pfselftest(c *Call) {
	h := store.NewHLL()
	var word [8]byte
	for n := 1; n <= 20_000; n++ {
		h.Add(strconv.AppendInt(word[:0], int64(n), 10), c.Settings.Limits.HLLSparseBytes)
		if n == 100 || n == 1000 || n == 20_000 {
			// The standard error is 0.81 percent; four times that is out of the question.
			if got, ok := h.Count(); !ok || max(int(got)-n, n-int(got))*1000 > n*33 {
				c.Reply.Error("TESTFAILED the estimate of " + strconv.Itoa(n) + " is " + strconv.FormatUint(got, 10))
				return
			}
		}
	}
	c.Reply.OK()
}
