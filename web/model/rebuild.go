package model

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"resync/engine"
	"resync/engine/sim"
)

// Real servers become a script: the same servers, and a stream that ends for each replica as many bytes before its master's
// end, or before the first byte that is held, as it does there. So the forecast is the same, and can be played on.

// Rebuilt is the script that a paste comes to.
type Rebuilt struct {
	Script string   // "" when there is none
	About  string   // what of the servers it has, and what it has not
	Names  string   // who is who in it
	Left   []string // what is left out or smaller, and why
}

// What is written is held in the memory of a browser's tab, by every server.
const (
	mostHeldHere = 4 << 20 // bytes of one backlog
	mostLateHere = 4 << 20 // bytes between a replica and the first byte that is held
	mostHere     = 1 << 24 // bytes of a stream
)

// How a backlog is filled. Since 7.0 it lets go of a whole block at a time, so that the first byte held is one that a block
// begins with. What is written in small pieces fills blocks of one size.
const (
	fillBlock   = 20_440
	fillValue   = 16_000 // bytes of a value at most, so that none asks for a larger block
	leastLog    = 16_384 // the smallest repl-backlog-size
	selectBytes = 23     // SELECT 0, before the first write behind a full resync
	leastWrite  = 20     // bytes of the shortest command that writes
	firstWrites = 64     // bytes that are enough for the first of them
)

// A twin is what stands for a server. Where it is in its group's stream is counted in bytes from the end, so that what is
// behind it is less than 0.
type twin struct {
	name   string
	port   int64
	of     *pasted // nil: only its master tells of it
	pair   *pair   // it and its master, of all but the first of a group
	master *twin
	answer engine.PsyncAnswered
	at     int64 // the last byte that it has
	held   int64 // bytes in its backlog
	size   int64 // of its backlog while that is filled
	exact  bool  // an answer depends on which byte is the first that it holds
	cut    bool  // its link is, when it has come to at
}

// An event is what happens when the stream has come to a byte.
type event struct {
	at    int64
	order int
	who   string // what of the servers it is about
	note  string
	lines []string
}

// The order of what happens at one byte.
const (
	orderCut = iota
	orderEmpty
	orderRename
	orderHold
	orderEnd
)

// A builder makes the script of all groups, one after the other.
type builder struct {
	pairs []pair
	names []string
	port  int64
	who   []string
	left  []string
	lines []string

	// Of the group that is being built.
	all     []*twin
	events  []event
	aligned bool // a block is to end at border, and so whole blocks from there
	border  int64
	pending bool // the next write has SELECT in front
	moving  bool // some of what was written may be on its way
}

// rebuild makes the script.
func rebuild(nodes []*pasted, pairs []pair) (r Rebuilt) {
	b := &builder{pairs: slices.DeleteFunc(slices.Clone(pairs), func(p pair) bool { return p.joins }), port: 6379}
	written := int64(0)
	not := "the data and the ids of histories"
	for _, n := range nodes {
		if slices.ContainsFunc(b.pairs, func(p pair) bool { return p.of == n }) {
			continue // it comes with its master
		}
		follows := slices.ContainsFunc(b.pairs, func(p pair) bool { return p.master == n })
		switch {
		case b.full(n.name):
			continue
		case n.replica && !follows:
			b.leave(n.name, "its master is none of these")
			continue
		case n.replica:
			b.left = append(b.left, n.name+" is a master here: its own is none of these.")
		}
		bytes, shift := b.group(n)
		written += bytes
		if shift != 0 {
			offsets := "begin anew"
			if written == bytes { // there is one group so far
				offsets = "are " + byteCount(max(shift, -shift)) + map[bool]string{true: " less here", false: " more here"}[shift > 0]
			}
			not = "the data, the ids of histories, and the offsets, which " + offsets
		}
	}
	if slices.ContainsFunc(nodes, func(n *pasted) bool { return n.fields["min_slaves_good_slaves"] != "" }) {
		b.left = append(b.left, "min-replicas-to-write is set there, but INFO does not tell to what: it is not set here.")
	}
	if r.Left = b.left; len(r.Left) > pasteProblems {
		r.Left = append(r.Left[:pasteProblems:pasteProblems], "and "+plain(int64(len(b.left)-pasteProblems))+" more.")
	}
	if !slices.ContainsFunc(b.lines, func(line string) bool { return strings.Contains(line, " replicaof ") }) {
		return r
	}
	r.Names = "Here " + strings.Join(b.who, ", ") + "."
	r.About = "Rebuilt: the servers with what INFO tells of their configuration, the links that are down, and a stream of " + byteCount(written) +
		" in which each replica is as far behind its master as there. Not rebuilt: " + not + "."
	r.Script = "title \"Your servers\"\nabout \"Rebuilt from the output of INFO replication.\"\n" + strings.Join(b.lines, "\n") + "\n"
	return r
}

func (b *builder) add(lines ...string) { b.lines = append(b.lines, lines...) }

func (b *builder) leave(name, why string) {
	b.left = append(b.left, name+" is left out: "+why+".")
}

// full leaves a server out where there are as many as there may be.
func (b *builder) full(name string) bool {
	full := len(b.names) == sim.MaxNodes
	if full {
		b.leave(name, "a playground has "+plain(sim.MaxNodes)+" servers at most")
	}
	return full
}

// group builds a master and all that follow it. It returns how much is written, and by how much offsets are less than there.
func (b *builder) group(first *pasted) (written, shift int64) {
	b.all, b.events, b.aligned = nil, nil, false
	who, left := len(b.who), len(b.left)
	root := b.twin(first.name, first, nil)
	b.place(root)
	b.history(root)
	begin := b.begin(root)
	if -begin > mostHere {
		b.who, b.left = b.who[:who], b.left[:left]
		b.leave(first.name, "with what follows it, it needs a stream of "+byteCount(-begin)+", and "+byteCount(mostHere)+" are written here at most")
		return 0, 0
	}
	base := int64(0)
	if first.old() { // a backlog begins one byte behind
		base = 1
	}
	if origin := base - int64(first.offset); root.exact && origin <= begin && -origin <= mostHeldHere && (!b.aligned || (b.border-origin)%fillBlock == 0) {
		begin = origin // the offsets are the same then
	}

	if len(b.lines) > 0 {
		b.add("")
	}
	b.nodes(root)
	for _, t := range b.all {
		b.cut(t)
	}
	if len(b.all) == 1 {
		return 0, 0
	}
	b.sort(root)
	b.pending, b.moving = true, false
	at := begin
	for _, e := range b.events {
		if e.at > at {
			b.write(root, e.at-at, base+e.at-begin)
			at = e.at
		}
		if b.moving && len(e.lines) > 0 {
			b.add("wait 100ms")
			b.moving = false
		}
		if e.note != "" {
			b.add("# " + e.note)
		}
		b.add(e.lines...)
		b.pending = b.pending || e.order == orderRename
	}
	b.add("wait 100ms")
	for _, t := range b.all {
		if t.size != 0 && t.size != t.of.size {
			b.add(t.name + "> CONFIG SET repl-backlog-size " + plain(t.of.size))
		}
	}
	b.add(root.name + "> CONFIG SET " + root.pingPeriod() + " 10")
	return -begin, int64(first.offset) + begin - base
}

// sort puts what happens in its order. What is less than a write before the next comes together with that.
func (b *builder) sort(root *twin) {
	b.events = append(b.events, event{order: orderEnd})
	slices.SortStableFunc(b.events, func(x, y event) int { return cmp.Or(cmp.Compare(x.at, y.at), x.order-y.order) })
	for i := len(b.events) - 2; i >= 0; i-- {
		e, gap := &b.events[i], b.events[i+1].at-b.events[i].at
		least := int64(leastWrite)
		if e.order == orderRename { // a promoted master begins with SELECT
			least += selectBytes
		}
		pings := gap%pingBytes == 0 && slices.ContainsFunc(b.all, func(t *twin) bool { // it sends them to those who are there
			return t.master == root && t.linked() && (!t.cut || t.at > e.at)
		})
		if gap > 0 && gap < least && !pings {
			e.at += gap
			b.left = append(b.left, e.who+" is "+byteCount(gap)+" further on here: there is no write so short.")
		}
	}
}

// twin names a server.
func (b *builder) twin(name string, of *pasted, p *pair) *twin {
	t := &twin{of: of, pair: p, port: b.port}
	host, port, ok := cutAddress(name)
	if b.port++; ok {
		t.port, _ = strconv.ParseInt(port, 10, 64)
	} else {
		host = name
	}
	kind := "m"
	if p != nil {
		kind = "r"
	}
	short, _, _ := strings.Cut(strings.ToLower(host), ".")
	if short = short[:min(len(short), 16)]; sim.ValidName(short) && !slices.Contains(b.names, short) {
		t.name = short
	}
	for i := int64(1); t.name == ""; i++ {
		if name := kind + plain(i); !slices.Contains(b.names, name) {
			t.name = name
		}
	}
	b.names = append(b.names, t.name)
	b.all = append(b.all, t)
	b.who = append(b.who, name+" is "+t.name)
	return t
}

// era is the generation of a server, as far as it can be told. None is older than its master's: it could not load what that sends.
func (t *twin) era() string {
	era := ""
	if t.of != nil {
		era = t.of.era()
	}
	if t.master != nil {
		era = max(era, t.master.era())
	}
	return era
}

func (p *pasted) era() string {
	has := func(key string) bool { _, ok := p.fields[key]; return ok }
	major, _, _ := strings.Cut(strings.TrimLeft(p.version, "rv"), ".")
	n, err := strconv.Atoi(major)
	switch {
	case strings.HasPrefix(p.version, "v") && n >= 8, has("replicas_waiting_psync"):
		return "8.0"
	case p.old():
		return "2.8"
	case err == nil && n >= 7, int64(p.ground.Next-p.ground.First) > p.size:
		return "7.0"
	case err == nil, !has("master_failover_state") && !has("slave_read_repl_offset"):
		return "4.0"
	}
	return "7.0"
}

// ring reports whether the backlog holds exactly its size.
func (t *twin) ring() bool { return t.era() < "7" }

// replicaof is the command by its name of then.
func (t *twin) replicaof(whom string) string {
	if t.ring() {
		return "> SLAVEOF " + whom
	}
	return "> REPLICAOF " + whom
}

func (t *twin) pingPeriod() string {
	if t.ring() {
		return "repl-ping-slave-period"
	}
	return "repl-ping-replica-period"
}

// place says where the replicas of a server stand, and theirs, and how much it holds.
func (b *builder) place(t *twin) {
	var kids []*twin
	held := int64(t.of.ground.Next - t.of.ground.First)
	lacks := func(k *twin) int64 { return int64(k.answer.Next - k.answer.Want) }
	for i := range b.pairs {
		p := &b.pairs[i]
		if p.master != t.of || slices.ContainsFunc(b.all, func(o *twin) bool { return o.pair != nil && o.pair.replica == p.replica }) {
			continue
		}
		k := twin{pair: p, answer: p.answer()}
		why := ""
		switch reason := k.answer.Reason; {
		case t.of.replica && t.of.old() && t.pair != nil:
			why = "before Redis 4.0 a replica has a stream of its own, and here all servers of a group have one"
		case reason == engine.PsyncTooLate:
			t.exact = true
		case reason == engine.PsyncOK && lacks(&k) > mostHeldHere:
			why = "it lacks " + byteCount(lacks(&k)) + ", and a backlog holds " + byteCount(mostHeldHere) + " here at most"
		case reason == engine.PsyncBeyondSecond:
			why = "it has gone on in a history that its master has left"
		case reason == engine.PsyncNoBacklog:
			why = "its master has the same history and no backlog"
		case reason == engine.PsyncFuture:
			why = "it has bytes that its master has not: these lines are not of one moment"
		}
		if why != "" {
			b.leave(p.replica, why)
			continue
		}
		t.exact = t.exact || k.answer.Continued() && lacks(&k) > t.of.size // a whole block is held, or none of it
		kids = append(kids, &k)
	}
	if len(kids) == 0 && t.pair != nil {
		return // nobody asks it
	}
	t.held = b.holds(t, min(held, mostHeldHere))
	if held > mostHeldHere {
		b.left = append(b.left, t.of.name+" holds "+byteCount(held)+" there, and "+byteCount(t.held)+" here.")
	} else if t.held != held && t.exact {
		b.left = append(b.left, t.of.name+" holds "+byteCount(t.held)+" here, since a backlog of its era lets go of whole blocks.")
	}
	for _, k := range kids {
		if b.full(k.pair.replica) {
			continue
		}
		lack := int64(0)
		switch k.answer.Reason {
		case engine.PsyncOK:
			if lack = lacks(k); lack > t.held {
				b.leave(k.pair.replica, "it lacks "+byteCount(lack)+", and its master holds "+byteCount(t.held)+" here")
				continue
			}
		case engine.PsyncTooLate:
			late := int64(k.answer.First - k.answer.Want)
			if late > mostLateHere {
				b.left = append(b.left, k.pair.replica+" is "+byteCount(late)+" too late there, and "+byteCount(mostLateHere)+" here.")
			}
			lack = t.held + min(late, mostLateHere)
		}
		n := b.twin(k.pair.replica, k.pair.of, k.pair)
		n.master, n.answer, n.at = t, k.answer, t.at-lack
		if n.of != nil {
			b.place(n)
		}
	}
}

// holds is how many bytes a backlog has at the end, if it should have so many. It has to begin at that byte only where an answer
// depends on it.
func (b *builder) holds(t *twin, held int64) int64 {
	switch {
	case !t.exact:
		return held
	case t.ring():
		if held < t.of.size {
			b.events = append(b.events, event{t.at - held, orderEmpty, "The backlog of " + t.of.name, "A ring of another size begins empty.", []string{
				t.name + "> CONFIG SET repl-backlog-size " + plain(t.of.size+1), t.name + "> CONFIG SET repl-backlog-size " + plain(t.of.size)}})
		}
		return held
	}
	held = max(min(held, max(t.of.size, leastLog)+fillBlock), leastLog+1)
	if b.aligned {
		more := ((t.at-held-b.border)%fillBlock + fillBlock) % fillBlock
		if held += more; more > 0 && held-fillBlock > leastLog {
			held -= fillBlock
		}
	}
	b.aligned, b.border = true, t.at-held
	if t.size = t.of.size; held <= t.size || held > t.size+fillBlock {
		t.size = max(leastLog, held-fillBlock)
	}
	return held
}

// history has the master change its name, where somebody asks for the one before.
func (b *builder) history(root *twin) {
	changes, at := false, int64(0)
	for _, t := range b.all {
		if !t.byOldName() {
			continue
		}
		if own := t.master.at - int64(t.answer.Next-t.answer.SecondOffset); !changes || own < at {
			at = own
		}
		changes = true
	}
	if !changes {
		return
	}
	for _, t := range b.all {
		if t.byOldName() {
			at = max(at, t.at)
		}
	}
	lines := []string{root.name + root.replicaof("127.0.0.1 1"), root.name + root.replicaof("NO ONE"), "wait 100ms"}
	for _, t := range b.all {
		if t != root && t.linked() && !t.byOldName() && (t.at > at || t.at == at && t.pair.up) {
			lines = append(lines, "until "+t.name+".master_link_status = up")
		}
	}
	b.events = append(b.events, event{at, orderRename, "The history of " + root.of.name, "A history of another name begins.", lines})
}

// byOldName reports whether a replica asks for the history that its master had before.
func (t *twin) byOldName() bool {
	a := &t.answer
	return t.pair != nil && (a.Reason == engine.PsyncOK || a.Reason == engine.PsyncTooLate) && a.Asked != a.ReplID
}

// linked reports whether a server has the stream at first, as all have but a replica that never had a link, and what is below.
func (t *twin) linked() bool {
	return t.pair == nil || t.answer.Reason != engine.PsyncNoHistory && t.master.linked()
}

// cut has a replica stay where it is. Where the link is up, what it lacks is on its way.
func (b *builder) cut(t *twin) {
	if t.pair == nil || !t.linked() {
		return
	}
	ends := t.master.name + " " + t.name
	t.cut = true
	e := event{t.at, orderCut, t.pair.replica, "", []string{"sever " + ends}}
	switch {
	case t.answer.Reason == engine.PsyncUnknownID:
		e.note = t.name + " goes on in a history of its own, which is what it asks for."
		e.lines = append(e.lines, t.name+t.replicaof("NO ONE"), t.name+t.replicaof(t.master.name+" "+plain(t.master.port)))
	case t.answer.Reason == engine.PsyncTooLate:
		e.note = t.name + " stops before the first byte that " + t.master.name + " will hold."
	case t.pair.up && t.at == t.master.at:
		t.cut = false
		return
	case t.pair.up && !t.byOldName():
		t.cut = false
		e.order, e.note, e.lines = orderHold, t.name+" has a link, and what it lacks is on its way.", []string{"blackhole " + ends}
	}
	b.events = append(b.events, e)
}

// begin is where the stream begins: before all that is to happen, and for blocks to end where they should.
func (b *builder) begin(root *twin) int64 {
	low := min(0, -root.held+firstWrites)
	for _, t := range b.all {
		if t.linked() {
			low = min(low, t.at)
		}
	}
	for _, e := range b.events {
		low = min(low, e.at)
	}
	if low -= firstWrites; b.aligned {
		low -= ((low-b.border)%fillBlock + fillBlock) % fillBlock
	}
	return low
}

// nodes are the servers, and their links as they are at first.
func (b *builder) nodes(root *twin) {
	var up []string
	for _, t := range b.all {
		line := "node " + t.name
		if t.era() != "7.0" {
			line += " era " + t.era()
		}
		if t.pair != nil {
			line += " replicaof " + t.master.name
		}
		line += " port=" + plain(t.port)
		if t.of != nil {
			line += " repl-backlog-size=" + plain(cmp.Or(t.size, t.of.size))
			for _, s := range [][3]string{{"slave_priority", "priority", "100"}, {"slave_read_only", "read-only", "1"}, {"replica_announced", "announced", "1"}} {
				value := t.of.fields[s[0]]
				if _, err := strconv.ParseUint(value, 10, 31); err != nil || value == s[2] {
					continue
				}
				if s[2] == "1" {
					value = "no"
				}
				line += map[bool]string{true: " slave-", false: " replica-"}[t.ring()] + s[1] + "=" + value
			}
		}
		if t == root && len(b.all) > 1 {
			line += " " + root.pingPeriod() + "=3600"
		}
		b.add(line)
		if t.linked() && t != root {
			up = append(up, t.name+".master_link_status = up")
		} else if !t.linked() {
			b.add("sever " + t.master.name + " " + t.name)
		}
	}
	if len(up) > 0 {
		b.add("until " + strings.Join(up, " and "))
	}
}

// write has a master write so many bytes of stream, which then ends at a byte.
func (b *builder) write(root *twin, bytes, end int64) {
	left := bytes
	if b.pending {
		left -= selectBytes
	}
	if left < leastWrite {
		period := root.name + "> CONFIG SET " + root.pingPeriod()
		b.add(period+" 1", "until "+root.name+".master_repl_offset >= "+plain(end)+" within 5s", period+" 3600")
		b.moving = true
		return
	}
	b.pending, b.moving = false, true
	if left > 160 {
		n := (left-leastWrite)/(fillValue+headOf(fillValue)) + 1
		value := (left - leastWrite) / n
		value -= headOf(value)
		b.add("# "+byteCount(bytes)+" of stream.", "load "+root.name+" rate 1000/s size "+plain(value)+" keys 1", "wait "+plain(n)+".5ms", "unload "+root.name)
		left -= n * (value + headOf(value))
	}
	b.add(root.name + "> " + fill(int(left)))
}

// headOf is how much a load's SET key:0 has around a value.
func headOf(value int64) int64 { return 29 + int64(len(plain(value))) }

// fill is a command of so many bytes of stream.
func fill(bytes int) string {
	if bytes < 30 {
		if bytes == leastWrite {
			return `INCR ""`
		}
		return "INCR " + strings.Repeat("n", bytes-leastWrite)
	}
	for key := 1; ; key++ { // a length of two digits takes one byte more, so that one key alone leaves gaps
		for digits := 1; digits < 7; digits++ {
			if value := bytes - 24 - key - digits; value > 0 && len(strconv.Itoa(value)) == digits {
				return "SET " + strings.Repeat("k", key) + " " + strings.Repeat("x", value)
			}
		}
	}
}
