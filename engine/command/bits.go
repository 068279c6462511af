package command

import (
	"encoding/binary"
	"math"
	"math/bits"

	"resync/engine/resp"
	"resync/engine/store"
)

var bitCommands = []Command{
	{Name: "SETBIT", Arity: 4, Flags: Write | DenyOOM, Keys: oneKey(KeyRW | KeyAccess | KeyUpdate), ACL: CatBitmap, Do: setbit,
		Group: "bitmap", Since: "2.2.0", Complexity: "O(1)",
		Summary: "Set or clear one bit of the string at a key, and get what it was",
		Syntax:  "key offset value"},
	{Name: "GETBIT", Arity: 3, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO | KeyAccess), ACL: CatBitmap, Do: getbit,
		Group: "bitmap", Since: "2.2.0", Complexity: "O(1)",
		Summary: "Get one bit of the string at a key",
		Syntax:  "key offset"},
	{Name: "BITCOUNT", Arity: -2, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatBitmap, Do: bitcount,
		Group: "bitmap", Since: "2.6.0", Complexity: "O(N), N being the length of the part that is counted",
		Summary: "Count the bits that are set in a string or a part of it",
		Syntax:  "key [start end [BYTE | BIT]]"},
	{Name: "BITPOS", Arity: -3, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatBitmap, Do: bitpos,
		Group: "bitmap", Since: "2.8.7", Complexity: "O(N), N being the length of the part that is searched",
		Summary: "Find the first bit that is set, or is not, in a string or a part of it",
		Syntax:  "key bit [start [end [BYTE | BIT]]]"},
	{Name: "BITOP", Arity: -4, Flags: Write | DenyOOM, ACL: CatBitmap, Do: bitop,
		Keys: []KeySpec{
			{Begin: 2, Step: 1, Flags: KeyOW | KeyUpdate},
			{Begin: 3, Last: -1, Step: 1, Flags: KeyRO | KeyAccess},
		},
		Group: "bitmap", Since: "2.6.0", Complexity: "O(N), N being the length of the longest string",
		Summary: "Combine strings bit by bit into another key",
		Syntax:  "AND | OR | XOR | NOT destkey key [key ...]"},
	{Name: "BITFIELD", Arity: -2, Flags: Write | DenyOOM, Keys: oneKey(KeyRW | KeyAccess | KeyUpdate | KeyVariable), ACL: CatBitmap, Do: bitfield, KeyFlags: bitfieldKeyFlags,
		Group: "bitmap", Since: "3.2.0", Complexity: "O(1) for each operation",
		Summary: "Get, set and increment integers of any width inside a string",
		Syntax:  "key [GET encoding offset | [OVERFLOW WRAP | SAT | FAIL] SET encoding offset value | INCRBY encoding offset increment [GET encoding offset | [OVERFLOW WRAP | SAT | FAIL] SET encoding offset value | INCRBY encoding offset increment ...]]"},
	{Name: "BITFIELD_RO", Arity: -2, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO | KeyAccess), ACL: CatBitmap, Do: bitfieldRO,
		Group: "bitmap", Since: "6.0.0", Complexity: "O(1) for each operation",
		Summary: "Get integers of any width inside a string",
		Syntax:  "key [GET encoding offset [GET encoding offset ...]]"},
}

// bitOffset reads the argument at i as the position of a bit. With a width, as BITFIELD has it, "#" in front counts
// in integers of that many bits. When it is no position it answers so and reports false.
//
// Source: redis/src/bitops.c, getBitOffsetFromArgument.
func (c *Call) bitOffset(i, width int) (offset int64, ok bool) {
	word := c.Args[i]
	scale := int64(1)
	if width > 0 && len(word) > 0 && word[0] == '#' {
		word, scale = word[1:], int64(width)
	}
	offset, ok = resp.ParseInt64(word)
	offset *= scale
	if !ok || offset < 0 || offset>>3 >= c.longest() {
		c.Reply.Error(errBitOffset)
		return 0, false
	}
	return offset, true
}

// bitString returns the bytes of the string at the key for changing in place, with room for the bit at offset, and
// whether it had to be made or to grow. When the key holds something else it answers so and reports false.
//
// Source: redis/src/bitops.c, lookupStringForBitCommand.
func (c *Call) bitString(offset int64) (b []byte, grown, ok bool) {
	key, size := c.Args[1], int(offset>>3)+1
	e := c.write(key)
	if !c.isString(e) {
		return nil, false, false
	}
	if e == nil {
		c.create(key, store.RawString(nil), 0)
		return c.db().EditString(key, size), true, true
	}
	grown = e.Value.Len() < size
	return c.db().EditString(key, size), grown, true
}

// stringToRead returns the text at a key, "" when there is none. When it holds something else it answers so and
// reports false.
func (c *Call) stringToRead(key []byte) (text string, there, ok bool) {
	e := c.read(key)
	if e == nil {
		return "", false, true
	}
	if !c.isString(e) {
		return "", true, false
	}
	return e.Value.Str(), true, true
}

// setbit implements SETBIT key offset value.
//
// Source: redis/src/bitops.c, setbitCommand.
func setbit(c *Call) {
	offset, ok := c.bitOffset(2, 0)
	if !ok {
		return
	}
	on, ok := resp.ParseInt64(c.Args[3])
	if !ok || on != 0 && on != 1 {
		c.Reply.Error(errBit)
		return
	}
	b, grown, ok := c.bitString(offset)
	if !ok {
		return
	}
	at, shift := offset>>3, 7-offset&7
	was := int64(b[at]>>shift) & 1
	if grown || was != on {
		b[at] = b[at]&^(1<<shift) | byte(on)<<shift
		c.changed(c.Args[1])
		c.notify('$', "setbit", c.Args[1])
	}
	c.Reply.Int(was)
}

// getbit implements GETBIT key offset.
func getbit(c *Call) {
	offset, ok := c.bitOffset(2, 0)
	if !ok {
		return
	}
	text, _, ok := c.stringToRead(c.Args[1])
	if !ok {
		return
	}
	c.Reply.Int(int64(bitsAt(text, offset, 1)))
}

// bitsAt returns the unsigned integer of up to 64 bits at offset. Behind the end of the text all bits are zero.
func bitsAt[T string | []byte](text T, offset int64, width int) (n uint64) {
	for i := offset; i < offset+int64(width); i++ {
		n <<= 1
		if i>>3 < int64(len(text)) {
			n |= uint64(text[i>>3]>>(7-i&7)) & 1
		}
	}
	return n
}

// A bitRange is a part of a string: bytes from first to last, of which some bits at both ends do not count. It is
// empty when first is behind last.
type bitRange struct {
	first, last      int64
	offHead, offTail byte // the bits of the first and of the last byte that do not count
}

// parseBitRange makes a range of two positions, which count from the end when negative, in a string of n bytes.
func parseBitRange(start, end, n int64, inBits bool) (r bitRange) {
	if inBits {
		n <<= 3
	}
	if start < 0 {
		start = max(start+n, 0)
	}
	if end < 0 {
		end = max(end+n, 0)
	}
	end = min(end, n-1)
	if inBits && start <= end {
		r.offHead, r.offTail = ^byte(0xFF>>(start&7)), 1<<(7-end&7)-1
		start, end = start>>3, end>>3
	}
	r.first, r.last = start, end
	return r
}

// rangeUnit reads the word BYTE or BIT at i. When it is neither it answers so and reports false.
func (c *Call) rangeUnit(i int) (inBits, ok bool) {
	switch {
	case is(c.Args[i], "BIT"):
		return true, true
	case is(c.Args[i], "BYTE"):
		return false, true
	}
	c.Reply.Error(errSyntax)
	return false, false
}

// bitcount implements BITCOUNT key [start end [BYTE|BIT]]. The range is looked at only when there is a string.
//
// Source: redis/src/bitops.c, bitcountCommand.
func bitcount(c *Call) {
	text, there, ok := c.stringToRead(c.Args[1])
	if !ok {
		return
	}
	if !there {
		c.Reply.Int(0)
		return
	}
	r := bitRange{last: int64(len(text)) - 1}
	switch len(c.Args) {
	case 2:
	case 4, 5:
		start, ok := c.integer(2)
		if !ok {
			return
		}
		end, ok := c.integer(3)
		if !ok {
			return
		}
		if start < 0 && end < 0 && start > end {
			c.Reply.Int(0)
			return
		}
		inBits := false
		if len(c.Args) == 5 {
			if inBits, ok = c.rangeUnit(4); !ok {
				return
			}
		}
		r = parseBitRange(start, end, int64(len(text)), inBits)
	default:
		c.Reply.Error(errSyntax)
		return
	}
	if r.first > r.last {
		c.Reply.Int(0)
		return
	}
	n := countBits(text[r.first : r.last+1])
	n -= bits.OnesCount8(text[r.first]&r.offHead) + bits.OnesCount8(text[r.last]&r.offTail)
	c.Reply.Int(int64(n))
}

func countBits(s string) (n int) {
	for ; len(s) >= 8; s = s[8:] {
		n += bits.OnesCount64(word64(s))
	}
	for i := range len(s) {
		n += bits.OnesCount8(s[i])
	}
	return n
}

// word64 returns the first eight bytes of s, the first one highest.
func word64(s string) uint64 {
	_ = s[7]
	return uint64(s[0])<<56 | uint64(s[1])<<48 | uint64(s[2])<<40 | uint64(s[3])<<32 |
		uint64(s[4])<<24 | uint64(s[5])<<16 | uint64(s[6])<<8 | uint64(s[7])
}

// bitpos implements BITPOS key bit [start [end [BYTE|BIT]]].
//
// Source: redis/src/bitops.c, bitposCommand. A missing key is an endless row of zeros, and so is what follows a
// string unless an end was given.
func bitpos(c *Call) {
	bit, ok := c.integer(2)
	if !ok {
		return
	}
	if bit != 0 && bit != 1 {
		c.Reply.Error(errBitArgument)
		return
	}
	text, there, ok := c.stringToRead(c.Args[1])
	if !ok {
		return
	}
	if !there {
		c.Reply.Int(-bit)
		return
	}
	start, end, inBits := int64(0), int64(len(text))-1, false
	if len(c.Args) > 6 {
		c.Reply.Error(errSyntax)
		return
	}
	if len(c.Args) >= 4 {
		if start, ok = c.integer(3); !ok {
			return
		}
	}
	if len(c.Args) == 6 {
		if inBits, ok = c.rangeUnit(5); !ok {
			return
		}
	}
	if len(c.Args) >= 5 {
		if end, ok = c.integer(4); !ok {
			return
		}
	}
	r := parseBitRange(start, end, int64(len(text)), inBits)
	if r.first > r.last {
		c.Reply.Int(-1)
		return
	}
	at, found := r.find(text, bit == 1)
	switch {
	case found:
		c.Reply.Int(at)
	case bit == 1 || len(c.Args) >= 5:
		c.Reply.Int(-1)
	default:
		c.Reply.Int(int64(len(text)) * 8)
	}
}

// find returns the position of the first bit in the range that is set, or is not, and whether there is one.
func (r bitRange) find(text string, set bool) (at int64, found bool) {
	flip := byte(0xFF)
	if set {
		flip = 0
	}
	for i := r.first; i <= r.last; i++ {
		b := text[i] ^ flip
		if i == r.first {
			b &^= r.offHead
		}
		if i == r.last {
			b &^= r.offTail
		}
		if b != 0 {
			return i<<3 + int64(bits.LeadingZeros8(b)), true
		}
		for word := uint64(int8(flip)); i+9 < r.last && word64(text[i+1:]) == word; {
			i += 8
		}
	}
	return 0, false
}

// bitop implements BITOP AND|OR|XOR|NOT destkey key [key ...].
//
// Source: redis/src/bitops.c, bitopCommand. What is missing, and what is shorter than the longest, counts as zeros.
func bitop(c *Call) {
	var combine func(a, b uint64) uint64
	not := false
	switch op := c.Args[1]; {
	case is(op, "AND"):
		combine = func(a, b uint64) uint64 { return a & b }
	case is(op, "OR"):
		combine = func(a, b uint64) uint64 { return a | b }
	case is(op, "XOR"):
		combine = func(a, b uint64) uint64 { return a ^ b }
	case is(op, "NOT"):
		not = true
	default:
		c.Reply.Error(errSyntax)
		return
	}
	if not && len(c.Args) != 4 {
		c.Reply.Error(errBitopNot)
		return
	}
	sources := make([]string, 0, len(c.Args)-3)
	longest := 0
	for _, key := range c.Args[3:] {
		e := c.read(key)
		if !c.isString(e) {
			return
		}
		text := ""
		if e != nil {
			text = e.Value.Str()
		}
		sources = append(sources, text)
		longest = max(longest, len(text))
	}
	target := c.Args[2]
	if longest == 0 {
		if c.db().Delete(target) {
			c.changed(target)
			c.notify('g', "del", target)
		}
		c.Reply.Int(0)
		return
	}
	// Room up to a whole word, so that the words of all sources fit.
	result := make([]byte, (longest+7)&^7)
	copy(result, sources[0])
	for _, s := range sources[1:] {
		for i := 0; i < len(result); i += 8 {
			var word [8]byte
			if i < len(s) {
				copy(word[:], s[i:])
			}
			n := combine(binary.LittleEndian.Uint64(result[i:]), binary.LittleEndian.Uint64(word[:]))
			binary.LittleEndian.PutUint64(result[i:], n)
		}
	}
	if not {
		for i := range result {
			result[i] = ^result[i]
		}
	}
	c.setKey(target, store.RawString(result[:longest]), 0)
	c.notify('$', "set", target)
	c.Reply.Int(int64(longest))
}

// A fieldOp is one operation of BITFIELD.
type fieldOp struct {
	kind     fieldOpKind
	overflow overflowRule
	signed   bool
	width    int   // bits of the integer
	offset   int64 // of its first bit
	n        int64 // what is set or added
}

type fieldOpKind uint8

const (
	fieldGet fieldOpKind = iota
	fieldSet
	fieldIncr
)

// An overflowRule says what becomes of an integer that does not fit its width.
type overflowRule uint8

const (
	overflowWrap overflowRule = iota
	overflowSaturate
	overflowFail
)

// parseFieldOps reads the operations of BITFIELD, and the last bit that any of them writes, -1 for none. When they
// make no sense it answers so and reports false.
func (c *Call) parseFieldOps() (ops []fieldOp, last int64, ok bool) {
	last = -1
	rule := overflowWrap
	for i := 2; i < len(c.Args); {
		word, rest := c.Args[i], len(c.Args)-i-1
		op := fieldOp{overflow: rule}
		switch {
		case is(word, "GET") && rest >= 2:
		case is(word, "SET") && rest >= 3:
			op.kind = fieldSet
		case is(word, "INCRBY") && rest >= 3:
			op.kind = fieldIncr
		case is(word, "OVERFLOW") && rest >= 1:
			if rule, ok = overflowRuleOf(c.Args[i+1]); !ok {
				c.Reply.Error(errOverflowType)
				return nil, 0, false
			}
			i += 2
			continue
		default:
			c.Reply.Error(errSyntax)
			return nil, 0, false
		}
		if op.signed, op.width, ok = parseFieldType(c.Args[i+1]); !ok {
			c.Reply.Error(errBitfieldType)
			return nil, 0, false
		}
		if op.offset, ok = c.bitOffset(i+2, op.width); !ok {
			return nil, 0, false
		}
		i += 3
		if op.kind != fieldGet {
			last = max(last, op.offset+int64(op.width)-1)
			if op.n, ok = c.integer(i); !ok {
				return nil, 0, false
			}
			i++
		}
		ops = append(ops, op)
	}
	return ops, last, true
}

func overflowRuleOf(word []byte) (overflowRule, bool) {
	switch {
	case is(word, "WRAP"):
		return overflowWrap, true
	case is(word, "SAT"):
		return overflowSaturate, true
	case is(word, "FAIL"):
		return overflowFail, true
	}
	return 0, false
}

// parseFieldType reads "i16", "u8" and the like: up to i64 and u63.
//
// Source: redis/src/bitops.c, getBitfieldTypeFromArgument.
func parseFieldType(b []byte) (signed bool, width int, ok bool) {
	b = cString(b, len(b))
	if len(b) == 0 || b[0] != 'i' && b[0] != 'u' {
		return false, 0, false
	}
	signed = b[0] == 'i'
	n, ok := resp.ParseInt64(b[1:])
	return signed, int(n), ok && n >= 1 && (n <= 63 || signed && n == 64)
}

// bitfieldKeyFlags says that BITFIELD changes its key unless all that it does is GET.
//
// Source: redis/src/db.c, bitfieldGetKeys.
func bitfieldKeyFlags(args [][]byte) KeyFlags {
	for i := 2; i < len(args); {
		rest := len(args) - i - 1
		switch {
		case is(args[i], "GET") && rest >= 2:
			i += 3
		case is(args[i], "OVERFLOW") && rest >= 1:
			i += 2
		default: // SET and INCRBY, or what makes no sense
			return KeyRW | KeyAccess | KeyUpdate
		}
	}
	return KeyRO | KeyAccess
}

// bitfield and bitfieldRO implement the commands of their names.
func bitfield(c *Call)   { c.bitfield(false) }
func bitfieldRO(c *Call) { c.bitfield(true) }

// Source: redis/src/bitops.c, bitfieldGeneric.
func (c *Call) bitfield(readOnly bool) {
	ops, last, ok := c.parseFieldOps()
	if !ok {
		return
	}
	if last < 0 {
		text, _, ok := c.stringToRead(c.Args[1])
		if !ok {
			return
		}
		c.Reply.Array(len(ops))
		for _, op := range ops {
			c.Reply.Int(op.extend(bitsAt(text, op.offset, op.width)))
		}
		return
	}
	if readOnly {
		c.Reply.Error(errBitfieldRO)
		return
	}
	b, grown, ok := c.bitString(last)
	if !ok {
		return
	}
	c.Reply.Array(len(ops))
	changes := 0
	for _, op := range ops {
		old := op.extend(bitsAt(b, op.offset, op.width))
		if op.kind == fieldGet {
			c.Reply.Int(old)
			continue
		}
		n, fits := op.sum(old)
		if !fits && op.overflow == overflowFail {
			c.Reply.Null()
			continue
		}
		op.set(b, n)
		if op.kind == fieldSet {
			c.Reply.Int(old)
		} else {
			c.Reply.Int(n)
		}
		if grown || n != old {
			changes++
		}
	}
	// A string that grew, and in which every operation failed, counts as unchanged.
	if changes > 0 {
		c.touch(c.Args[1])
		c.notify('$', "setbit", c.Args[1])
		c.Dirty += changes
	}
}

// extend makes an integer of the width's bits.
func (op *fieldOp) extend(u uint64) int64 {
	if op.signed {
		unused := 64 - op.width
		return int64(u<<unused) >> unused
	}
	return int64(u)
}

func (op *fieldOp) set(b []byte, n int64) {
	for k := range op.width {
		i := op.offset + int64(k)
		mask := byte(1) << (7 - i&7)
		if n>>(op.width-1-k)&1 != 0 {
			b[i>>3] |= mask
		} else {
			b[i>>3] &^= mask
		}
	}
}

// sum returns what the integer becomes when n is added to base, which is one of that width, or set in its place, and
// whether it fits; when it does not, the rule for that decides.
//
// Source: redis/src/bitops.c, checkSignedBitfieldOverflow and checkUnsignedBitfieldOverflow.
func (op *fieldOp) sum(base int64) (n int64, fits bool) {
	if !op.signed {
		return op.unsignedSum(uint64(base))
	}
	more := op.n
	if op.kind == fieldSet {
		base, more = op.n, 0
	}
	most := int64(math.MaxInt64) >> (64 - op.width)
	least := -most - 1
	// What may be added. For a number far outside of the width these wrap around, as they do in Redis: so the
	// smallest integer of all counts as too large.
	room, roomBelow := most-base, least-base
	switch narrow := op.width < 64; {
	case base > most, narrow && more > room, base >= 0 && more > 0 && more > room:
		n = most
	case base < least, narrow && more < roomBelow, base < 0 && more < 0 && more < roomBelow:
		n = least
	default:
		return base + more, true
	}
	if op.overflow == overflowWrap {
		n = op.extend(uint64(base + more))
	}
	return n, false
}

func (op *fieldOp) unsignedSum(base uint64) (n int64, fits bool) {
	most := uint64(1)<<op.width - 1
	// SET takes any 64 bits as they are, so that a negative number is a large one.
	if op.kind == fieldSet {
		base = uint64(op.n)
	}
	over, under := base > most, false
	sum := base
	if op.kind == fieldIncr {
		sum = base + uint64(op.n)
		over = op.n > 0 && uint64(op.n) > most-base
		under = op.n < 0 && uint64(-op.n) > base
	}
	switch {
	case !over && !under:
		return int64(sum), true
	case op.overflow == overflowWrap:
		return int64(sum & most), false
	case over:
		return int64(most), false
	}
	return 0, false
}
