package repl

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"resync/engine"
)

// The first byte that redis-server 7.0.15 (jemalloc) holds after a stream of equal SETs, read off
// repl_backlog_first_byte_offset when it changes: block sizes and the moment of trimming are Redis's own.
func TestBacklogHoldsWhatRedisHolds(t *testing.T) {
	for _, c := range []struct {
		name  string
		size  int64
		value int // bytes
		want  []moment
	}{
		{"small writes, smallest backlog", 16384, 64, []moment{{379, 20441, 36883}, {590, 40881, 57350}, {800, 61321, 77720}, {1011, 81761, 98187}}},
		{"small writes, default backlog", 1 << 20, 200, []moment{{4568, 20441, 1069169}, {4655, 40881, 1089527}, {4743, 61321, 1110119}}},
		{"writes as large as a block", 16384, 17000, []moment{{2, 20441, 51131}, {3, 40881, 68167}, {4, 61321, 85203}, {5, 81761, 102239}, {6, 102201, 119275}, {8, 122641, 153347}}},
		{"writes that get blocks of their own", 1 << 20, 30000, []moment{{35, 20441, 1081319}, {36, 61321, 1111355}, {38, 122681, 1171427}, {39, 151313, 1201463}, {41, 212673, 1261535}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := Backlog{Size: c.size}
			b.Create(0)
			b.AppendCommand(words("SELECT", "0"))
			var got []moment
			first := b.First()
			for i := 0; len(got) < len(c.want); i++ {
				b.AppendCommand(words("SET", fmt.Sprintf("k%06d", i), strings.Repeat("x", c.value)))
				b.EndTurn(0)
				if b.First() != first {
					first = b.First()
					got = append(got, moment{i, first, b.Offset()})
				}
			}
			for i := range c.want {
				if got[i] != c.want[i] {
					t.Errorf("change %d: got %+v, redis-server %+v", i, got[i], c.want[i])
				}
			}
		})
	}
}

// moment is when the first byte held changed: after which write, to which byte, at which offset.
type moment struct {
	write  int
	first  engine.Offset
	offset engine.Offset
}

func words(args ...string) [][]byte {
	w := make([][]byte, len(args))
	for i, a := range args {
		w[i] = []byte(a)
	}
	return w
}

func TestBacklogBorders(t *testing.T) {
	b := Backlog{Size: MinBacklogSize}
	if b.Append([]byte("lost")); b.Offset() != 0 {
		t.Errorf("without a backlog the offset stands still, but it is %d", b.Offset())
	}
	b.Create(100)
	if b.First() != 101 || b.Next() != 101 || b.Len() != 0 {
		t.Fatalf("a new backlog begins with the next byte: %d %d %d", b.First(), b.Next(), b.Len())
	}
	b.Append(make([]byte, 50_000))
	for _, c := range []struct {
		name string
		want engine.Offset
		ok   bool
	}{
		{"just trimmed", b.First() - 1, false},
		{"oldest kept", b.First(), true},
		{"newest kept", b.Next() - 1, true},
		{"lacks nothing", b.Next(), true},
		{"from the future", b.Next() + 1, false},
		{"nothing at all", -1, false},
	} {
		if b.Covers(c.want) != c.ok {
			t.Errorf("%s: Covers(%d) is %v", c.name, c.want, !c.ok)
		}
	}
	if b.First() == 101 {
		t.Error("50,000 bytes fit in no backlog of 16 KiB")
	}
	b.Free()
	if b.Covers(b.Next()) || b.Offset() != 50_100 {
		t.Errorf("a freed backlog covers nothing and keeps its offset: %d", b.Offset())
	}
}

// A slow replica keeps its block, and all behind it, beyond the backlog's size; once it has been sent the bytes they go.
func TestBacklogPinned(t *testing.T) {
	b := Backlog{Size: MinBacklogSize}
	b.Create(0)
	b.Append(make([]byte, 10))
	b.EndTurn(5)
	for range 100 {
		b.Append(make([]byte, 1000))
	}
	if b.First() != 1 || b.Len() != 100_010 {
		t.Fatalf("the pinned byte went: first %d", b.First())
	}
	if blocks := b.Blocks(nil); !blocks[0].Pinned || blocks[len(blocks)-1].Pinned {
		t.Errorf("the oldest block is pinned, the newest is not: %+v", blocks)
	}
	b.EndTurn(0)
	if b.Len() > 40_000 || b.Len() <= MinBacklogSize {
		t.Errorf("unpinned, %d bytes are held", b.Len())
	}
	if gone, ok := b.TakeGone(); !ok || gone.First != 1 || gone.Last != b.First()-1 {
		t.Errorf("gone is %v, first held %d", gone, b.First())
	}
}

// Clones share bytes and do not see each other's: whoever goes on behind the other's bytes copies the block first.
func TestBacklogBranches(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	type line struct {
		b    Backlog
		want []byte
	}
	root := line{b: Backlog{Size: 1 << 20}}
	root.b.Create(0)
	lines := []*line{&root}
	for range 2000 {
		l := lines[r.IntN(len(lines))]
		switch {
		case r.IntN(20) == 0 && len(lines) < 12:
			lines = append(lines, &line{l.b.Clone(), bytes.Clone(l.want)})
		default:
			p := make([]byte, r.IntN(300))
			for i := range p {
				p[i] = byte(r.Uint32())
			}
			l.b.Append(p)
			l.want = append(l.want, p...)
		}
	}
	for i, l := range lines {
		var got []byte
		for at := l.b.First(); at < l.b.Next(); {
			part := l.b.Bytes(at, 1+r.IntN(5000))
			got = append(got, part...)
			at += engine.Offset(len(part))
		}
		if !bytes.Equal(got, l.want) {
			t.Errorf("line %d holds other bytes than were appended", i)
		}
	}
}

func BenchmarkBacklogAppendSET(b *testing.B) {
	l := Backlog{Size: 1 << 20}
	l.Create(0)
	args := words("SET", "key:000000012345", strings.Repeat("x", 64))
	b.ReportAllocs()
	for b.Loop() {
		l.AppendCommand(args)
	}
	b.SetBytes(int64(l.Offset()) / int64(b.N))
}

// Backlogs hold once what they all hold in blocks that are full, wherever those begin, and hold what they held.
func TestBacklogsShareFullBlocks(t *testing.T) {
	master, replica, late, other := Backlog{Size: 1 << 20}, Backlog{Size: 1 << 20}, Backlog{Size: 1 << 20}, Backlog{Size: 1 << 20}
	master.Create(0)
	replica.Create(0)
	other.Create(0)
	for i := range 1000 {
		p := []byte(fmt.Sprintf("command %06d %s\r\n", i, strings.Repeat("x", 80)))
		if i == 100 {
			late.Create(master.Offset())
		}
		for _, b := range []*Backlog{&master, &replica, &late} {
			b.Append(p)
		}
		other.Append(bytes.ToUpper(p))
	}
	content := func(b *Backlog) (all []byte) {
		for first := b.First(); first < b.Next(); first += engine.Offset(len(b.Bytes(first, 1000))) {
			all = append(all, b.Bytes(first, 1000)...)
		}
		return all
	}
	want, blocks := content(&master), late.Blocks(nil)
	memory := func(b *Backlog) (of []*blockMem) {
		for _, bl := range b.blocks {
			of = append(of, bl.mem)
		}
		return of
	}
	for again := range 2 { // the second time there is nothing left to do
		before := memory(&late)
		replica.Share(&master, false)
		late.Share(&master, false)
		other.Share(&master, false)
		n := len(master.blocks)
		same, split := 0, 0
		for i := range n {
			if replica.blocks[i].mem == master.blocks[i].mem {
				same++
			}
			if other.blocks[i].mem == master.blocks[i].mem || other.blocks[i].mem.rest != nil {
				t.Error("other bytes are taken for the same")
			}
		}
		for _, mem := range memory(&late) {
			if mem.rest != nil {
				split++
			}
		}
		if again > 0 && !slices.Equal(memory(&late), before) {
			t.Error("what is shared is shared again")
		}
		if n < 5 || same != n-1 || split != len(late.blocks)-1 {
			t.Errorf("of %d blocks %d are shared, and of %d %d in two places", n, same, len(late.blocks), split)
		}
	}
	kept := late.Clone() // it goes on in memory of its own, too
	if kept.Share(&master, true); kept.blocks[len(kept.blocks)-1].mem.used != borrowed || !bytes.Equal(content(&kept), want[late.First()-1:]) {
		t.Error("the last block is not shared as it is")
	}
	kept.AppendCommand([][]byte{[]byte("GET")})
	if got := content(&kept); !bytes.Equal(got, append(slices.Clip(want[late.First()-1:]), "*1\r\n$3\r\nGET\r\n"...)) {
		t.Error("a backlog whose last block is shared goes on with something else")
	}
	master.Append([]byte("more of the master's"))
	replica.Append([]byte("of the replica's own"))
	late.Append([]byte("of the late one's own"))
	if got := content(&replica); !bytes.Equal(got, append(slices.Clip(want), "of the replica's own"...)) {
		t.Error("a backlog that shares holds something else")
	}
	if got := content(&late); !bytes.Equal(got, append(slices.Clip(want[late.First()-1:]), "of the late one's own"...)) || !slices.Equal(late.Blocks(nil)[:len(blocks)-1], blocks[:len(blocks)-1]) {
		t.Error("a backlog with blocks in two places holds something else")
	}
	if got := content(&master); !bytes.Equal(got, append(slices.Clip(want), "more of the master's"...)) {
		t.Error("one that is shared with holds something else")
	}
}

// Who shares with a backlog that is not so far yet takes nothing that is not there: the last block of that, borrowed itself, is
// shorter than one of the same size that is full.
func TestABacklogSharesWithOneThatIsBehind(t *testing.T) {
	master, replica := Backlog{Size: 1 << 20}, Backlog{Size: 1 << 20}
	var behind Backlog
	master.Create(0)
	replica.Create(0)
	for i := range 1000 {
		p := []byte(fmt.Sprintf("command %06d %s\r\n", i, strings.Repeat("x", 80)))
		master.Append(p)
		replica.Append(p)
		if i == 600 {
			behind = replica.Clone()
			behind.Share(&master, true)
		}
	}
	if last := behind.blocks[len(behind.blocks)-1]; last.mem.used != borrowed || last.n == last.mem.size {
		t.Fatalf("the last block of the one that is behind is %d of %d bytes", last.n, last.mem.size)
	}
	want := bytes.Clone(replica.Bytes(behind.LastBlock(), 1<<20))
	replica.Share(&behind, false)
	if got := replica.Bytes(behind.LastBlock(), 1<<20); !bytes.Equal(got, want) {
		t.Error("the block holds something else")
	}
}
