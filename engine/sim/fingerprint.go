package sim

import (
	"math"
	"math/bits"

	"resync/engine/store"
)

// detail is how closely datasets are compared.
type detail byte

const (
	values  detail = iota // keys and what they hold
	expires               // and which of them expire
	moments               // and when
)

// fingerprint is a number that equal datasets share and different ones, but for one in 2^64, do not: all keys of all
// databases, as closely as is asked for. It does not depend on the order of what has none. DEBUG DIGEST says nearly the
// same and takes twenty times as long.
func fingerprint(s *store.Store, with detail) uint64 {
	var sum uint64
	for i := range s.Databases() {
		for e := range s.DB(i).All() {
			h := hasher(i).str(e.Key).value(e.Value)
			switch {
			case with == moments:
				h = h.num(uint64(e.ExpireAt))
			case with == expires && e.ExpireAt != 0:
				h = h.num(1)
			}
			sum += uint64(h.end())
		}
	}
	return sum
}

// hasher is a hash of what has been put into it, in its order.
type hasher uint64

// Two odd numbers with about as many ones as zeros.
const (
	prime1 = 0x9e3779b97f4a7c15
	prime2 = 0xd6e8feb86659fd93
)

func (h hasher) num(n uint64) hasher {
	hi, lo := bits.Mul64(uint64(h)^n^prime1, prime2)
	return hasher(hi ^ lo ^ bits.RotateLeft64(uint64(h), 23))
}

func (h hasher) end() hasher { return h.num(prime2) }

func (h hasher) str(s string) hasher { return absorb(h, s) }

func absorb[T string | []byte](h hasher, s T) hasher {
	h = h.num(uint64(len(s)))
	for len(s) >= 8 {
		h = h.num(uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56)
		s = s[8:]
	}
	var tail uint64
	for i := range len(s) {
		tail |= uint64(s[i]) << (8 * i)
	}
	return h.num(tail)
}

// checksum is a number that equal bytes share.
func checksum(b []byte) uint64 { return uint64(absorb(0, b).end()) }

// text puts a string in, however it is kept.
func (h hasher) text(v store.Value) hasher {
	if v.Encoding() == store.Int {
		var buf [24]byte
		return h.str(string(v.AppendTo(buf[:0])))
	}
	return h.str(v.Str())
}

func (h hasher) value(v store.Value) hasher {
	h = h.num(uint64(v.Kind()))
	switch v.Kind() {
	case store.String:
		return h.text(v)
	case store.List:
		for item := range v.List().All() {
			var buf [64]byte
			h = h.str(string(item.AppendTo(buf[:0])))
		}
	case store.Set:
		var sum hasher
		for m := range v.Set().All() {
			sum += hasher(0).text(m).end()
		}
		h = h.num(uint64(sum))
	case store.Hash:
		var sum hasher
		for name, m := range v.Hash().All() {
			sum += hasher(0).str(name).text(m).end()
		}
		h = h.num(uint64(sum))
	case store.ZSet:
		v.ZSet().From(0, func(e *store.ZEntry) bool {
			h = h.str(e.Member).num(math.Float64bits(e.Score))
			return true
		})
	case store.Stream:
		h = h.stream(v.Stream())
	}
	return h
}

func (h hasher) stream(x *store.StreamValue) hasher {
	x.Range(store.StreamID{}, store.MaxStreamID, func(e *store.StreamEntry) bool {
		h = h.num(e.ID.MS).num(e.ID.Seq)
		e.Each(func(name, value []byte) { h = h.str(string(name)).str(string(value)) })
		return true
	})
	h = h.num(x.LastID().MS).num(x.LastID().Seq)
	for _, g := range x.Groups() {
		h = h.str(g.Name).num(g.LastID.MS).num(g.LastID.Seq).num(uint64(g.PendingLen()))
	}
	return h
}
