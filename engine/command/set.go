package command

import (
	"math"
	"slices"
	"strconv"

	"resync/engine/resp"
	"resync/engine/store"
)

var setCommands = []Command{
	{Name: "SADD", Arity: -3, Flags: Write | DenyOOM | Fast, Keys: oneKey(KeyRW | KeyInsert), ACL: CatSet, Do: sadd,
		Group: "set", Since: "1.0.0", Complexity: "O(N), N being the number of members",
		Summary: "Add members to a set, and count the new ones",
		Syntax:  "key member [member ...]"},
	{Name: "SREM", Arity: -3, Flags: Write | Fast, Keys: oneKey(KeyRW | KeyDelete), ACL: CatSet, Do: srem,
		Group: "set", Since: "1.0.0", Complexity: "O(N), N being the number of members to remove",
		Summary: "Remove members of a set, and count those that were there",
		Syntax:  "key member [member ...]"},
	{Name: "SMEMBERS", Arity: 2, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatSet, Do: sinter,
		Group: "set", Since: "1.0.0", Complexity: "O(N), N being the number of members",
		Tips:    []string{"nondeterministic_output_order"},
		Summary: "Get all members of a set",
		Syntax:  "key"},
	{Name: "SISMEMBER", Arity: 3, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO), ACL: CatSet, Do: sismember,
		Group: "set", Since: "1.0.0", Complexity: "O(1)",
		Summary: "Ask whether a set has a member",
		Syntax:  "key member"},
	{Name: "SMISMEMBER", Arity: -3, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO | KeyAccess), ACL: CatSet, Do: smismember,
		Group: "set", Since: "6.2.0", Complexity: "O(N), N being the number of members asked for",
		Summary: "Ask for several members whether a set has them",
		Syntax:  "key member [member ...]"},
	{Name: "SCARD", Arity: 2, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO), ACL: CatSet, Do: scard,
		Group: "set", Since: "1.0.0", Complexity: "O(1)",
		Summary: "Count the members of a set",
		Syntax:  "key"},
	{Name: "SMOVE", Arity: 4, Flags: Write | Fast, Keys: smoveKeys, ACL: CatSet, Do: smove,
		Group: "set", Since: "1.0.0", Complexity: "O(1)",
		Summary: "Move a member from one set to another",
		Syntax:  "source destination member"},
	{Name: "SPOP", Arity: -2, Flags: Write | Fast, Keys: oneKey(KeyRW | KeyAccess | KeyDelete), ACL: CatSet, Do: spop,
		Group: "set", Since: "1.0.0", Complexity: "O(N), N being the number of members to remove",
		Tips:    []string{"nondeterministic_output"},
		Summary: "Remove some members of a set and get them",
		Syntax:  "key [count]"},
	{Name: "SRANDMEMBER", Arity: -2, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatSet, Do: srandmember,
		Group: "set", Since: "1.0.0", Complexity: "O(N), N being the number of members in the reply",
		Tips:    []string{"nondeterministic_output"},
		Summary: "Get some members of a set; with a negative count, one may come twice",
		Syntax:  "key [count]"},
	{Name: "SINTER", Arity: -2, Flags: ReadOnly, Keys: allKeys(KeyRO | KeyAccess), ACL: CatSet, Do: sinter,
		Group: "set", Since: "1.0.0", Complexity: "O(N*M), N being the members of the smallest set and M the number of sets",
		Tips:    []string{"nondeterministic_output_order"},
		Summary: "Get the members that are in every one of several sets",
		Syntax:  "key [key ...]"},
	{Name: "SINTERCARD", Arity: -3, Flags: ReadOnly | MovableKeys, Keys: countedKeys(1, KeyRO|KeyAccess), ACL: CatSet, Do: sintercard,
		Group: "set", Since: "7.0.0", Complexity: "O(N*M), N being the members of the smallest set and M the number of sets",
		Summary: "Count the members that are in every one of several sets, up to a limit",
		Syntax:  "numkeys key [key ...] [LIMIT limit]"},
	{Name: "SINTERSTORE", Arity: -3, Flags: Write | DenyOOM, Keys: setStoreKeys(KeyRW | KeyUpdate), ACL: CatSet, Do: sinterstore,
		Group: "set", Since: "1.0.0", Complexity: "O(N*M), N being the members of the smallest set and M the number of sets",
		Summary: "Store the members that are in every one of several sets",
		Syntax:  "destination key [key ...]"},
	{Name: "SUNION", Arity: -2, Flags: ReadOnly, Keys: allKeys(KeyRO | KeyAccess), ACL: CatSet, Do: sunion,
		Group: "set", Since: "1.0.0", Complexity: "O(N), N being the members of all the sets",
		Tips:    []string{"nondeterministic_output_order"},
		Summary: "Get the members that are in one of several sets or more",
		Syntax:  "key [key ...]"},
	{Name: "SUNIONSTORE", Arity: -3, Flags: Write | DenyOOM, Keys: setStoreKeys(KeyOW | KeyUpdate), ACL: CatSet, Do: sunionstore,
		Group: "set", Since: "1.0.0", Complexity: "O(N), N being the members of all the sets",
		Summary: "Store the members that are in one of several sets or more",
		Syntax:  "destination key [key ...]"},
	{Name: "SDIFF", Arity: -2, Flags: ReadOnly, Keys: allKeys(KeyRO | KeyAccess), ACL: CatSet, Do: sdiff,
		Group: "set", Since: "1.0.0", Complexity: "O(N), N being the members of all the sets",
		Tips:    []string{"nondeterministic_output_order"},
		Summary: "Get the members of a set that are in none of the others",
		Syntax:  "key [key ...]"},
	{Name: "SDIFFSTORE", Arity: -3, Flags: Write | DenyOOM, Keys: setStoreKeys(KeyOW | KeyUpdate), ACL: CatSet, Do: sdiffstore,
		Group: "set", Since: "1.0.0", Complexity: "O(N), N being the members of all the sets",
		Summary: "Store the members of a set that are in none of the others",
		Syntax:  "destination key [key ...]"},
	{Name: "SSCAN", Arity: -3, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatSet, Do: sscan,
		Group: "set", Since: "2.8.0", Complexity: "O(1) for a call, O(N) for all, N being the number of members",
		Tips:    []string{"nondeterministic_output"},
		Summary: "List the members of a set a few at a time",
		Syntax:  "key cursor [MATCH pattern] [COUNT count]"},
}

var smoveKeys = []KeySpec{
	{Begin: 1, Step: 1, Flags: KeyRW | KeyAccess | KeyDelete},
	{Begin: 2, Step: 1, Flags: KeyRW | KeyInsert},
}

// setStoreKeys are those of commands that store what they make of all other keys at the first.
func setStoreKeys(target KeyFlags) []KeySpec {
	return []KeySpec{
		{Begin: 1, Step: 1, Flags: target},
		{Begin: 2, Last: -1, Step: 1, Flags: KeyRO | KeyAccess},
	}
}

// setOf returns the set at an entry, nil where there is none. Where there is something else it has answered so, and
// reports false.
func (c *Call) setOf(e *store.Entry) (s *store.SetValue, ok bool) {
	if e == nil {
		return nil, true
	}
	if s = e.Value.Set(); s == nil {
		c.Reply.Error(errWrongType)
		return nil, false
	}
	return s, true
}

// readSet looks up the set that a command reads.
func (c *Call) readSet() (s *store.SetValue, ok bool) { return c.setOf(c.read(c.Args[1])) }

// editSet returns the set at a key, which is there, for changing it.
func (c *Call) editSet(key []byte) *store.SetValue { return c.edit(key).Value.Set() }

// sadd implements SADD key member [member ...].
//
// Source: redis/src/t_set.c, saddCommand.
func sadd(c *Call) {
	key := c.Args[1]
	s, ok := c.setOf(c.write(key))
	if !ok {
		return
	}
	isNew := s == nil
	if isNew {
		s = store.NewSet()
	} else {
		s = c.editSet(key)
	}
	added := 0
	for _, member := range c.Args[2:] {
		if s.Add(member, &c.Settings.Limits) {
			added++
		}
	}
	if isNew {
		c.create(key, s.Value(), 0)
	}
	if added > 0 {
		c.touch(key)
		c.notify('s', "sadd", key)
		c.Dirty += added
	}
	c.Reply.Int(int64(added))
}

// srem implements SREM key member [member ...].
//
// Source: redis/src/t_set.c, sremCommand.
func srem(c *Call) {
	key := c.Args[1]
	s, ok := c.setOf(c.write(key))
	if !ok {
		return
	}
	if s == nil {
		c.Reply.Int(0)
		return
	}
	s = c.editSet(key)
	removed := 0
	for _, member := range c.Args[2:] {
		if s.Remove(member) {
			removed++
		}
	}
	if removed > 0 {
		emptied := c.dropEmptySet(key, s)
		c.touch(key)
		c.notify('s', "srem", key)
		if emptied {
			c.notify('g', "del", key)
		}
		c.Dirty += removed
	}
	c.Reply.Int(int64(removed))
}

// dropEmptySet deletes the key of a set that has lost its last member, and reports whether it has.
func (c *Call) dropEmptySet(key []byte, s *store.SetValue) bool {
	return s.Len() == 0 && c.db().Delete(key)
}

// smove implements SMOVE source destination member.
//
// Source: redis/src/t_set.c, smoveCommand.
func smove(c *Call) {
	from, to, member := c.Args[1], c.Args[2], c.Args[3]
	var source store.Entry // a copy: looking up the other key may remove that
	e := c.write(from)
	if e != nil {
		source = *e
	}
	target := c.write(to)
	if e == nil {
		c.Reply.Int(0)
		return
	}
	s, ok := c.setOf(&source)
	if !ok {
		return
	}
	t, ok := c.setOf(target)
	if !ok {
		return
	}
	if !s.Has(member) || string(from) == string(to) {
		c.replyTruth(s.Has(member))
		return
	}
	s = c.editSet(from)
	s.Remove(member)
	c.notify('s', "srem", from)
	if c.dropEmptySet(from, s) {
		c.notify('g', "del", from)
	}
	c.changed(from)
	if t == nil {
		t = store.NewSet()
		t.Add(member, &c.Settings.Limits)
		c.create(to, t.Value(), 0)
	} else if !c.editSet(to).Add(member, &c.Settings.Limits) {
		c.Reply.Int(1)
		return
	}
	c.changed(to)
	c.notify('s', "sadd", to)
	c.Reply.Int(1)
}

// sismember implements SISMEMBER key member.
func sismember(c *Call) {
	if s, ok := c.readSet(); ok {
		c.replyTruth(s != nil && s.Has(c.Args[2]))
	}
}

// smismember implements SMISMEMBER key member [member ...].
func smismember(c *Call) {
	s, ok := c.readSet()
	if !ok {
		return
	}
	c.Reply.Array(len(c.Args) - 2)
	for _, member := range c.Args[2:] {
		c.replyTruth(s != nil && s.Has(member))
	}
}

// scard implements SCARD key.
func scard(c *Call) {
	s, ok := c.readSet()
	switch {
	case !ok:
	case s == nil:
		c.Reply.Int(0)
	default:
		c.Reply.Int(int64(s.Len()))
	}
}

// spop implements SPOP key [count]. Replicas are told which members went.
//
// Source: redis/src/t_set.c, spopCommand and spopWithCountCommand.
func spop(c *Call) {
	key := c.Args[1]
	if len(c.Args) > 2 {
		c.spopCount(key)
		return
	}
	s, ok := c.setOf(c.write(key))
	if !ok {
		return
	}
	if s == nil {
		c.Reply.Null()
		return
	}
	s = c.editSet(key)
	member := s.Random(c.Rand)
	s.RemoveValue(member)
	c.notify('s', "spop", key)
	c.propagateAs(wordSrem, key, c.textOf(member))
	c.replyString(member)
	if c.dropEmptySet(key, s) {
		c.notify('g', "del", key)
	}
	c.changed(key)
}

var wordSrem = []byte("SREM")

// textOf returns the bytes of a string value as a word of an Op.
func (c *Call) textOf(v store.Value) []byte {
	start := len(c.text)
	c.text = v.AppendTo(c.text)
	return c.text[start:len(c.text):len(c.text)]
}

func (c *Call) spopCount(key []byte) {
	if len(c.Args) > 3 {
		c.Reply.Error(errSyntax)
		return
	}
	count, ok := resp.ParseInt64(c.Args[2])
	if !ok || count < 0 {
		c.Reply.Error(errNotPositive)
		return
	}
	s, ok := c.setOf(c.write(key))
	if !ok {
		return
	}
	if s == nil || count == 0 {
		c.Reply.Set(0)
		return
	}
	c.notify('s', "spop", key)
	size := s.Len()
	c.Dirty += int(min(count, int64(size)))
	c.touch(key)
	if count >= int64(size) {
		c.replySet(s)
		c.db().Delete(key)
		c.notify('g', "del", key)
		c.propagateAs(c.deletion(c.Settings.Forms.UnlinkForSpop), key)
		return
	}
	s = c.editSet(key)
	c.Reply.Set(int(count))
	pop := func(member store.Value) {
		c.replyString(member)
		c.alsoTaken(key, c.textOf(member))
	}
	if stay := int64(size) - count; stay*popMostFactor > count {
		for range count {
			member := s.Random(c.Rand)
			s.RemoveValue(member)
			pop(member)
		}
	} else {
		// Few stay, so those are chosen. They make a set of their own, which may be small again.
		rest := store.NewSet()
		for range stay {
			member := s.Random(c.Rand)
			s.RemoveValue(member)
			rest.AddValue(member, &c.Settings.Limits)
		}
		for member := range s.All() {
			pop(member)
		}
		c.edit(key).Value = rest.Value()
	}
	c.onlyAlso()
}

// sremMost is how many members go out in one SREM, where SPOP does so.
//
// Source: valkey/src/t_set.c, spopWithCountCommand.
const sremMost = 1024

// alsoTaken adds the SREM of a member that SPOP took to the stream, or the member to the last one.
func (c *Call) alsoTaken(key, member []byte) {
	if n := len(c.ops); c.Settings.Forms.OneSrem && n > 0 && len(c.ops[n-1].Args) < 2+sremMost && is(c.ops[n-1].Args[0], "SREM") {
		c.ops[n-1].Args = append(c.ops[n-1].Args, member)
		return
	}
	c.also(wordSrem, key, member)
}

// popMostFactor says when what stays in a set is chosen instead of what is popped: when it is no more than that part of
// the latter.
//
// Source: redis/src/t_set.c, SPOP_MOVE_STRATEGY_MUL.
const popMostFactor = 5

// replySet answers with all members of a set.
func (c *Call) replySet(s *store.SetValue) {
	c.Reply.Set(s.Len())
	for member := range s.All() {
		c.replyString(member)
	}
}

// srandmember implements SRANDMEMBER key [count].
//
// Source: redis/src/t_set.c, srandmemberCommand and srandmemberWithCountCommand.
func srandmember(c *Call) {
	if len(c.Args) == 2 {
		s, ok := c.readSet()
		switch {
		case !ok:
		case s == nil:
			c.Reply.Null()
		default:
			c.replyString(s.Random(c.Rand))
		}
		return
	}
	if len(c.Args) > 3 {
		c.Reply.Error(errSyntax)
		return
	}
	count, ok := c.randomCount(2)
	if !ok {
		return
	}
	s, ok := c.readSet()
	if !ok {
		return
	}
	if s == nil || count == 0 {
		c.Reply.Array(0)
		return
	}
	switch choose(count, s.Len()) {
	case chooseAny:
		c.replyMany(-count, c.Reply.Array, func() { c.replyString(s.Random(c.Rand)) })
	case chooseAll:
		c.Reply.Array(s.Len())
		for member := range s.All() {
			c.replyString(member)
		}
	case chooseMost:
		c.Reply.Array(int(count))
		pick := sample{c.Rand, int(count), s.Len()}
		for member := range s.All() {
			if pick.takes() {
				c.replyString(member)
			}
		}
	default:
		c.Reply.Array(int(count))
		seen := store.NewSet()
		for seen.Len() < int(count) {
			if member := s.Random(c.Rand); seen.AddValue(member, &c.Settings.Limits) {
				c.replyString(member)
			}
		}
	}
}

// readSets looks up the sets at the keys, nil where there is none. Where there is something else it has answered so,
// and reports false. They are good until the database changes.
func (c *Call) readSets(keys [][]byte) (sets []*store.SetValue, ok bool) {
	sets = make([]*store.SetValue, len(keys))
	for i, key := range keys {
		if sets[i], ok = c.setOf(c.read(key)); !ok {
			return nil, false
		}
	}
	return sets, true
}

// sinter implements SINTER key [key ...] and SMEMBERS key.
func sinter(c *Call) {
	sets, ok := c.readSets(c.Args[1:])
	if !ok {
		return
	}
	if len(sets) == 1 && sets[0] != nil {
		c.replySet(sets[0])
		return
	}
	start, n := len(c.Reply.Buf), 0
	intersect(sets, func(member store.Value) bool {
		c.replyString(member)
		n++
		return true
	})
	c.Reply.SetFrom(start, n)
}

// intersect calls f for the members that are in all the sets, until it returns false. A set that is nil is empty.
//
// Source: redis/src/t_set.c, sinterGenericCommand.
func intersect(sets []*store.SetValue, f func(store.Value) bool) {
	if slices.Contains(sets, nil) {
		return
	}
	slices.SortStableFunc(sets, func(a, b *store.SetValue) int { return a.Len() - b.Len() })
members:
	for member := range sets[0].All() {
		for _, s := range sets[1:] {
			if s != sets[0] && !s.HasValue(member) {
				continue members
			}
		}
		if !f(member) {
			return
		}
	}
}

// sintercard implements SINTERCARD numkeys key [key ...] [LIMIT limit].
func sintercard(c *Call) {
	n, ok := resp.ParseInt64(c.Args[1])
	if !ok || n < 1 {
		c.Reply.Error(errNumKeys)
		return
	}
	if n > int64(len(c.Args)-2) {
		c.Reply.Error(errManyKeys)
		return
	}
	limit := int64(0)
	for i := 2 + int(n); i < len(c.Args); i += 2 {
		if i+1 == len(c.Args) || !is(c.Args[i], "LIMIT") {
			c.Reply.Error(errSyntax)
			return
		}
		if limit, ok = resp.ParseInt64(c.Args[i+1]); !ok || limit < 0 {
			c.Reply.Error(errLimit)
			return
		}
	}
	if limit == 0 {
		limit = math.MaxInt64
	}
	sets, ok := c.readSets(c.Args[2 : 2+n])
	if !ok {
		return
	}
	count := int64(0)
	intersect(sets, func(store.Value) bool {
		count++
		return count < limit
	})
	c.Reply.Int(count)
}

// sinterstore implements SINTERSTORE destination key [key ...].
func sinterstore(c *Call) {
	sets, ok := c.readSets(c.Args[2:])
	if !ok {
		return
	}
	result := store.NewSet()
	intersect(sets, func(member store.Value) bool { return result.AddValue(member, &c.Settings.Limits) })
	c.storeSet(result, "sinterstore")
}

// storeSet stores the result of a command at its first key, and answers with the number of members.
func (c *Call) storeSet(s *store.SetValue, event string) {
	key := c.Args[1]
	switch {
	case s.Len() > 0:
		c.setKey(key, s.Value(), 0)
		c.notify('s', event, key)
	case c.db().Delete(key):
		c.changed(key)
		c.notify('g', "del", key)
	}
	c.Reply.Int(int64(s.Len()))
}

// sunion, sunionstore, sdiff and sdiffstore implement SUNION key [key ...], SDIFF key [key ...], and the same two with
// a destination in front.
//
// Source: redis/src/t_set.c, sunionDiffGenericCommand.
func sunion(c *Call) {
	if sets, ok := c.readSets(c.Args[1:]); ok {
		c.replySet(c.union(sets))
	}
}

func sunionstore(c *Call) {
	if sets, ok := c.readSets(c.Args[2:]); ok {
		c.storeSet(c.union(sets), "sunionstore")
	}
}

func sdiff(c *Call) {
	if sets, ok := c.readSets(c.Args[1:]); ok {
		c.replySet(c.difference(sets))
	}
}

func sdiffstore(c *Call) {
	if sets, ok := c.readSets(c.Args[2:]); ok {
		c.storeSet(c.difference(sets), "sdiffstore")
	}
}

func (c *Call) union(sets []*store.SetValue) *store.SetValue {
	result := store.NewSet()
	for _, s := range sets {
		if s != nil {
			for member := range s.All() {
				result.AddValue(member, &c.Settings.Limits)
			}
		}
	}
	return result
}

// difference returns the members of the first set that are in none of the others. There are two ways to it, and the
// encoding of the result tells which one was gone: so the choice between them is Redis's.
func (c *Call) difference(sets []*store.SetValue) *store.SetValue {
	result := store.NewSet()
	first, others := sets[0], sets[1:]
	if first == nil || slices.Contains(others, first) {
		return result
	}
	others = slices.DeleteFunc(others, func(s *store.SetValue) bool { return s == nil })
	lookups, changes := first.Len(), first.Len()
	for _, s := range others {
		lookups += first.Len()
		changes += s.Len()
	}
	if lookups/2 <= changes {
	members:
		for member := range first.All() {
			for _, s := range others {
				if s.HasValue(member) {
					continue members
				}
			}
			result.AddValue(member, &c.Settings.Limits)
		}
		return result
	}
	for member := range first.All() {
		result.AddValue(member, &c.Settings.Limits)
	}
	for _, s := range others {
		for member := range s.All() {
			result.RemoveValue(member)
		}
	}
	return result
}

// sscan implements SSCAN key cursor [MATCH pattern] [COUNT count].
func sscan(c *Call) {
	cursor, ok := c.elementCursor()
	if !ok {
		return
	}
	s, ok := c.readSet()
	if !ok {
		return
	}
	if s == nil {
		c.replyScan(0, func(*elementScan) uint64 { return 0 })
		return
	}
	c.replyScan(3, func(scan *elementScan) uint64 {
		return s.Scan(cursor, scan.count, func(member store.Value) {
			if scan.pattern == nil || globValue(scan.pattern, member) {
				c.replyString(member)
				scan.words++
			}
		})
	})
}

// globValue is glob for a string value.
func globValue(pattern []byte, v store.Value) bool {
	if n, ok := v.Int(); ok {
		var text [20]byte
		return glob(pattern, strconv.AppendInt(text[:0], n, 10))
	}
	return glob(pattern, v.Str())
}
