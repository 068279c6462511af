package store

// Digest returns DEBUG DIGEST: a checksum of every database, key and value that does not depend on their order.
// Expiry counts only as such, not its moment. An empty store has twenty zeros.
//
// Source: redis/src/debug.c, computeDatasetDigest.
func (s *Store) Digest() [20]byte {
	var d digest
	for i := range s.dbs {
		if s.dbs[i].Len() == 0 {
			continue
		}
		d.mixUint32(uint32(i))
		for e := range s.dbs[i].All() {
			var key digest
			key.mix(e.Key)
			key.addValue(e)
			d.xor(sha1(key[:]))
		}
	}
	return d
}

// DigestValue returns DEBUG DIGEST-VALUE of one entry: as Digest, without its key.
func (s *Store) DigestValue(e *Entry) [20]byte {
	var d digest
	d.addValue(e)
	return d
}

// A digest grows by things whose order counts (mix) or does not (xor of their SHA-1).
type digest [sha1Size]byte

// addValue takes in the kind, the content and the presence of an expiry.
func (d *digest) addValue(e *Entry) {
	d.mixUint32(uint32(e.Value.Kind()))
	if e.Value.kind != String {
		d.addObject(e.Value)
	} else if e.Value.enc == Int {
		var text [intTextMax]byte
		d.mixBytes(e.Value.AppendTo(text[:0]))
	} else {
		d.mix(e.Value.text())
	}
	if e.ExpireAt != 0 {
		d.xor(sha1([]byte("!!expire!!")))
	}
}

func (d *digest) xor(other [sha1Size]byte) {
	for i := range d {
		d[i] ^= other[i]
	}
}

func (d *digest) mixBytes(b []byte) {
	d.xor(sha1(b))
	*d = sha1(d[:])
}

func (d *digest) mix(s string) { d.mixBytes(view(s)) }

func (d *digest) mixUint32(n uint32) {
	d.mixBytes([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}
