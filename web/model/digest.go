package model

import (
	"time"

	"resync/engine"
)

// Whether two nodes have the same data is seen by their digests: what DEBUG DIGEST begins with, on every card. To work one out
// reads every key, 7 µs for each in a browser, so it is done where the data may have changed, not often, and not of much data.
// All are of the same moment: those that are worked out one after the other count once nothing has changed in between.

const (
	digestShown    = 6 // hex digits
	digestGap      = 500 * time.Millisecond
	digestTurn     = 100 * time.Millisecond
	mostDigestKeys = 1000    // in a turn,
	mostDigested   = 1 << 20 // and bytes, at all nodes together
)

// digests are those of a moment, in order of the nodes' birth, or none. What is in the list stays, for copies of the model share it.
type digests struct {
	of    []digest
	next  []digest      // what is worked out over several turns,
	tries int           // and how many it took so far
	gone  int           // nodes that had been removed
	left  time.Duration // of the reader's time, until they may be worked out again
}

// A digest is that of a process which began then and had been given so many inputs: while it gets none, its data stays as it is.
type digest struct {
	since  engine.Instant
	inputs int64
	text   string
	owed   bool // the turn was too short for it
}

// digestsAt works out those that are missing, when it is time.
func (m *Model) digestsAt(s *scene) []digest {
	d, gone := &m.digests, len(m.world().Removed())
	if d.gone != gone {
		*d = digests{} // the others have other places in the list
	}
	if d.left > 0 && !m.filled(s) && !m.caughtUp(s) {
		return d.of
	}
	bytes := int64(0)
	for _, n := range s.nodes {
		if bytes += m.world().Node(n.name).DataBytes(); bytes > mostDigested || n.keys > mostDigestKeys {
			*d = digests{left: digestGap, gone: gone}
			return nil
		}
	}
	next, keys, owed := make([]digest, 0, len(s.nodes)), 0, false
	for i, n := range s.nodes {
		v := m.world().Node(n.name)
		now := digest{since: v.Since, inputs: v.Inputs}
		if was, ok := now.among(d.next, i); ok {
			now = was
		} else if was, ok := now.among(d.of, i); ok {
			now = was
		} else if now.owed = v.Up() && keys > 0 && keys+n.keys > mostDigestKeys; v.Up() && !now.owed {
			now.text = v.Digest()[:digestShown]
			m.pause()
			keys += n.keys
		}
		owed = owed || now.owed
		next = append(next, now)
	}
	if !owed {
		*d = digests{of: next, left: digestGap, gone: gone}
		return d.of
	}
	if d.tries++; d.tries > 2*len(s.nodes) || m.filled(s) || m.caughtUp(s) {
		d.of = nil // it changes faster than that, or is no longer true
	}
	d.next, d.left = next, digestTurn
	return d.of
}

// among looks for what is known of the same data.
func (d digest) among(list []digest, i int) (digest, bool) {
	if i >= len(list) || list[i].owed || list[i].since != d.since || list[i].inputs != d.inputs {
		return digest{}, false
	}
	return list[i], true
}

// caughtUp reports whether a replica, which had other data when the digests were worked out, now has all that its master has
// written: what its card says of their data would not fit their offsets.
func (m *Model) caughtUp(s *scene) bool {
	for i, d := range m.digests.of[:min(len(m.digests.of), len(s.nodes))] {
		v := &s.nodes[i]
		if !v.connected() || v.master < 0 || v.master >= len(m.digests.of) || v.repl.Applied != s.nodes[v.master].repl.Offset {
			continue
		}
		if m.digests.of[v.master].text != d.text && m.world().Node(v.name).Inputs != d.inputs {
			return true
		}
	}
	return false
}

// noData is how the digest of no data at all is shown.
const noData = "000000"

// filled reports whether a node has data that had none when the digests were worked out, or has none any more: what its card says
// of their number would not fit.
func (m *Model) filled(s *scene) bool {
	for i, d := range m.digests.of[:min(len(m.digests.of), len(s.nodes))] {
		if v := &s.nodes[i]; v.up && d.text != "" && (d.text == noData) != (v.keys == 0) {
			return true
		}
	}
	return false
}
