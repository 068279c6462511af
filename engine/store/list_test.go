package store

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A list does what a slice does, and a snapshot of its database keeps the one that it was taken of, whatever becomes
// of the original.
func TestListIsASliceThatForks(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		limits := DefaultLimits()
		limits.ListListpackSize = []int{-2, -1, -5, 0, 1, 3, 4, 128}[seed%8]
		type line struct {
			store *Store
			want  []string
		}
		key := []byte("k")
		first := New(1)
		first.DB(0).Set(key, NewList(&limits).Value(), 0)
		lines := []*line{{store: first}}
		for step := range 1500 {
			l := lines[r.IntN(len(lines))]
			if r.IntN(100) == 0 && len(lines) < 5 {
				lines = append(lines, &line{store: l.store.Snapshot(), want: slices.Clone(l.want)})
			}
			list := l.store.DB(0).Edit(key).Value.List()
			l.want = changeList(r, list, l.want, step)
			if step%100 == 0 || step == 1499 {
				for _, l := range lines {
					checkList(t, r, l.store.DB(0).Get(key).Value.List(), l.want)
				}
			}
			if t.Failed() {
				t.Fatalf("seed %d, step %d", seed, step)
			}
		}
	}
}

// changeList does one random thing to a list and to its model.
func changeList(r *rand.Rand, list *ListValue, want []string, step int) []string {
	b := listText(r)
	grow := len(want) < 300
	switch c := r.IntN(10); {
	case grow && c < 2 || len(want) == 0:
		list.Push(ListHead, []byte(b))
		return slices.Insert(want, 0, b)
	case grow && c < 4:
		list.Push(ListTail, []byte(b))
		return append(want, b)
	case grow && c < 6:
		i, behind := r.IntN(len(want)), r.IntN(2)
		list.Insert(i, behind == 1, []byte(b))
		return slices.Insert(want, i+behind, b)
	case c < 7:
		i := r.IntN(len(want))
		list.Set(i, []byte(b))
		want[i] = b
		return want
	case c < 8:
		i := r.IntN(len(want))
		n := r.IntN(min(len(want)-i, 20) + 1)
		list.Remove(i, n)
		return slices.Delete(want, i, i+n)
	case c < 9:
		end := ListEnd(r.IntN(2))
		at := 0
		if end == ListTail {
			at = len(want) - 1
		}
		list.Remove(at, 1)
		return slices.Delete(want, at, at+1)
	}
	victim, most, end := want[r.IntN(len(want))], r.IntN(4), ListEnd(r.IntN(2))
	removed := list.RemoveEqual([]byte(victim), most, end)
	if most == 0 {
		most = len(want)
	}
	n := 0
	if end == ListTail {
		slices.Reverse(want)
	}
	want = slices.DeleteFunc(want, func(s string) bool {
		gone := s == victim && n < most
		if gone {
			n++
		}
		return gone
	})
	if end == ListTail {
		slices.Reverse(want)
	}
	if removed != n {
		panic(fmt.Sprintf("step %d: %d were removed, want %d", step, removed, n))
	}
	return want
}

// listText is an element on a border of what a form can hold, or one of a few.
func listText(r *rand.Rand) string {
	switch r.IntN(4) {
	case 0:
		n := []int64{0, 127, 128, 4095, 4096, -1, -4096, -4097, 32767, 32768, -32768, -32769, 1<<23 - 1, 1 << 23, -1 << 23, -1<<23 - 1,
			math.MaxInt32, math.MaxInt32 + 1, math.MinInt32, math.MinInt32 - 1, math.MaxInt64, math.MinInt64}
		return strconv.FormatInt(n[r.IntN(len(n))], 10)
	case 1:
		n := []int{0, 1, 63, 64, 125, 126, 127, 128, 1000, 4095, 4096}
		return strings.Repeat(string(rune('a'+r.IntN(2))), n[r.IntN(len(n))])
	}
	return []string{"a", "b", "c", "007", "-0", "+1", "9223372036854775808", "1"}[r.IntN(8)]
}

func checkList(t *testing.T, r *rand.Rand, list *ListValue, want []string) {
	t.Helper()
	var got []string
	for item := range list.All() {
		got = append(got, item.Text())
	}
	if list.Len() != len(want) || !slices.Equal(got, want) {
		t.Errorf("%d elements %.200q, want %d: %.200q", list.Len(), got, len(want), want)
		return
	}
	elements := 0
	for k := range list.Nodes() {
		n := list.Node(k)
		if elements += n.Count; n.Count == 0 || len(n.Elements) == 0 {
			t.Errorf("node %d is empty", k)
		}
	}
	if elements != len(want) {
		t.Errorf("%d elements in the nodes of a list of %d", elements, len(want))
	}
	if len(want) == 0 {
		return
	}
	i := r.IntN(len(want))
	if got := list.At(i); got.Text() != want[i] || !got.Is([]byte(want[i])) || got.Is([]byte(want[i]+"x")) || string(got.AppendTo(nil)) != want[i] {
		t.Errorf("element %d is %q, want %q", i, got.Text(), want[i])
	}
	got = nil
	for item := range list.From(i) {
		got = append(got, item.Text())
	}
	if !slices.Equal(got, want[i:]) {
		t.Errorf("from %d: %.200q, want %.200q", i, got, want[i:])
	}
	got = nil
	for item := range list.Back(i) {
		got = append(got, item.Text())
	}
	slices.Reverse(got)
	if !slices.Equal(got, want[:i+1]) {
		t.Errorf("back from %d: %.200q, want %.200q", i, got, want[:i+1])
	}
}

func TestListsAreWalkedFromNowhereInNoSteps(t *testing.T) {
	list := listOf(DefaultLimits(), "a", "b")
	for _, i := range []int{-1, 2, math.MaxInt, math.MinInt} {
		for range list.From(i) {
			t.Errorf("something comes from %d on", i)
		}
		for range list.Back(i) {
			t.Errorf("something comes back from %d", i)
		}
	}
}

func listOf(limits Limits, elements ...string) *ListValue {
	list := NewList(&limits)
	for _, e := range elements {
		list.Push(ListTail, []byte(e))
	}
	return list
}

// shape lists how many elements are in each node.
func (x *ListValue) shape() (counts []int) {
	for k := range x.Nodes() {
		counts = append(counts, x.Node(k).Count)
	}
	return counts
}

// The cuts are those that DEBUG LISTPACK and DUMP show of redis-server.
func TestListsAreCutWhereRedisCutsThem(t *testing.T) {
	text := func(n int) string { return strings.Repeat("x", n) }
	letters := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	for _, c := range []struct {
		name  string
		limit int
		from  []string
		do    func(*ListValue)
		want  []int
	}{
		{"four to a node", 4, letters, func(*ListValue) {}, []int{4, 4}},
		{"no limit above zero is one to a node", 0, letters[:3], func(*ListValue) {}, []int{1, 1, 1}},
		{"a push at the head fills no node behind", 4, letters[:5], func(x *ListValue) { x.Push(ListHead, []byte("z")) }, []int{1, 4, 1}},
		{"an element in the middle cuts a full node, and its halves go to small neighbours", 4, letters[:5],
			func(x *ListValue) { x.Insert(1, true, []byte("z")) }, []int{2, 4}},
		{"behind the last of a full node there is room in the next", 4, letters[:5], func(x *ListValue) { x.Insert(3, true, []byte("z")) }, []int{4, 2}},
		{"between full nodes comes a new one", 4, letters, func(x *ListValue) { x.Insert(4, false, []byte("z")) }, []int{4, 1, 4}},
		{"what is behind the cut is joined first", 4, append(letters, "i", "j", "k", "l"),
			func(x *ListValue) { x.Remove(5, 3); x.Remove(8, 1); x.Insert(2, false, []byte("z")) }, []int{3, 2, 4}},
		{"halves go to a neighbour that has just enough room", -2, []string{text(4000), text(4000), text(3673)},
			func(x *ListValue) { x.Insert(0, true, []byte(text(500))) }, []int{1, 3}},
		{"and not to one that lacks a byte", -2, []string{text(4000), text(4000), text(3674)},
			func(x *ListValue) { x.Insert(0, true, []byte(text(500))) }, []int{1, 2, 1}},
		{"nodes are not joined when elements go", 4, letters, func(x *ListValue) { x.Remove(1, 6) }, []int{1, 1}},
		{"the largest element that fits beside one of a byte", -2, []string{"a", text(8192 - 8 - 7 - 3)}, func(*ListValue) {}, []int{2}},
		{"one byte more", -2, []string{"a", text(8192 - 8 - 7 - 3 + 1)}, func(*ListValue) {}, []int{1, 1}},
		{"a number of elements does not let a node outgrow 8 KiB", 100, []string{text(5000), text(5000)}, func(*ListValue) {}, []int{1, 1}},
		{"a replaced element may outgrow the limit", -2, []string{"a", "b"}, func(x *ListValue) { x.Set(0, []byte(text(20000))) }, []int{2}},
	} {
		limits := DefaultLimits()
		limits.ListListpackSize = c.limit
		list := listOf(limits, c.from...)
		c.do(list)
		if got := list.shape(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v elements in the nodes, want %v", c.name, got, c.want)
		}
	}
}

// How many bytes an element takes decides where a list is cut.
func TestElementsTakeAsManyBytesAsInAListpack(t *testing.T) {
	text := func(n int) string { return strings.Repeat("x", n) }
	for _, c := range []struct {
		element string
		want    int
	}{
		{"", 2}, {"a", 3}, {text(63), 65}, {text(64), 67}, {text(125), 128}, {text(126), 130}, {text(4095), 4099}, {text(4096), 4103},
		{text(16377), 16384}, {text(16378), 16386},
		{"0", 2}, {"127", 2}, {"128", 3}, {"-1", 3}, {"-4096", 3}, {"-4097", 4}, {"4095", 3}, {"4096", 4}, {"32767", 4}, {"32768", 5},
		{"8388607", 5}, {"8388608", 6}, {"-8388608", 5}, {"-8388609", 6}, {"2147483647", 6}, {"2147483648", 10}, {"-9223372036854775808", 10},
		{"01", 4}, {"9223372036854775808", 21},
	} {
		list := listOf(DefaultLimits(), c.element)
		if got := len(list.Node(0).Elements); got != c.want || list.At(0).Text() != c.element {
			t.Errorf("%.30q of %d bytes takes %d, want %d, and is read as %.30q", c.element, len(c.element), got, c.want, list.At(0).Text())
		}
	}
}

// Files may have elements in nodes of their own that are no listpacks. They are replaced, surrounded and removed like
// any other.
func TestPlainNodes(t *testing.T) {
	limits := DefaultLimits()
	build := func() *ListValue {
		list := listOf(limits, "a")
		list.AppendNode(ListNode{Plain: true, Count: 1, Elements: []byte("12")})
		list.Push(ListTail, []byte("b"))
		return list
	}
	for _, c := range []struct {
		name  string
		do    func(*ListValue)
		want  string
		shape []int
	}{
		{"as it was", func(*ListValue) {}, "a 12 b", []int{1, 1, 1}},
		{"in front goes to the node in front", func(x *ListValue) { x.Insert(1, false, []byte("z")) }, "a z 12 b", []int{2, 1, 1}},
		{"behind goes to the node behind", func(x *ListValue) { x.Insert(1, true, []byte("z")) }, "a 12 z b", []int{1, 1, 2}},
		{"what replaces it goes there too", func(x *ListValue) { x.Set(1, []byte("z")) }, "a z b", []int{1, 2}},
		{"removed", func(x *ListValue) { x.Remove(1, 1) }, "a b", []int{1, 1}},
		{"removed for its text", func(x *ListValue) { x.RemoveEqual([]byte("12"), 0, ListHead) }, "a b", []int{1, 1}},
		{"removed for its text, from the tail", func(x *ListValue) { x.RemoveEqual([]byte("12"), 1, ListTail) }, "a b", []int{1, 1}},
		{"alone at the tail", func(x *ListValue) { x.Remove(2, 1); x.Push(ListTail, []byte("z")) }, "a 12 z", []int{1, 1, 1}},
	} {
		list := build()
		c.do(list)
		var got []string
		for item := range list.All() {
			got = append(got, item.Text())
		}
		if strings.Join(got, " ") != c.want || !slices.Equal(list.shape(), c.shape) {
			t.Errorf("%s: %q in %v, want %q in %v", c.name, got, list.shape(), c.want, c.shape)
		}
		var back []string
		for item := range list.Back(list.Len() - 1) {
			back = append(back, item.Text())
		}
		slices.Reverse(back)
		if !slices.Equal(got, back) {
			t.Errorf("%s: back to front %q", c.name, back)
		}
	}
}

// A list keeps the limit that it was made with.
func TestListKeepsItsLimit(t *testing.T) {
	limits := DefaultLimits()
	limits.ListListpackSize = 2
	list := NewList(&limits)
	limits.ListListpackSize = 1
	for _, e := range []string{"a", "b", "c"} {
		list.Push(ListTail, []byte(e))
	}
	if got := list.shape(); !slices.Equal(got, []int{2, 1}) {
		t.Errorf("%v elements in the nodes, want two and one", got)
	}
}

// The order of elements is part of the digest, their packing is not.
func TestDigestOfLists(t *testing.T) {
	digest := func(list *ListValue) [20]byte {
		s := New(1)
		s.DB(0).Set([]byte("l"), list.Value(), 0)
		return s.Digest()
	}
	small := DefaultLimits()
	small.ListListpackSize = 1
	ab := digest(listOf(DefaultLimits(), "a", "1"))
	if got := fmt.Sprintf("%x", ab); got != "d8e0b11c99d982cd1ea4c083d279c794897e37fb" {
		t.Errorf("digest %s", got)
	}
	if digest(listOf(small, "a", "1")) != ab {
		t.Error("the nodes change the digest")
	}
	if digest(listOf(DefaultLimits(), "1", "a")) == ab {
		t.Error("the order does not change the digest")
	}
	asText := NewList(&small)
	asText.AppendNode(ListNode{Count: 2, Elements: []byte("\x81a\x02\x811\x02")})
	if digest(asText) != ab {
		t.Error("the form of an integer changes the digest")
	}
	if !asText.At(1).Is([]byte("1")) {
		t.Error("an integer in the form of a text is not equal to itself")
	}
}

func BenchmarkListPushPop(b *testing.B) {
	limits := DefaultLimits()
	for _, end := range []ListEnd{ListHead, ListTail} {
		b.Run([]string{"head", "tail"}[end], func(b *testing.B) {
			b.ReportAllocs()
			list := NewList(&limits)
			element := []byte("element of 22 bytes...")
			for range 100_000 {
				list.Push(end, element)
			}
			for b.Loop() {
				list.Push(end, element)
				list.Remove(endOf(list, end), 1)
			}
		})
	}
}

func endOf(list *ListValue, end ListEnd) int {
	if end == ListHead {
		return 0
	}
	return list.Len() - 1
}

func BenchmarkListIndex(b *testing.B) {
	b.ReportAllocs()
	limits := DefaultLimits()
	list := NewList(&limits)
	for i := range 1_000_000 {
		list.Push(ListTail, strconv.AppendInt(nil, int64(i), 10))
	}
	for b.Loop() {
		if n, _ := list.At(400_000).Int(); n != 400_000 {
			b.Fatal(n)
		}
	}
}

func BenchmarkListPush(b *testing.B) {
	b.ReportAllocs()
	limits := DefaultLimits()
	list := NewList(&limits)
	element := []byte("element of 22 bytes...")
	for b.Loop() {
		list.Push(ListHead, element)
	}
}
