package engine

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"weak"
)

// packs are so many events that the first blocks of their log are packed, and packedFirst are those in these blocks.
const (
	packedFirst = 6 * blockEvents
	packs       = packedFirst + tailBlocks*blockEvents
)

// everything is all that an event says.
func everything(e *Event) string {
	s := fmt.Sprint(e.Seq, " ", int64(e.At), " ", strconv.Quote(e.Node), e.Fact.Kind(), e.Fact.String(), tell(e.Fact).all)
	switch f := e.Fact.(type) {
	case *Sent:
		s += fmt.Sprint(f.From, f.Text == nil)
	case Arrived:
		s += everything(&Event{Node: f.Packet.From, Fact: f.Packet})
	}
	return s
}

// A chance draws facts with numbers and words of all kinds.
type chance struct {
	*rand.Rand
	sents []*Sent
}

func (c *chance) number() int64 {
	switch c.IntN(4) {
	case 0:
		return []int64{0, 1, -1, math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, math.MinInt64 + 1, 1 << 32}[c.IntN(8)]
	case 1:
		return int64(c.Uint64())
	}
	return c.Int64N(300) - 100
}

func (c *chance) word() string {
	switch c.IntN(5) {
	case 0:
		return ""
	case 1:
		return string(make([]byte, c.IntN(300)))
	}
	return "node-" + strconv.Itoa(c.IntN(200))
}

func (c *chance) span() Span { return Span{Offset(c.number()), Offset(c.number())} }

func (c *chance) sent() *Sent {
	f := &Sent{ID: c.number(), From: c.word(), To: c.word(), Arrives: Instant(c.number()), Payload: PayloadAck}
	if n := len(c.sents); n > 0 && c.IntN(2) == 0 { // the same as before, but perhaps for one thing
		last := c.sents[n-1]
		f.Payload, f.Bytes, f.Sum, f.Span, f.Text = last.Payload, last.Bytes, last.Sum, last.Span, last.Text
	}
	switch c.IntN(8) {
	case 0:
		f.Payload = Payload(c.IntN(7))
	case 1:
		f.Bytes = int(c.number())
	case 2:
		f.Sum, f.Text = c.Uint64(), said(c.word()) // other bytes, another text
	case 3:
		f.Span.First++
	case 4:
		f.Span.Last++
	case 5:
		f.Text = nil
	case 6:
		f.Span, f.Sum, f.Text = c.span(), c.Uint64(), said(c.word())
	}
	c.sents = append(c.sents, f)
	return f
}

func (c *chance) fact() Fact {
	switch c.IntN(9) {
	case 0, 1, 2:
		return c.sent()
	case 3:
		return Arrived{c.sent()} // which the log does not hold
	case 4, 5:
		if n := len(c.sents); n > 0 {
			return Arrived{c.sents[max(0, n-1-c.IntN(1+c.IntN(400)))]}
		}
	case 6:
		return &Applied{c.span()}
	case 7:
		f := &Propagated{ID: ReplID(c.word()), Span: c.span(), Text: c.word(), By: Author{ConnID(c.number()), c.number()}}
		for range c.IntN(4) {
			f.Keys = append(f.Keys, c.word())
		}
		return f
	}
	return everyFact[c.IntN(len(everyFact))]
}

func TestPackedEventsAreWhatTheyWere(t *testing.T) {
	for seed := range uint64(20) {
		c := chance{Rand: rand.New(rand.NewPCG(seed, 0))}
		var l EventLog
		var want []string
		for range packedFirst {
			l.Append(Instant(c.number()), c.word(), c.fact())
			want = append(want, everything(l.At(l.Len()-1)))
		}
		for range packs - packedFirst {
			l.Append(0, "", Act{})
		}
		if len(l.blocks.old) != packedFirst/blockEvents {
			t.Fatalf("%d blocks are packed", len(l.blocks.old))
		}
		for _, way := range []iter.Seq2[int, Event]{l.First(packedFirst).Backward(), l.First(packedFirst).From(blockEvents / 2)} {
			for i, e := range way {
				if got := everything(&e); got != want[i] {
					t.Fatalf("seed %d: event %d is\n%s\nand was\n%s", seed, i, got, want[i])
				}
			}
		}
	}
}

// numbered is a log of so many events in which every one says its number.
func numbered(n int) *EventLog {
	l := &EventLog{}
	for i := range n {
		l.Append(Instant(i), "m1", &Applied{Span{1, Offset(i)}})
	}
	return l
}

func TestALogBranchesInFrontOfPackedBlocksAndBehind(t *testing.T) {
	l := numbered(packs)
	for _, n := range []int{0, 1, blockEvents - 1, blockEvents, blockEvents + 1, 3 * blockEvents / 2, 5 * blockEvents, 5*blockEvents + 7, packs - 1, packs} {
		b := l.Branch(n)
		for i := range packs {
			b.Append(0, "r1", &Applied{Span{2, Offset(n + i)}})
		}
		for i, e := range b.All() {
			want := Span{2, Offset(i)}
			if i < n {
				want.First = 1
			}
			if e.Seq != int64(i) || e.Fact.(*Applied).Span != want {
				t.Fatalf("branched behind %d events: event %d is %d, %s", n, i, e.Seq, e)
			}
		}
		if b.Len() != n+packs {
			t.Errorf("branched behind %d events: there are %d", n, b.Len())
		}
	}
	for i, e := range l.All() {
		if e.Fact.(*Applied).Span != (Span{1, Offset(i)}) {
			t.Fatalf("the log that was branched: event %d is %s", i, e)
		}
	}
}

// Of all packed blocks only some are open, and who holds an event of another one keeps it.
func TestFewPackedBlocksAreOpen(t *testing.T) {
	const many = openedMost + 20
	l := numbered((many + tailBlocks) * blockEvents)
	open := func() (n int) {
		for _, b := range l.blocks.old {
			if b.open.Load() != nil {
				n++
			}
		}
		return n
	}
	if n := open(); n != 0 {
		t.Errorf("%d blocks are open that nobody has read", n)
	}
	held := l.At(5)
	for i := range l.All() {
		if n := min(many, i/blockEvents+1); i%blockEvents == 0 && open() != min(n, openedMost) {
			t.Fatalf("%d of %d packed blocks are open", open(), n)
		}
	}
	again := l.At(5)
	if again == held || again.String() != held.String() {
		t.Errorf("a held event says %q, and %q when it is read again; the same one: %v", held, again, again == held)
	}
	if l.At(6) != &l.blocks.old[0].open.Load()[6] {
		t.Error("a block that is open is opened again")
	}
}

// Clones of a world share blocks, and may be run by several goroutines: they open, close and pack the same ones. The race
// detector sees more of this than the test.
func TestLogsThatShareBlocksAreReadAtTheSameTime(t *testing.T) {
	const many = (openedMost + 10) * blockEvents
	l := numbered(many + tailBlocks*blockEvents)
	var begin, end sync.WaitGroup
	begin.Add(4)
	for range 4 {
		log := l.Branch(l.Len())
		end.Go(func() {
			begin.Done()
			begin.Wait()
			for i, e := range log.All() {
				if e.Fact.(*Applied).Span.Last != Offset(i) {
					t.Errorf("event %d is %s", i, e)
					return
				}
				if i < 2*blockEvents {
					log.Append(0, "m1", &Applied{})
				}
			}
			if want := l.Len() + 2*blockEvents; log.Len() != want {
				t.Errorf("there are %d events, want %d", log.Len(), want)
			}
		})
	}
	end.Wait()
}

// bytesOf counts how often a text is made of the bytes.
type bytesOf struct {
	data []byte
	made int
}

func (b *bytesOf) String() string {
	b.made++
	return string(b.data)
}

func TestThePacketsOfAWriteShareTheirText(t *testing.T) {
	var l EventLog
	texts := [2]bytesOf{{data: []byte("SET k v")}, {data: []byte("SET k w")}}
	for i := range 16 {
		l.Append(0, "m1", &Sent{ID: int64(i), Sum: uint64(i / 8), Bytes: 7, Text: &texts[i/8]})
	}
	for range packs {
		l.Append(0, "m1", &Applied{})
	}
	for i, e := range l.First(16).All() {
		if got, want := e.Fact.(*Sent).Text.String(), string(texts[i/8].data); got != want {
			t.Errorf("packet %d says %q, want %q", i, got, want)
		}
	}
	if texts[0].made != 1 || texts[1].made != 1 {
		t.Errorf("the texts were made %d times and %d times", texts[0].made, texts[1].made)
	}
}

// What is said of a packet holds on to its neighbours in memory, and to the bytes of the stream: packed it does not.
func TestAPackedEventKeepsNothingOfWhatItWas(t *testing.T) {
	var l EventLog
	var slab Slab[Sent]
	text := &bytesOf{data: []byte("SET k v")}
	f := slab.New()
	f.Text = text
	sent, said := weak.Make(f), weak.Make(text)
	l.Append(0, "m1", f)
	l.Append(0, "r1", Arrived{f})
	for range packs {
		l.Append(0, "m1", &Applied{})
	}
	f, text = nil, nil
	runtime.GC()
	if sent.Value() != nil || said.Value() != nil {
		t.Error("the packet, or its text, is still kept")
	}
	if got := l.At(1).Fact.(Arrived).Packet.Text.String(); got != "SET k v" {
		t.Errorf("it says %q", got)
	}
}

// crowd is the log of a master with eight replicas that is written to a thousand times a second.
func crowd(n int) *EventLog {
	l := &EventLog{}
	var packets []*Sent
	for write := 0; l.Len() < n; write++ {
		at := Epoch.Add(time.Duration(write) * time.Millisecond)
		first, key := Offset(write)*96, "key:"+strconv.Itoa(write%1000)
		text := said("SET " + key + " klhnknolinnofmkh…(64)")
		span := Span{first, first + 95}
		arriving := packets
		packets = nil
		l.Append(at, "m1", &Propagated{ReplID(strings.Repeat("0a", 20)), span, string(text), Author{9, int64(write)}, []string{key}})
		for r := range 8 {
			f := &Sent{
				ID: int64(8*write + r), From: "m1", To: "r" + strconv.Itoa(r), Payload: PayloadStream, Bytes: 96,
				Sum: uint64(write) * 0x9e3779b97f4a7c15, Span: span, Text: text, Arrives: at.Add(time.Millisecond),
			}
			l.Append(at, "m1", f)
			packets = append(packets, f)
		}
		for _, f := range arriving {
			l.Append(at, f.To, Arrived{f})
			l.Append(at, f.To, &Applied{f.Span})
		}
	}
	return l
}

// A busy log packs well.
func TestPackedEventsAreSmall(t *testing.T) {
	l := crowd(packs)
	bytes := 0
	for _, p := range l.blocks.old {
		bytes += len(p.data) + 16*len(p.others)
	}
	if each := float64(bytes) / float64(len(l.blocks.old)*blockEvents); each > 12 {
		t.Errorf("%.1f bytes an event", each)
	}
}
