package command

import (
	"math"
	"math/big"
	"time"

	"resync/engine"
	"resync/engine/resp"
	"resync/engine/store"
)

var listCommands = []Command{
	{Name: "LPUSH", Arity: -3, Flags: Write | DenyOOM | Fast, Keys: oneKey(KeyRW | KeyInsert), ACL: CatList, Do: lpush,
		Group: "list", Since: "1.0.0", Complexity: "O(N), N being the number of elements",
		Summary: "Put elements at the head of a list, one in front of the other",
		Syntax:  "key element [element ...]"},
	{Name: "RPUSH", Arity: -3, Flags: Write | DenyOOM | Fast, Keys: oneKey(KeyRW | KeyInsert), ACL: CatList, Do: rpush,
		Group: "list", Since: "1.0.0", Complexity: "O(N), N being the number of elements",
		Summary: "Put elements at the tail of a list",
		Syntax:  "key element [element ...]"},
	{Name: "LPUSHX", Arity: -3, Flags: Write | DenyOOM | Fast, Keys: oneKey(KeyRW | KeyInsert), ACL: CatList, Do: lpushx,
		Group: "list", Since: "2.2.0", Complexity: "O(N), N being the number of elements",
		Summary: "Put elements at the head of a list if there is one",
		Syntax:  "key element [element ...]"},
	{Name: "RPUSHX", Arity: -3, Flags: Write | DenyOOM | Fast, Keys: oneKey(KeyRW | KeyInsert), ACL: CatList, Do: rpushx,
		Group: "list", Since: "2.2.0", Complexity: "O(N), N being the number of elements",
		Summary: "Put elements at the tail of a list if there is one",
		Syntax:  "key element [element ...]"},
	{Name: "LPOP", Arity: -2, Flags: Write | Fast, Keys: oneKey(KeyRW | KeyAccess | KeyDelete), ACL: CatList, Do: lpop,
		Group: "list", Since: "1.0.0", Complexity: "O(N), N being the number of elements returned",
		Summary: "Take the first element of a list, or some of the first ones",
		Syntax:  "key [count]"},
	{Name: "RPOP", Arity: -2, Flags: Write | Fast, Keys: oneKey(KeyRW | KeyAccess | KeyDelete), ACL: CatList, Do: rpop,
		Group: "list", Since: "1.0.0", Complexity: "O(N), N being the number of elements returned",
		Summary: "Take the last element of a list, or some of the last ones",
		Syntax:  "key [count]"},
	{Name: "LLEN", Arity: 2, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO), ACL: CatList, Do: llen,
		Group: "list", Since: "1.0.0", Complexity: "O(1)",
		Summary: "Count the elements of a list",
		Syntax:  "key"},
	{Name: "LINDEX", Arity: 3, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatList, Do: lindex,
		Group: "list", Since: "1.0.0", Complexity: "O(N), N being the number of elements between the index and the nearer end",
		Summary: "Get the element of a list at an index",
		Syntax:  "key index"},
	{Name: "LINSERT", Arity: 5, Flags: Write | DenyOOM, Keys: oneKey(KeyRW | KeyInsert), ACL: CatList, Do: linsert,
		Group: "list", Since: "2.2.0", Complexity: "O(N), N being the number of elements up to the pivot",
		Summary: "Put an element in front of another one of a list, or behind it",
		Syntax:  "key BEFORE | AFTER pivot element"},
	{Name: "LRANGE", Arity: 4, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatList, Do: lrange,
		Group: "list", Since: "1.0.0", Complexity: "O(S+N), S being the distance of the start from the nearer end and N the number of elements returned",
		Summary: "Get the elements of a list from one index to another",
		Syntax:  "key start stop"},
	{Name: "LREM", Arity: 4, Flags: Write, Keys: oneKey(KeyRW | KeyDelete), ACL: CatList, Do: lrem,
		Group: "list", Since: "1.0.0", Complexity: "O(N), N being the number of elements in the list",
		Summary: "Remove some of the elements of a list that are equal to one, from the head or from the tail",
		Syntax:  "key count element"},
	{Name: "LSET", Arity: 4, Flags: Write | DenyOOM, Keys: oneKey(KeyRW | KeyUpdate), ACL: CatList, Do: lset,
		Group: "list", Since: "1.0.0", Complexity: "O(N), N being the number of elements between the index and the nearer end",
		Summary: "Replace the element of a list at an index",
		Syntax:  "key index element"},
	{Name: "LTRIM", Arity: 4, Flags: Write, Keys: oneKey(KeyRW | KeyDelete), ACL: CatList, Do: ltrim,
		Group: "list", Since: "1.0.0", Complexity: "O(N), N being the number of elements removed",
		Summary: "Remove the elements of a list outside of two indexes",
		Syntax:  "key start stop"},
	{Name: "LPOS", Arity: -3, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatList, Do: lpos,
		Group: "list", Since: "6.0.6", Complexity: "O(N), N being the number of elements compared",
		Summary: "Find the indexes of elements of a list that are equal to one",
		Syntax:  "key element [RANK rank] [COUNT num-matches] [MAXLEN len]"},
	{Name: "LMOVE", Arity: 5, Flags: Write | DenyOOM, Keys: listMoveKeys, ACL: CatList, Do: lmove,
		Group: "list", Since: "6.2.0", Complexity: "O(1)",
		Summary: "Take an element from an end of a list and put it at an end of another one",
		Syntax:  "source destination LEFT | RIGHT LEFT | RIGHT"},
	{Name: "RPOPLPUSH", Arity: 3, Flags: Write | DenyOOM, Keys: listMoveKeys, ACL: CatList, Do: rpoplpush,
		Group: "list", Since: "1.2.0", Complexity: "O(1)",
		Deprecated: "6.2.0", ReplacedBy: "`LMOVE` with the `RIGHT` and `LEFT` arguments",
		Summary: "Take the last element of a list and put it at the head of another one",
		Syntax:  "source destination"},
	{Name: "LMPOP", Arity: -4, Flags: Write | MovableKeys, Keys: countedKeys(1, KeyRW|KeyAccess|KeyDelete), ACL: CatList, Do: lmpop,
		Group: "list", Since: "7.0.0", Complexity: "O(N+M), N being the number of keys and M that of the elements returned",
		Summary: "Take elements from an end of the first of some lists that there is",
		Syntax:  "numkeys key [key ...] LEFT | RIGHT [COUNT count]"},
	{Name: "BLPOP", Arity: -3, Flags: Write | NoScript | Blocking, Keys: untilTimeout, ACL: CatList, Do: blpop,
		Group: "list", Since: "2.0.0", Complexity: "O(N), N being the number of keys",
		Summary: "Take the first element of the first of some lists that there is, or wait for one",
		Syntax:  "key [key ...] timeout"},
	{Name: "BRPOP", Arity: -3, Flags: Write | NoScript | Blocking, Keys: untilTimeout, ACL: CatList, Do: brpop,
		Group: "list", Since: "2.0.0", Complexity: "O(N), N being the number of keys",
		Summary: "Take the last element of the first of some lists that there is, or wait for one",
		Syntax:  "key [key ...] timeout"},
	{Name: "BLMOVE", Arity: 6, Flags: Write | DenyOOM | NoScript | Blocking, Keys: listMoveKeys, ACL: CatList, Do: blmove,
		Group: "list", Since: "6.2.0", Complexity: "O(1)",
		Summary: "Take an element from an end of a list, waiting for one, and put it at an end of another one",
		Syntax:  "source destination LEFT | RIGHT LEFT | RIGHT timeout"},
	{Name: "BRPOPLPUSH", Arity: 4, Flags: Write | DenyOOM | NoScript | Blocking, Keys: listMoveKeys, ACL: CatList, Do: brpoplpush,
		Group: "list", Since: "2.2.0", Complexity: "O(1)",
		Deprecated: "6.2.0", ReplacedBy: "`BLMOVE` with the `RIGHT` and `LEFT` arguments",
		Summary: "Take the last element of a list, waiting for one, and put it at the head of another one",
		Syntax:  "source destination timeout"},
	{Name: "BLMPOP", Arity: -5, Flags: Write | Blocking | MovableKeys, Keys: countedKeys(2, KeyRW|KeyAccess|KeyDelete), ACL: CatList, Do: blmpop,
		Group: "list", Since: "7.0.0", Complexity: "O(N+M), N being the number of keys and M that of the elements returned",
		Summary: "Take elements from an end of the first of some lists that there is, or wait for one",
		Syntax:  "timeout numkeys key [key ...] LEFT | RIGHT [COUNT count]"},
}

var (
	untilTimeout = []KeySpec{{Begin: 1, Last: -2, Step: 1, Flags: KeyRW | KeyAccess | KeyDelete}}
	listMoveKeys = []KeySpec{
		{Begin: 1, Step: 1, Flags: KeyRW | KeyAccess | KeyDelete},
		{Begin: 2, Step: 1, Flags: KeyRW | KeyInsert},
	}
)

// isList reports whether the entry, which may be nil, may be used as a list. Else it has answered so.
func (c *Call) isList(e *store.Entry) bool {
	if e == nil || e.Value.Kind() == store.List {
		return true
	}
	c.Reply.Error(errWrongType)
	return false
}

// readList looks a list up for a command that does not mean to change it. It returns nil and true when there is none,
// and false when it has answered that the key holds something else.
func (c *Call) readList(key []byte) (*store.ListValue, bool) {
	e := c.read(key)
	if e == nil || !c.isList(e) {
		return nil, e == nil
	}
	return e.Value.List(), true
}

// writeList looks a list up for a command that is about to change it, as readList does. The list may only be read; see
// editList.
func (c *Call) writeList(key []byte) (*store.ListValue, bool) {
	e := c.write(key)
	if e == nil || !c.isList(e) {
		return nil, e == nil
	}
	return e.Value.List(), true
}

// editList returns the list at a key, which is one, for changing it.
func (c *Call) editList(key []byte) *store.ListValue {
	list := c.edit(key).Value.List()
	list.Obey(&c.Settings.Limits)
	return list
}

// replyItem answers with an element.
func (c *Call) replyItem(item store.ListItem) {
	if n, ok := item.Int(); ok {
		c.Reply.BulkInt(n)
		return
	}
	c.Reply.Bulk(item.Bytes())
}

// atLeast reads the argument at i. When it is no integer or less than the least one it answers with the message
// and reports false.
//
// Source: redis/src/object.c, getRangeLongFromObjectOrReply with a message.
func (c *Call) atLeast(i int, least int64, message string) (int64, bool) {
	n, ok := resp.ParseInt64(c.Args[i])
	if !ok || n < least {
		c.Reply.Error(message)
		return 0, false
	}
	return n, true
}

// The events of each end.
var (
	pushEvent = [...]string{store.ListHead: "lpush", store.ListTail: "rpush"}
	popEvent  = [...]string{store.ListHead: "lpop", store.ListTail: "rpop"}
)

// The words of each end.
var (
	wordPop = [...][]byte{store.ListHead: []byte("LPOP"), store.ListTail: []byte("RPOP")}
	wordEnd = [...][]byte{store.ListHead: []byte("left"), store.ListTail: []byte("right")}

	wordLMove, wordRPopLPush = []byte("LMOVE"), []byte("RPOPLPUSH")
)

// listEnd reads LEFT or RIGHT at i. When it is neither it answers so and reports false.
func (c *Call) listEnd(i int) (end store.ListEnd, ok bool) {
	switch {
	case is(c.Args[i], "LEFT"):
		return store.ListHead, true
	case is(c.Args[i], "RIGHT"):
		return store.ListTail, true
	}
	c.Reply.Error(errSyntax)
	return 0, false
}

// lpush, rpush, lpushx and rpushx implement the commands of their names.
func lpush(c *Call)  { c.push(store.ListHead, false) }
func rpush(c *Call)  { c.push(store.ListTail, false) }
func lpushx(c *Call) { c.push(store.ListHead, true) }
func rpushx(c *Call) { c.push(store.ListTail, true) }

// Source: redis/src/t_list.c, pushGenericCommand.
func (c *Call) push(end store.ListEnd, onlyExisting bool) {
	key := c.Args[1]
	list, ok := c.writeList(key)
	switch {
	case !ok:
		return
	case list == nil && onlyExisting:
		c.Reply.Int(0)
		return
	case list == nil:
		c.create(key, store.NewList(&c.Settings.Limits).Value(), 0)
	}
	list = c.editList(key)
	for _, element := range c.Args[2:] {
		list.Push(end, element)
	}
	c.Reply.Int(int64(list.Len()))
	c.touch(key)
	c.Dirty += len(c.Args) - 2
	c.notify('l', pushEvent[end], key)
}

// lpop and rpop implement LPOP key [count] and RPOP key [count].
func lpop(c *Call) { c.pop(store.ListHead) }
func rpop(c *Call) { c.pop(store.ListTail) }

// Source: redis/src/t_list.c, popGenericCommand.
func (c *Call) pop(end store.ListEnd) {
	if len(c.Args) > 3 {
		c.Reply.Error(WrongArity(c.Cmd))
		return
	}
	counted, count := len(c.Args) == 3, int64(1)
	if counted {
		var ok bool
		if count, ok = c.atLeast(2, 0, errNotPositive); !ok {
			return
		}
	}
	key := c.Args[1]
	list, ok := c.writeList(key)
	switch {
	case !ok:
	case list == nil && counted:
		c.Reply.NullArray()
	case list == nil:
		c.Reply.Null()
	case !counted:
		c.replyItem(list.At(endIndex(list, end)))
		c.popped(key, end, 1)
	case count == 0:
		c.Reply.Array(0)
	default:
		c.popSome(key, list, end, count)
	}
}

// endIndex returns the index of the element at an end.
func endIndex(list *store.ListValue, end store.ListEnd) int {
	if end == store.ListHead {
		return 0
	}
	return list.Len() - 1
}

// popSome takes up to count elements from an end, answers with them in that order, and returns how many there were.
func (c *Call) popSome(key []byte, list *store.ListValue, end store.ListEnd, count int64) (n int) {
	n = int(min(count, int64(list.Len())))
	c.Reply.Array(n)
	left := n
	for item := range list.Starting(end) {
		if left == 0 {
			break
		}
		left--
		c.replyItem(item)
	}
	c.popped(key, end, n)
	return n
}

// popped removes n elements from an end, and the key when that were all.
//
// Source: redis/src/t_list.c, listElementsRemoved.
func (c *Call) popped(key []byte, end store.ListEnd, n int) {
	list := c.editList(key)
	from := 0
	if end == store.ListTail {
		from = list.Len() - n
	}
	list.Remove(from, n)
	c.touch(key)
	c.Dirty += n
	c.notify('l', popEvent[end], key)
	c.dropEmptyList(key, list)
}

// dropEmptyList deletes a list that has no elements.
func (c *Call) dropEmptyList(key []byte, list *store.ListValue) {
	if list.Len() == 0 {
		c.db().Delete(key)
		c.notify('g', "del", key)
	}
}

// llen implements LLEN key.
func llen(c *Call) {
	list, ok := c.readList(c.Args[1])
	switch {
	case !ok:
	case list == nil:
		c.Reply.Int(0)
	default:
		c.Reply.Int(int64(list.Len()))
	}
}

// lindex implements LINDEX key index. The index is looked at only when there is a list.
func lindex(c *Call) {
	list, ok := c.readList(c.Args[1])
	if !ok {
		return
	}
	if list == nil {
		c.Reply.Null()
		return
	}
	n, ok := c.integer(2)
	if !ok {
		return
	}
	if i, ok := listIndex(list, n); ok {
		c.replyItem(list.At(i))
	} else {
		c.Reply.Null()
	}
}

// listIndex turns an index as users give it, negative from the tail, into one of the list.
func listIndex(list *store.ListValue, n int64) (i int, ok bool) {
	length := int64(list.Len())
	if n < 0 {
		n += length
	}
	return int(n), 0 <= n && n < length
}

// listRange turns two indexes as users give them, both included, into those of the list. It returns start after end
// when there is nothing between them.
//
// Source: redis/src/t_list.c, addListRangeReply and ltrimCommand.
func listRange(list *store.ListValue, start, end int64) (int, int) {
	length := int64(list.Len())
	if start < 0 {
		start = max(start+length, 0)
	}
	if end < 0 {
		end += length
	}
	if start > end || start >= length {
		return 0, -1
	}
	return int(start), int(min(end, length-1))
}

// linsert implements LINSERT key BEFORE|AFTER pivot element.
func linsert(c *Call) {
	behind := is(c.Args[2], "AFTER")
	if !behind && !is(c.Args[2], "BEFORE") {
		c.Reply.Error(errSyntax)
		return
	}
	key, pivot := c.Args[1], c.Args[3]
	list, ok := c.writeList(key)
	if !ok {
		return
	}
	if list == nil {
		c.Reply.Int(0)
		return
	}
	i := 0
	for item := range list.All() {
		if item.Is(pivot) {
			break
		}
		i++
	}
	if i == list.Len() {
		c.Reply.Int(-1)
		return
	}
	list = c.editList(key)
	list.Insert(i, behind, c.Args[4])
	c.changed(key)
	c.notify('l', "linsert", key)
	c.Reply.Int(int64(list.Len()))
}

// lrange implements LRANGE key start stop.
func lrange(c *Call) {
	start, ok := c.integer(2)
	if !ok {
		return
	}
	end, ok := c.integer(3)
	if !ok {
		return
	}
	list, ok := c.readList(c.Args[1])
	if !ok {
		return
	}
	if list == nil {
		c.Reply.Array(0)
		return
	}
	from, to := listRange(list, start, end)
	left := to - from + 1
	c.Reply.Array(left)
	if left == 0 {
		return
	}
	for item := range list.From(from) {
		c.replyItem(item)
		if left--; left == 0 {
			break
		}
	}
}

// lrem implements LREM key count element: from the head, or from the tail when count is negative; 0 for all.
func lrem(c *Call) {
	count, ok := c.integer(2)
	if !ok {
		return
	}
	key := c.Args[1]
	list, ok := c.writeList(key)
	if !ok {
		return
	}
	if list == nil {
		c.Reply.Int(0)
		return
	}
	end := store.ListHead
	if count < 0 {
		// The least integer has no opposite, and is as good as all.
		end, count = store.ListTail, max(-count, 0)
	}
	list = c.editList(key)
	removed := list.RemoveEqual(c.Args[3], int(count), end)
	if removed > 0 {
		c.touch(key)
		c.Dirty += removed
		c.notify('l', "lrem", key)
		c.dropEmptyList(key, list)
	}
	c.Reply.Int(int64(removed))
}

// lset implements LSET key index element.
func lset(c *Call) {
	key := c.Args[1]
	list, ok := c.writeList(key)
	if !ok {
		return
	}
	if list == nil {
		c.Reply.Error(errNoSuchKey)
		return
	}
	n, ok := c.integer(2)
	if !ok {
		return
	}
	i, ok := listIndex(list, n)
	if !ok {
		c.Reply.Error(errIndexRange)
		return
	}
	c.editList(key).Set(i, c.Args[3])
	c.changed(key)
	c.notify('l', "lset", key)
	c.Reply.OK()
}

// ltrim implements LTRIM key start stop.
//
// Source: redis/src/t_list.c, ltrimCommand, which reports an event even when nothing goes.
func ltrim(c *Call) {
	start, ok := c.integer(2)
	if !ok {
		return
	}
	end, ok := c.integer(3)
	if !ok {
		return
	}
	key := c.Args[1]
	list, ok := c.writeList(key)
	if !ok {
		return
	}
	if list != nil {
		from, to := listRange(list, start, end)
		length := list.Len()
		list = c.editList(key)
		list.Remove(to+1, length-to-1)
		list.Remove(0, from)
		c.touch(key)
		c.Dirty += length - list.Len()
		c.notify('l', "ltrim", key)
		c.dropEmptyList(key, list)
	}
	c.Reply.OK()
}

// lpos implements LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len].
//
// Source: redis/src/t_list.c, lposCommand. A rank of -2^63 has no opposite; sums with it wrap around there and here.
func lpos(c *Call) {
	rank, count, most := int64(1), int64(-1), int64(0)
	for i := 3; i < len(c.Args); i += 2 {
		ok := false
		switch word := c.Args[i]; {
		case i+1 == len(c.Args):
		case is(word, "RANK"):
			if rank, ok = c.integer(i + 1); !ok {
				return
			}
			if rank == 0 {
				c.Reply.Error(errRankZero)
				return
			}
		case is(word, "COUNT"):
			if count, ok = c.atLeast(i+1, 0, errCountNegative); !ok {
				return
			}
		case is(word, "MAXLEN"):
			if most, ok = c.atLeast(i+1, 0, errMaxLenNegative); !ok {
				return
			}
		}
		if !ok {
			c.Reply.Error(errSyntax)
			return
		}
	}
	list, ok := c.readList(c.Args[1])
	if !ok {
		return
	}
	start, found := len(c.Reply.Buf), 0
	if list != nil {
		end, at, step := store.ListHead, 0, 1
		if rank < 0 {
			rank = -rank
			end, at, step = store.ListTail, list.Len()-1, -1
		}
		matches, compared := int64(0), int64(0)
		for item := range list.Starting(end) {
			if most > 0 && compared == most {
				break
			}
			compared++
			if item.Is(c.Args[2]) {
				if matches++; matches >= rank {
					c.Reply.Int(int64(at))
					found++
					if count < 0 || count > 0 && matches-rank+1 >= count {
						break
					}
				}
			}
			at += step
		}
	}
	switch {
	case count >= 0:
		c.Reply.ArrayFrom(start, found)
	case found == 0:
		c.Reply.Null()
	}
}

// lmove implements LMOVE source destination LEFT|RIGHT LEFT|RIGHT, rpoplpush RPOPLPUSH source destination, blmove
// BLMOVE source destination LEFT|RIGHT LEFT|RIGHT timeout, and brpoplpush BRPOPLPUSH source destination timeout.
func lmove(c *Call) {
	if from, to, ok := c.listEnds(); ok {
		c.moveElement(from, to)
	}
}

func rpoplpush(c *Call) { c.moveElement(store.ListTail, store.ListHead) }

func blmove(c *Call) {
	if from, to, ok := c.listEnds(); ok {
		c.moveOrWait(from, to, 5)
	}
}

func brpoplpush(c *Call) { c.moveOrWait(store.ListTail, store.ListHead, 3) }

func (c *Call) listEnds() (from, to store.ListEnd, ok bool) {
	if from, ok = c.listEnd(3); !ok {
		return
	}
	to, ok = c.listEnd(4)
	return from, to, ok
}

// Source: redis/src/t_list.c, blmoveGenericCommand and serveClientBlockedOnList.
func (c *Call) moveOrWait(from, to store.ListEnd, timeout int) {
	until, ok := c.timeout(timeout)
	if !ok {
		return
	}
	source := c.Args[1]
	e := c.write(source)
	switch {
	case e != nil && e.Value.Kind() == store.List:
		element, moved := c.moveElement(from, to)
		if !moved {
			return
		}
		switch {
		case len(c.Args) == 4:
			c.sendRPopLPush(source, c.Args[2], element)
		case c.Served:
			c.sendServed(wordLMove, source, c.Args[2], wordEnd[from], wordEnd[to])
		default:
			c.sendServed(wordLMove, source, c.Args[2], c.Args[3], c.Args[4])
		}
	case e == nil || c.Served:
		if !c.park(c.Args[1:2], until) {
			c.Reply.Null()
		}
	default:
		c.Reply.Error(errWrongType)
	}
}

// moveElement takes an element from one end of the list at the first key, puts it at one end of that at the second
// key, answers with it, and reports whether it did.
//
// Source: redis/src/t_list.c, lmoveGenericCommand and lmoveHandlePush, whose order of events this is.
func (c *Call) moveElement(from, to store.ListEnd) (element []byte, moved bool) {
	source, target := c.Args[1], c.Args[2]
	list, ok := c.writeList(source)
	if !ok {
		return nil, false
	}
	if list == nil {
		c.Reply.Null()
		return nil, false
	}
	other, ok := c.writeList(target)
	if !ok {
		return nil, false
	}
	list = c.editList(source) // which the lookup of the target may have moved
	i := endIndex(list, from)
	element = list.At(i).AppendTo(c.text[len(c.text):])
	list.Remove(i, 1)
	if other == nil {
		c.create(target, store.NewList(&c.Settings.Limits).Value(), 0)
	}
	c.editList(target).Push(to, element)
	c.touch(target)
	c.notify('l', pushEvent[to], target)
	c.Reply.Bulk(element)

	c.notify('l', popEvent[from], source)
	c.dropEmptyList(source, c.editList(source))
	c.changed(source)
	return element, true
}

// lmpop implements LMPOP numkeys key [key ...] LEFT|RIGHT [COUNT count].
//
// Source: redis/src/t_list.c, lmpopGenericCommand and mpopGenericCommand.
func lmpop(c *Call) {
	keys, end, count, ok := c.parseMultiPop(1)
	if ok && !c.popFirst(keys, end, count) {
		c.Reply.NullArray()
	}
}

// blmpop implements BLMPOP timeout numkeys key [key ...] LEFT|RIGHT [COUNT count].
func blmpop(c *Call) {
	if keys, end, count, ok := c.parseMultiPop(2); ok {
		c.popOrWait(keys, end, 1, count)
	}
}

// parseMultiPop reads the words from the number of the keys on.
func (c *Call) parseMultiPop(numkeys int) (keys [][]byte, end store.ListEnd, count int64, ok bool) {
	n, ok := c.atLeast(numkeys, 1, errNumKeys)
	if !ok {
		return
	}
	rest := c.Args[numkeys+1:]
	if n >= int64(len(rest)) {
		c.Reply.Error(errSyntax)
		return nil, 0, 0, false
	}
	where := numkeys + 1 + int(n)
	if end, ok = c.listEnd(where); !ok {
		return
	}
	count = 1
	switch {
	case len(c.Args) == where+1:
	case len(c.Args) >= where+3 && is(c.Args[where+1], "COUNT"):
		if count, ok = c.atLeast(where+2, 1, errCountZero); !ok {
			return
		}
		if len(c.Args) == where+3 {
			break
		}
		fallthrough
	default:
		c.Reply.Error(errSyntax)
		return nil, 0, 0, false
	}
	return rest[:n], end, count, true
}

// blpop and brpop implement BLPOP key [key ...] timeout and BRPOP key [key ...] timeout.
func blpop(c *Call) { c.popOrWait(c.Args[1:len(c.Args)-1], store.ListHead, len(c.Args)-1, 0) }
func brpop(c *Call) { c.popOrWait(c.Args[1:len(c.Args)-1], store.ListTail, len(c.Args)-1, 0) }

// Source: redis/src/t_list.c, blockingPopGenericCommand.
func (c *Call) popOrWait(keys [][]byte, end store.ListEnd, timeout int, count int64) {
	if until, ok := c.timeout(timeout); ok && !c.popFirst(keys, end, count) {
		if !c.park(keys, until) {
			c.Reply.NullArray()
		}
	}
}

// popFirst takes up to count elements from the first list that there is, and answers with its key and those: in an
// array of their own, or for a count of 0, the one that there is then, without. It reports false, and has not answered,
// when there is no list.
func (c *Call) popFirst(keys [][]byte, end store.ListEnd, count int64) bool {
	for _, key := range keys {
		e := c.write(key)
		if e == nil || c.Served && e.Value.Kind() != store.List {
			continue
		}
		if !c.isList(e) {
			return true
		}
		list := e.Value.List()
		c.Reply.Array(2)
		c.Reply.Bulk(key)
		words := [3][]byte{wordPop[end], key}
		said := words[:2]
		if count == 0 {
			c.replyItem(list.At(endIndex(list, end)))
			c.popped(key, end, 1)
		} else {
			n := c.popSome(key, list, end, count)
			words[2] = c.number(int64(n))
			said = words[:]
		}
		dirty := c.Dirty
		c.sendServed(said...)
		if count > 0 {
			c.Dirty = dirty // only elements that are popped by number are counted in any case
		}
		return true
	}
	return false
}

// sendRPopLPush sets what goes into the stream for BRPOPLPUSH. What was served later was two commands until 6.2.
//
// Source: redis/src/t_list.c of 4.0, serveClientBlockedOnList.
func (c *Call) sendRPopLPush(source, target, element []byte) {
	if c.Served && c.Settings.Forms.ServedInTwo {
		c.also(wordPop[store.ListTail], source)
		c.sendServed(wordLPush, target, element)
		return
	}
	c.sendServed(wordRPopLPush, source, target)
}

var wordLPush = []byte("LPUSH")

// sendServed sets what goes into the stream for a command that may have waited. For one that has, Redis counts no
// change, so that it would not be sent by itself.
func (c *Call) sendServed(words ...[]byte) {
	if !c.Served {
		c.propagateAs(words...)
		return
	}
	c.also(words...)
	c.onlyAlso()
	c.Dirty = 0
}

// park makes the client wait for one of the keys to become a list, and reports whether it can: one that cannot is
// answered at once.
//
// Source: redis/src/blocked.c, blockForKeys.
func (c *Call) park(keys [][]byte, until engine.Instant) bool {
	if !c.MayBlock {
		return false
	}
	c.Wait = &Wait{Kind: store.List, Until: until, Keys: make([]string, len(keys))}
	for i, key := range keys {
		c.Wait.Keys[i] = string(key)
	}
	return true
}

// timeout reads the seconds at i, which may have a fraction, and returns the moment when they are over: 0 for never,
// which 0 seconds stand for, and centuries too. When they are no time it answers so and reports false.
//
// Source: redis/src/timeout.c, getTimeoutFromObjectOrReply. Milliseconds that no 64 bits hold become the least of all
// integers there, so that they are said to be negative.
func (c *Call) timeout(i int) (until engine.Instant, ok bool) {
	n, ok := parseNumber(c.Args[i])
	if !ok {
		c.Reply.Error(errTimeout)
		return 0, false
	}
	var millis big.Float
	millis.SetPrec(longDoubleBits).Mul(&n.f, big.NewFloat(1000))
	whole, accuracy := millis.Int64() // towards zero
	fits := !n.infinite && (accuracy == big.Exact || whole != math.MaxInt64 && whole != math.MinInt64)
	if millis.Sign() > 0 && accuracy == big.Below {
		whole++
	}
	if !fits || whole < 0 {
		c.Reply.Error(errTimeoutBelow)
		return 0, false
	}
	if whole == 0 || whole > (math.MaxInt64-int64(c.Now))/int64(time.Millisecond) {
		return 0, true
	}
	return c.Now.Add(time.Duration(whole) * time.Millisecond), true
}
