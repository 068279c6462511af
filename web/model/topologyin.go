package model

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"resync/engine"
	"resync/engine/repl"
)

// What real servers say of themselves: the output of INFO replication of one or several, pasted one below the other. It
// is read, judged by the rules that the engine goes by, and never leaves the page.

// A Topology is what was made of a paste.
type Topology struct {
	Given    bool     // something was pasted
	Problems []string // what could not be read
	Nodes    []TopologyNode
	Rows     []TopologyRow
	Note     string
	Rebuilt  Rebuilt
}

// A TopologyNode is a server as INFO describes it.
type TopologyNode struct {
	Name, Role, Offset, History, Second, Backlog string
	Tone                                         Tone
}

// A TopologyRow is what one server would answer another one now.
type TopologyRow struct {
	Replica, Master string
	When            string // "if its link breaks", "if it joins"
	Asks            string // its PSYNC
	Answer          Answer
	Why             string
	Left            string // how long it stays so, or ""
}

// Bounds of what is read.
const (
	PasteMost     = 256 << 10 // bytes
	pasteNodes    = 32
	pasteProblems = 8
)

// A pasted is one server's block.
type pasted struct {
	line    int // where it begins, from 1
	name    string
	version string // as INFO server says it, or ""
	fields  map[string]string
	lines   map[string]int
	slaves  []pastedSlave
	replica bool
	ground  repl.Ground
	size    int64 // of the backlog
	offset  engine.Offset
	master  string // host:port, of a replica
	up      bool   // its link is
	ask     repl.Request
}

// old reports whether the server is from before PSYNC2: its history goes by the id of the process, of which INFO replication
// does not tell.
func (p *pasted) old() bool {
	_, id := p.fields["master_replid"]
	_, second := p.fields["second_repl_offset"]
	return !id && !second
}

// A pastedSlave is a line slaveN of a master.
type pastedSlave struct {
	address, state string
	offset         engine.Offset
}

// readTopology reads a paste.
func readTopology(text string) Topology {
	t := Topology{Given: strings.TrimSpace(text) != ""}
	if !t.Given {
		return t
	}
	if len(text) > PasteMost {
		t.Problems = []string{"This is " + byteCount(int64(len(text))) + ": more than the " + byteCount(PasteMost) + " that are read. Paste only INFO replication."}
		return t
	}
	blocks, problem := splitPaste(text)
	if problem != "" {
		t.Problems = []string{problem}
		return t
	}
	var nodes []*pasted
	for _, b := range blocks {
		if problems := b.read(); len(problems) > 0 {
			t.Problems = append(t.Problems, problems...)
			continue
		}
		nodes = append(nodes, b)
	}
	if len(t.Problems) > pasteProblems {
		left := len(t.Problems) - pasteProblems
		t.Problems = append(t.Problems[:pasteProblems], "and "+plural(int64(left), "further problem")+".")
	}
	nameNodes(nodes)
	for _, n := range nodes {
		t.Nodes = append(t.Nodes, n.view())
	}
	pairs := pairsOf(nodes)
	for i := range pairs {
		t.Rows = append(t.Rows, pairs[i].row())
	}
	switch {
	case len(nodes) == 0:
	case len(t.Rows) == 0:
		t.Note = "Nobody asks anybody here: paste INFO replication of a master and of its replicas."
	default:
		t.Note = "As of these numbers. Servers go on writing: what is held for a replica that is away gets less by every byte written."
	}
	if slices.ContainsFunc(nodes, (*pasted).old) {
		t.Note += " Before Redis 4.0 INFO replication does not name the history: it is taken to be one and the same."
	}
	if len(t.Problems) == 0 {
		t.Rebuilt = rebuild(nodes, pairs)
	}
	return t
}

// splitPaste finds the blocks: each has one line "role:". Its name is that of the server that was asked, where a prompt
// shows that; else what stands right above it, if it is no field of the block before.
func splitPaste(text string) (blocks []*pasted, problem string) {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	var at *pasted
	asked, version := "", ""
	for i, line := range lines {
		if name, ok := askedForInfo(line); ok {
			asked, version = name, ""
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		switch {
		case !ok:
			continue
		case key == "valkey_version", key == "redis_version" && version == "":
			version = key[:1] + value
		case key == "role":
			if len(blocks) == pasteNodes {
				return nil, "More than " + plain(pasteNodes) + " servers. Paste fewer."
			}
			at = &pasted{line: i + 1, name: cmp.Or(asked, heading(lines, i)), version: version, fields: map[string]string{}, lines: map[string]int{}}
			blocks = append(blocks, at)
			asked, version = "", ""
		}
		if at != nil {
			if _, twice := at.fields[key]; !twice {
				at.fields[key], at.lines[key] = value, i+1
			}
		}
	}
	if len(blocks) == 0 {
		return nil, "This is no output of INFO replication: there is no line that begins with role:"
	}
	return blocks, ""
}

// askedForInfo reports whether a line has somebody ask a server for INFO, and which one it is as far as the line tells:
// "127.0.0.1:6380> INFO replication", or "root@db1:~# redis-cli -p 6380 info replication".
func askedForInfo(line string) (name string, ok bool) {
	info := func(words []string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, "info") })
	}
	if command, ok := afterPrompt(line); ok && info(strings.Fields(command)[:min(1, len(command))]) {
		before, _, _ := strings.Cut(line, ">")
		for word := range strings.FieldsSeq(before) {
			if end := strings.IndexAny(word, "[("); end > 0 && word[0] != '[' {
				word = word[:end]
			}
			if host, port, ok := cutAddress(word); ok {
				name = printable(host + ":" + port)
			}
		}
		return name, true
	}
	words := strings.Fields(line)
	cli := slices.IndexFunc(words, func(w string) bool { return strings.HasSuffix(w, "redis-cli") || strings.HasSuffix(w, "valkey-cli") })
	if cli < 0 || !info(words[cli:]) {
		return "", false
	}
	host, port := "127.0.0.1", "6379"
	if _, at, ok := strings.Cut(words[0], "@"); ok && cli > 0 { // the shell of a machine
		if end := strings.IndexAny(at, ":]$#>"); end >= 0 {
			at = at[:end]
		}
		host = cmp.Or(at, host)
	}
	for k := cli + 1; k+1 < len(words); k++ {
		switch value := words[k+1]; words[k] {
		case "-h":
			host = value
		case "-p":
			port = value
		case "-u": // redis://user:password@host:port/0
			_, value, _ = strings.Cut(value, "://")
			value, _, _ = strings.Cut(value, "/")
			value = value[strings.LastIndexByte(value, '@')+1:]
			if h, p, ok := cutAddress(value); ok {
				host, port = h, p
			} else {
				host = cmp.Or(value, host)
			}
		}
	}
	return shorten(printable(host+":"+port), 48), true
}

// heading is the name that was typed above a block: an address, or a name. A field of INFO is none.
func heading(lines []string, role int) string {
	i, gap := role-1, false
	for ; i >= 0 && (lines[i] == "" || strings.HasPrefix(lines[i], "# ")); i-- {
		gap = gap || lines[i] == ""
	}
	if i < 0 {
		return ""
	}
	line := strings.TrimRight(strings.TrimLeft(lines[i], "$#> "), ": ")
	if host, port, ok := cutAddress(line); ok {
		if gap && !strings.ContainsAny(host, ".:") || strings.Contains(host, "_") {
			return "" // the last field of another section
		}
		return host + ":" + port
	}
	if _, ok := askedForInfo(lines[i]); ok || gap || line == "" || strings.Contains(line, ":") {
		return ""
	}
	return shorten(printable(line), 48)
}

// cutAddress splits host:port.
func cutAddress(s string) (host, port string, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 1 || len(s) > 80 {
		return "", "", false
	}
	n, err := strconv.Atoi(s[i+1:])
	if err != nil || n < 1 || n > 65535 || strings.ContainsAny(s[:i], " \t<>\"'") {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}

// read takes the numbers out of a block, and says what is wrong with it.
func (p *pasted) read() (problems []string) {
	bad := func(key, what string) {
		where := p.line
		if n := p.lines[key]; n > 0 {
			where = n
		}
		problems = append(problems, "Line "+plain(int64(where))+": "+what)
	}
	number := func(key string, least int64) engine.Offset {
		text, ok := p.fields[key]
		if !ok {
			bad("role", "this server has no "+key+".")
			return 0
		}
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil || n < least || n > 1<<62 {
			bad(key, key+" is "+quoted(text)+", which is no offset.")
			return 0
		}
		return engine.Offset(n)
	}
	id := func(key string) engine.ReplID {
		text, ok := p.fields[key]
		if !ok {
			bad("role", "this server has no "+key+".")
			return ""
		}
		if len(text) != 40 || strings.Trim(strings.ToLower(text), "0123456789abcdef") != "" {
			bad(key, key+" is "+quoted(text)+", and not 40 hex digits.")
			return ""
		}
		return engine.ReplID(strings.ToLower(text))
	}
	switch p.fields["role"] {
	case "master":
	case "slave", "replica":
		p.replica = true
	default:
		bad("role", "role is "+quoted(p.fields["role"])+", and neither master nor slave.")
		return problems
	}
	if p.ground.Second = -1; !p.old() {
		p.ground = repl.Ground{ID: id("master_replid"), ID2: id("master_replid2"), Second: number("second_repl_offset", -1), Shared: true}
	}
	p.offset = number("master_repl_offset", 0)
	p.size = int64(number("repl_backlog_size", 1))
	p.ground.Backlog = number("repl_backlog_active", 0) == 1
	p.ground.First = number("repl_backlog_first_byte_offset", 0)
	p.ground.Next = p.ground.First + number("repl_backlog_histlen", 0)
	if !p.ground.Backlog {
		p.ground.First, p.ground.Next = p.offset+1, p.offset+1
	}
	if len(problems) > 0 {
		return problems
	}
	// Who becomes a replica asks for what comes behind its own stream, under its own name.
	p.ask = repl.Request{ID: p.ground.ID, Want: p.offset + 1}
	if p.old() {
		p.ask = repl.Request{ID: "?", Want: -1}
	}
	if p.ground.Backlog && p.ground.Next != p.offset+1 {
		bad("repl_backlog_histlen", "the backlog ends at byte "+at(p.ground.Next-1)+", and master_repl_offset is "+at(p.offset)+": these lines are not of one moment.")
	}
	if p.replica {
		p.readReplica(bad, number)
	}
	p.readSlaves(bad)
	return problems
}

// readReplica reads where a replica stands. One that never had a link has nothing to continue, and then INFO says 1.
//
// Source: redis/src/server.c, genRedisInfoString; redis/src/replication.c, slaveTryPartialResynchronization.
func (p *pasted) readReplica(bad func(key, what string), number func(key string, least int64) engine.Offset) {
	host, port := p.fields["master_host"], p.fields["master_port"]
	if host == "" || port == "" {
		bad("role", "this replica has no master_host and master_port.")
		return
	}
	p.master = host + ":" + port
	p.up = p.fields["master_link_status"] == "up"
	applied := number("slave_repl_offset", -1)
	p.ask = repl.Request{ID: p.ground.ID, Want: applied + 1}
	if !p.up && applied == 1 || p.fields["master_sync_in_progress"] == "1" {
		p.ask = repl.Request{ID: "?", Want: -1}
	}
}

// replicaParts takes apart what INFO says of a replica: "ip=10.0.0.2,port=6380,state=online,offset=5,lag=0".
func replicaParts(text string) map[string]string {
	parts := map[string]string{}
	for part := range strings.SplitSeq(text, ",") {
		key, value, _ := strings.Cut(part, "=")
		parts[key] = value
	}
	return parts
}

// readSlaves reads what a master says of its replicas.
func (p *pasted) readSlaves(bad func(key, what string)) {
	for i := range 1024 {
		key := "slave" + strconv.Itoa(i)
		text, ok := p.fields[key]
		if !ok {
			return
		}
		parts := replicaParts(text)
		offset, err := strconv.ParseInt(parts["offset"], 10, 64)
		if parts["ip"] == "" || parts["port"] == "" || err != nil || offset < 0 {
			bad(key, key+" does not say ip, port and offset: "+quoted(text)+".")
			continue
		}
		p.slaves = append(p.slaves, pastedSlave{parts["ip"] + ":" + parts["port"], parts["state"], engine.Offset(offset)})
	}
}

// quoted is what somebody pasted, short and in quotes.
func quoted(s string) string { return strconv.Quote(shorten(printable(s), 40)) }

// nameNodes gives every server a name. Where none was typed it comes from what the others say of it. So it does where several
// have the same, or one that its own machine calls it and nobody else: who asks on every machine reads 127.0.0.1:6379 on all.
func nameNodes(nodes []*pasted) {
	taken := func(name string) bool {
		return slices.ContainsFunc(nodes, func(n *pasted) bool { return n.name == name })
	}
	local := make([]string, len(nodes))
	for i, n := range nodes {
		switch host, _, _ := cutAddress(n.name); {
		case slices.ContainsFunc(nodes, func(o *pasted) bool { return o != n && o.name == n.name }):
			local[i] = "?"
		case (host == "127.0.0.1" || host == "localhost") && !slices.ContainsFunc(nodes, func(o *pasted) bool { return o.mentions(n.name) }):
			local[i] = n.name
		}
	}
	for i, n := range nodes {
		if local[i] != "" {
			n.name = ""
		}
	}
	for _, n := range nodes { // a replica knows its master's address
		if n.replica && !taken(n.master) {
			var nameless []*pasted
			for _, m := range nodes {
				if m.name == "" && m != n && m.ground.ID == n.ground.ID && len(m.slaves) > 0 {
					nameless = append(nameless, m)
				}
			}
			if len(nameless) == 1 {
				nameless[0].name = n.master
			}
		}
	}
	for _, m := range nodes { // and a master those of its replicas
		var left []string
		for _, s := range m.slaves {
			if !taken(s.address) {
				left = append(left, s.address)
			}
		}
		var nameless []*pasted
		for _, n := range nodes {
			if n.replica && n.name == "" && n.master == m.name {
				nameless = append(nameless, n)
			}
		}
		if len(left) == 1 && len(nameless) == 1 {
			nameless[0].name = left[0]
		}
	}
	masters, replicas := 0, 0
	for i, n := range nodes {
		if n.name == "" && local[i] != "?" && !taken(local[i]) {
			n.name = local[i]
		}
		switch {
		case n.replica:
			if replicas++; n.name == "" {
				n.name = "replica " + strconv.Itoa(replicas)
			}
		default:
			if masters++; n.name == "" {
				n.name = "master " + strconv.Itoa(masters)
			}
		}
	}
}

// mentions reports whether a server knows another one by this address.
func (p *pasted) mentions(address string) bool {
	return p.master == address || slices.ContainsFunc(p.slaves, func(s pastedSlave) bool { return s.address == address })
}

func (p *pasted) view() TopologyNode {
	v := TopologyNode{Name: p.name, Role: "master", Offset: at(p.offset), History: cmp.Or(p.ground.ID.Short(), "not told"), Second: "none", Backlog: "none", Tone: ToneMaster}
	if p.replica {
		v.Role, v.Tone = "replica of "+shorten(printable(p.master), 48), ToneReplica
		if !p.up {
			v.Role += ", link down"
		}
		v.Offset = at(p.ask.Want - 1)
		if p.ask.Want < 0 {
			v.Offset = "none yet"
		}
	}
	if p.ground.ID2 != engine.NoReplID && !p.old() {
		v.Second = p.ground.ID2.Short() + " until " + at(p.ground.Second)
	}
	if p.ground.Backlog {
		v.Backlog = at(p.ground.First) + " to " + at(p.ground.Next-1) + ", size " + sized(p.size)
		if p.ground.Next == p.ground.First {
			v.Backlog = "empty, size " + sized(p.size)
		}
	}
	return v
}

// A pair is two servers of which one would ask the other.
type pair struct {
	replica string
	of      *pasted // nil: it was not pasted, and its master knows only so much
	master  *pasted
	when    string
	ask     repl.Request
	up      bool // their link is
	joins   bool // they have none: both are masters
}

// pairsOf are each replica with its master, a master with the replicas that it names and that were not pasted, and every
// master with the others, should they join it.
func pairsOf(nodes []*pasted) (pairs []pair) {
	known := func(address string) bool {
		return slices.ContainsFunc(nodes, func(n *pasted) bool { return n.name == address })
	}
	for _, m := range nodes {
		followers := 0
		for _, r := range nodes {
			if r == m {
				continue
			}
			switch {
			case r.replica && r.master == m.name, r.replica && followsUnnamed(nodes, r, m):
				p := pair{r.name, r, m, "if its link breaks now", r.ask, r.up, false}
				if !r.up {
					p.when = "when it asks"
				}
				pairs = append(pairs, p)
				followers++
			case !r.replica && !m.replica:
				pairs = append(pairs, pair{r.name, r, m, "if it joins", r.ask, false, true})
			}
		}
		for _, s := range m.slaves {
			if known(s.address) || followers >= len(m.slaves) {
				continue
			}
			p := pair{s.address, nil, m, "if its link breaks now, by its latest ACK", repl.Request{ID: m.ground.ID, Want: s.offset + 1}, true, false}
			if s.state != "online" {
				p = pair{s.address, nil, m, "it is in state " + shorten(printable(s.state), 20), repl.Request{ID: "?", Want: -1}, false, false}
			}
			pairs = append(pairs, p)
		}
	}
	return pairs
}

// followsUnnamed reports whether a replica's master can only be this node: nobody has the address that it names, and
// this is the one master of its history.
func followsUnnamed(nodes []*pasted, r, m *pasted) bool {
	for _, n := range nodes {
		if n.name == r.master {
			return false
		}
		if n != m && !n.replica {
			return false
		}
	}
	return !m.replica
}

// answer is what the master answers, by the engine's own rules. A replica that has more than its master and whose link is up
// was asked for INFO later: it lacks nothing.
func (p *pair) answer() engine.PsyncAnswered {
	r := p.ask
	if p.up && r.ID == p.master.ground.ID {
		r.Want = min(r.Want, p.master.ground.Next)
	}
	return p.master.ground.Answer(r)
}

// row is what is said of it, and why it is answered so.
func (p *pair) row() TopologyRow {
	a := p.answer()
	row := TopologyRow{Replica: p.replica, Master: p.master.name, When: p.when, Asks: "PSYNC " + cmp.Or(startOf(a.Asked), "run_id") + " " + plain(int64(a.Want)), Answer: answerFull}
	switch a.Reason {
	case engine.PsyncOK:
		row.Answer = answerContinue
		row.Why = "byte " + at(a.Want) + " is held (" + at(a.First) + " to " + at(a.Next-1) + "): " + byteCount(a.Bytes) + " are sent"
		if a.Bytes == 0 {
			row.Why = "it lacks nothing"
		}
		if a.Asked == a.ReplID2 && a.Asked != a.ReplID {
			row.Why += ", under master_replid2"
		}
		if left := p.master.size - a.Bytes; left > 0 {
			row.Left = "for at least " + byteCount(left) + " more"
		}
	case engine.PsyncTooLate:
		row.Why = "it wants byte " + at(a.Want) + ", the first one held is " + at(a.First) + ": " + byteCount(int64(a.First-a.Want)) + " too late"
	case engine.PsyncNoHistory:
		row.Why = "it has no history to continue"
	case engine.PsyncUnknownID:
		row.Why = "its history " + a.Asked.Short() + " is neither master_replid " + a.ReplID.Short() + " nor master_replid2"
		if a.ReplID2 != engine.NoReplID {
			row.Why += " " + a.ReplID2.Short()
		}
	case engine.PsyncBeyondSecond:
		row.Why = "it wants byte " + at(a.Want) + " of " + a.Asked.Short() + ", which is shared only up to second_repl_offset " + at(a.SecondOffset)
	case engine.PsyncNoBacklog:
		row.Why = "repl_backlog_active is 0: nothing is held"
	case engine.PsyncFuture:
		row.Why = "it wants byte " + at(a.Want) + ", and the next one to be written is " + at(a.Next)
	}
	return row
}
