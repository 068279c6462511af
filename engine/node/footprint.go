package node

import (
	"cmp"
	"math/bits"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/resp"
)

// What a client takes of the memory: CLIENT LIST shows it, INFO sums it up, and maxmemory-clients limits it. Redis asks its
// allocator how large its buffers are. Here their sizes are reckoned by the rules that Redis resizes them by, so equal
// histories give equal numbers.

// Sizes of redis-server 7.0.15 on 64 bits, in bytes.
//
// Source: redis/src/server.h; measured with CLIENT LIST.
const (
	clientBytes       = 768       // a client without its buffers
	queryFirstBytes   = 20480     // the query buffer after the first read
	queryHeadBytes    = 6         // of it, what it keeps about itself
	queryLargeBytes   = 32 << 10  // from here on it follows what was needed lately, and is made for one large argument
	replyLeastBytes   = 1 << 10   // the reply buffer of a client that is told little
	replyMostBytes    = 16 << 10  // and of any other, at first too
	replyNodeBytes    = 20464     // what a node of the list takes that replies go to when the buffer is full
	replyNodeHead     = 40        // what such a node takes beside
	wordBytes         = 8         // a pointer to a word
	queuedBytes       = 24        // a place for a queued command, without its words
	watchBytes        = 80        // a watched key
	patternBytes      = 24        // a pattern that is listened to
	channelBytes      = 24        // a channel
	prefixNodeBytes   = 32        // a node of the tree of the prefixes that are tracked
	slotBytes         = 8         // a slot of the table of channels
	leastClientsLimit = 128 << 10 // a lower maxmemory-clients would lock everybody out
	tendPeriod        = time.Second / 10
)

// footprint is what is remembered of a client's buffers.
type footprint struct {
	query     int // bytes of the query buffer, used or not
	queryPeak int // the most that was used of it lately
	reading   int // bytes that the turn began with: what was executed of them is let go when it ends
	reply     int // bytes of the reply buffer
	replyPeak int // the most that was used of it lately
	peakSince engine.Instant
	tended    engine.Instant // when it was looked after
	counted   int64          // what of it is in Node.clientMemory
}

// newFootprint is that of a client that has come now. Its first peak is long over for Redis, which notes that moment in
// seconds and reads it in milliseconds, so a client that is told little has a small reply buffer soon.
//
// Source: redis/src/networking.c, createClient; redis/src/server.c, clientsCronResizeOutputBuffer.
func newFootprint(now engine.Instant) footprint {
	return footprint{reply: replyMostBytes, replyPeak: replyMostBytes, tended: now}
}

// reads takes note that the query buffer holds so many bytes, and has to hold so many before anything comes of them.
//
// Source: redis/src/networking.c, readQueryFromClient.
func (f *footprint) reads(held, need int) {
	f.queryPeak = max(f.queryPeak, held)
	f.query = max(f.query, queryFirstBytes)
	switch {
	case need >= queryLargeBytes && need+queryHeadBytes > f.query:
		f.query = sizeClass(need + queryHeadBytes)
	case held+queryHeadBytes > f.query:
		f.query = sizeClass(held + queryHeadBytes)
	}
}

// sizeClass is the size that an allocator gives for so many bytes: there are four between two powers of two.
func sizeClass(n int) int {
	step := 1 << max(bits.Len(uint(n-1))-3, 4)
	return (n + step - 1) / step * step
}

// replies takes note that so many bytes of replies are there at once.
func (f *footprint) replies(n int) { f.replyPeak = max(f.replyPeak, min(n, f.reply)) }

// tend does what Redis does ten times a second for each client: buffers that are larger than what is needed lately
// shrink, and a reply buffer that was full grows. Nobody sees it until something is asked, so it is done then, and before
// anything changes that the rounds look at, round by round: whoever asks in between changes nothing.
//
// Source: redis/src/server.c, clientsCronResizeQueryBuffer and clientsCronResizeOutputBuffer.
func (n *Node) tend(c *client) {
	f := &c.size
	if n.now.Sub(f.tended) < tendPeriod {
		return
	}
	n.skipRounds(f)
	for f.tended.Add(tendPeriod) <= n.now {
		f.tended = f.tended.Add(tendPeriod)
		n.tendOnce(c, f.tended)
	}
}

// skipRounds leaves out rounds that change nothing any more. A peak is forgotten every so many of them; behind some
// such cycles the buffers are as they stay.
func (n *Node) skipRounds(f *footprint) {
	cycle := max((n.replyTending.reset+tendPeriod-1)/tendPeriod, 1) * tendPeriod
	exact := 2*cycle + 5*time.Second // the latter for what waits until a client has been idle
	if behind := n.now.Sub(f.tended); behind >= 2*exact {
		skipped := (behind - exact) / cycle * cycle
		f.tended, f.peakSince = f.tended.Add(skipped), f.peakSince.Add(skipped)
	}
}

// tendOnce is one round, at the given moment.
func (n *Node) tendOnce(c *client, at engine.Instant) {
	f := &c.size
	held, idle := c.queryHeld(), at.Seconds()-c.used.Seconds()
	if free := f.query - queryHeadBytes - held; free > 4<<10 {
		switch {
		case idle > 2:
			f.query = 0
			if held > 0 {
				f.query = sizeClass(held + queryHeadBytes)
			}
		case f.query > queryLargeBytes && f.queryPeak < f.query/2:
			f.query = sizeClass(max(held, f.queryPeak, c.queryNeed()) + queryHeadBytes)
		}
	}
	f.queryPeak = max(held, c.queryNeed())
	if n.replyTending.off {
		return
	}
	switch {
	case f.reply/2 >= replyLeastBytes && f.replyPeak < f.reply/2:
		f.reply = max(replyLeastBytes, f.replyPeak+1)
	case f.replyPeak == f.reply && f.reply < replyMostBytes:
		f.reply = min(replyMostBytes, 2*f.reply)
	}
	if reset := n.replyTending.reset; reset >= 0 && at.Sub(f.peakSince) >= reset {
		f.replyPeak, f.peakSince = int(min(c.sent, int64(f.reply))), at
	}
}

// replyTending is how reply buffers are resized: DEBUG REPLYBUFFER changes it for tests of Redis's.
type replyTending struct {
	off   bool
	reset time.Duration // after which a peak is forgotten; negative = never
}

// usualTending is the one of a server that was told nothing.
var usualTending = replyTending{reset: 5 * time.Second}

// queryHeld is how many bytes of the query buffer are used: what was received and not understood yet, or while a command
// is executed all that was received with it.
func (c *client) queryHeld() int {
	if c.size.reading > 0 {
		return c.size.reading
	}
	return len(c.in) - min(c.dec.Understood(), len(c.in))
}

// queryNeed is how many bytes a large argument that has not come to its end takes, or 0.
func (c *client) queryNeed() int {
	if need := c.dec.Need(); need > 0 {
		return need - c.dec.Understood()
	}
	return 0
}

// clientSizes are the parts of what a client takes, in bytes, as CLIENT LIST names them.
type clientSizes struct {
	query, queryFree int   // qbuf, qbuf-free
	words            int64 // argv-mem: of the command that is being read or executed
	queued           int64 // multi-mem
	reply, replyPeak int   // rbs, rbp
	buffered         int   // obl: replies in the buffer
	pieces           int   // oll: in the list behind it
	output           int64 // omem: what that list takes; of a replica, the part of the stream that it has not taken
	total            int64 // tot-mem
}

// sizes reckons what a client takes now.
//
// Source: redis/src/networking.c, getClientMemoryUsage and getClientOutputBufferMemoryUsage.
func (n *Node) sizes(c *client) clientSizes {
	n.tend(c)
	f := &c.size
	s := clientSizes{query: c.queryHeld(), reply: f.reply, replyPeak: f.replyPeak}
	s.queryFree = max(0, f.query-queryHeadBytes-s.query)
	words := n.words(c)
	for _, w := range words {
		s.words += int64(len(w))
	}
	if words == nil {
		s.words = int64(min(c.dec.Understood(), len(c.in)))
	}
	s.pieces, s.output = n.held(c)
	if c.replica == nil {
		s.buffered = int(min(c.unsent(), int64(f.reply)))
	}
	if c.multi != nil {
		s.queued = c.multi.bytes
		if count := len(c.multi.queue); count > 0 {
			s.total += queuedBytes << max(bits.Len(uint(count-1)), 1) // the list doubles when it is full
		}
	}
	s.total += clientBytes + int64(max(f.query, s.query)) + int64(f.reply) + s.words + int64(len(words)*wordBytes) +
		s.queued + int64(len(c.watched)*watchBytes) + int64(len(c.subs[byPattern].names)*patternBytes) + s.output
	for _, in := range [...]space{byChannel, byShard} {
		if count := len(c.subs[in].names); count > 0 {
			slots := 1 << max(bits.Len(uint(count-1)), 2)
			s.total += int64(count*channelBytes + slots*slotBytes)
		}
	}
	if c.track != nil && c.track.bcast {
		s.total += int64(radixNodes(slices.Sorted(slices.Values(c.track.prefixes)), 0) * prefixNodeBytes)
	}
	return s
}

// radixNodes is how many nodes a radix tree of words takes that begin alike up to at. Where all go on alike one node
// holds what they do; where they part, one holds the first letter of each way and one for each way what follows it.
//
// Source: redis/src/rax.c, raxGenericInsert.
func radixNodes(sorted []string, at int) int {
	if len(sorted) > 0 && len(sorted[0]) == at {
		sorted = sorted[1:]
	}
	nodes := 1
	for rest := sorted; len(rest) > 0; {
		way := rest[:sort.Search(len(rest), func(i int) bool { return rest[i][at] > rest[0][at] })]
		rest = rest[len(way):]
		alike, last := at+1, way[len(way)-1]
		for alike < len(way[0]) && way[0][alike] == last[alike] {
			alike++
		}
		if len(way) < len(sorted) && alike > at+1 {
			nodes++
		}
		nodes += radixNodes(way, alike)
	}
	return nodes
}

// words are those of the command that a client is in, or nil.
func (n *Node) words(c *client) [][]byte {
	switch {
	case c == n.executing:
		return n.line
	case c.parked != nil:
		return c.parked.args
	}
	return nil
}

// unsent is how many bytes of replies have not left for a client.
func (c *client) unsent() int64 { return c.sent + int64(len(c.w.Buf)) }

// String is what CLIENT LIST says of it, with a blank in front.
func (s *clientSizes) String() string {
	var b []byte
	for _, f := range [...]struct {
		name string
		n    int64
	}{
		{" qbuf=", int64(s.query)}, {" qbuf-free=", int64(s.queryFree)}, {" argv-mem=", s.words}, {" multi-mem=", s.queued},
		{" rbs=", int64(s.reply)}, {" rbp=", int64(s.replyPeak)}, {" obl=", int64(s.buffered)}, {" oll=", int64(s.pieces)},
		{" omem=", s.output}, {" tot-mem=", s.total},
	} {
		b = strconv.AppendInt(append(b, f.name...), f.n, 10)
	}
	return string(b)
}

// sizes are those of the link to the master, to which hardly anything is ever replied.
func (l *link) sizes() clientSizes {
	query := queryFirstBytes
	if len(l.in)+queryHeadBytes > query {
		query = sizeClass(len(l.in) + queryHeadBytes)
	}
	return clientSizes{
		query: len(l.in), queryFree: query - queryHeadBytes - len(l.in), reply: replyMostBytes, replyPeak: replyMostBytes,
		total: clientBytes + int64(query) + replyMostBytes,
	}
}

// clientsLimit is maxmemory-clients in bytes, or 0 for none.
//
// Source: redis/src/networking.c, getClientEvictionLimit.
func (c *Config) clientsLimit() int64 {
	limit := int64(0)
	if percent, of := strings.CutSuffix(c.MaxMemoryClients, "%"); of {
		share, _ := resp.ParseInt64([]byte(percent))
		if c.MaxMemory == 0 || share == 0 {
			return 0
		}
		limit = int64(float64(c.MaxMemory) * float64(share) / 100)
	} else if limit, _ = resp.ParseInt64([]byte(c.MaxMemoryClients)); limit == 0 {
		return 0
	}
	return max(limit, leastClientsLimit)
}

// weigh brings up to date what is counted of a client towards maxmemory and maxmemory-clients, where there is any. Replicas
// do not count: they have a limit of their own.
func (n *Node) weigh(c *client) {
	if n.clientsLimit == 0 && n.cfg.MaxMemory == 0 {
		return
	}
	total := int64(0)
	if c.replica == nil && n.byConn[c.conn] == c {
		total = n.sizes(c).total
	}
	n.clientMemory += total - c.size.counted
	c.size.counted = total
}

// limitClients takes over another maxmemory-clients or maxmemory. What was counted under an earlier one is out of date.
func (n *Node) limitClients() {
	n.clientsLimit = n.cfg.clientsLimit()
	for _, c := range n.clients {
		n.weigh(c)
	}
}

// evictClients closes clients, those that take much before those that take little, until maxmemory-clients holds. Sizes
// are compared by their power of two; among equals the one that came first goes first.
//
// Source: redis/src/networking.c, evictClients; redis/src/server.c, getMemUsageBucket.
func (n *Node) evictClients() {
	if n.clientsLimit == 0 || n.clientMemory < n.clientsLimit {
		return
	}
	class := func(c *client) int { return max(bits.Len64(uint64(c.size.counted)), 15) }
	var all []*client
	for _, c := range n.clients {
		if n.weigh(c); c.replica == nil && !c.noEvict && c.closing == "" {
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(a, b *client) int { return cmp.Compare(class(b), class(a)) })
	for _, c := range all {
		if n.clientMemory < n.clientsLimit {
			return
		}
		n.log(engine.LogNotice, "Evicting client: "+c.String(n))
		n.stats.evictedClients++
		c.cut = true
		c.close(n, "maxmemory-clients")
		c.flush(n)
	}
	if n.clientMemory >= n.clientsLimit {
		n.log(engine.LogWarning, "Over client maxmemory after evicting all evictable clients")
	}
}
