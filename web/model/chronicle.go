package model

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"resync/engine"
)

// A chronicle is what the page remembers of the event log: it reads each event once, in order, and keeps the few that
// panels speak of. It is bounded whatever the log's length.
type chronicle struct {
	seen     int // events read
	verdicts []judged
	cut      happened // the latest sever
	healed   happened
	died     happened // the latest node that went down
	wrote    map[string]wrote
	logs     map[string][]LogLine
	turns    map[string][]Turn
	ledger   map[string][]LedgerRow
	stood    map[string]stood    // by node, for the ledger's next row
	prompts  map[string]string   // how redis-cli would begin a node's lines now
	copied   map[string]happened // the latest full copy that a node has loaded
	loads    map[string]bool     // masters that are being written to in the background
	ended    map[string]string   // how a node was last told to end: kill, shutdown
	wiped    map[string]bool     // nodes that are down and whose files were removed
	ids      []engine.ReplID     // histories in order of appearance: their index is their colour
	said     string              // the newest sentence for the narrator
	saidSeq  int64
	loud     bool   // said is a verdict: it is spoken at once
	ruled    string // the newest verdict, for a narrator that tells nothing else
	ruledSeq int64

	loss    happened        // the latest thing by which writes can have been lost
	turning int64           // changes whenever an audit may come out differently but for further writes
	took    map[string]bool // nodes that took writes from clients
}

// A judged is a PSYNC's answer with who gave it and when, and the log line that it left.
type judged struct {
	seq    int64
	at     engine.Instant
	master string
	to     string // who asked
	answer engine.PsyncAnswered
	log    LogLine
	bytes  int64  // of the snapshot, once a full resync is done
	packet int64  // with the answer, 0 until it is on the wire
	id     string // that is in it, or ""
}

// A happened is something that the page points back to.
type happened struct {
	seq  int64
	at   engine.Instant
	kind string // sever, heal, kill, start, continue, full
	a, b string
}

// A wrote is a master's latest write.
type wrote struct {
	at   engine.Instant
	span engine.Span
	text string
}

// What is kept of each kind, at most.
const (
	keptVerdicts = 16
	keptLogs     = 200
	keptTurns    = 100
	keptIDs      = 64
)

func newChronicle() chronicle {
	return chronicle{
		wrote: map[string]wrote{}, logs: map[string][]LogLine{}, turns: map[string][]Turn{}, ledger: map[string][]LedgerRow{}, stood: map[string]stood{},
		copied: map[string]happened{}, loads: map[string]bool{}, ended: map[string]string{}, prompts: map[string]string{},
		took: map[string]bool{}, wiped: map[string]bool{},
		saidSeq: -1,
		loss:    happened{seq: -1},
	}
}

// clone is a chronicle that goes on by itself. What it has in its long lists it shares with the one that it came from: they only
// grow, and a turn is changed in a new list.
func (c *chronicle) clone() chronicle {
	k := *c
	k.verdicts, k.ids = slices.Clone(c.verdicts), slices.Clone(c.ids)
	k.logs, k.turns, k.ledger = shareLists(c.logs), shareLists(c.turns), shareLists(c.ledger)
	k.wrote, k.loads, k.prompts = maps.Clone(c.wrote), maps.Clone(c.loads), maps.Clone(c.prompts)
	k.copied, k.ended = maps.Clone(c.copied), maps.Clone(c.ended)
	k.stood = maps.Clone(c.stood)
	k.took, k.wiped = maps.Clone(c.took), maps.Clone(c.wiped)
	return k
}

// shareLists is the same lists; who appends to one of these gets an array of its own.
func shareLists[T any](lists map[string][]T) map[string][]T {
	k := make(map[string][]T, len(lists))
	for name, list := range lists {
		k[name] = slices.Clip(list)
	}
	return k
}

// read takes in the events that are new. named says which node a master's log means by ip:port.
func (c *chronicle) read(events engine.Events, named func(string) string) {
	for _, e := range events.From(c.seen) {
		c.take(e, named)
	}
	c.seen = events.Len()
}

func (c *chronicle) take(e engine.Event, named func(string) string) {
	c.enterLedger(e, named)
	c.risk(e, named)
	switch f := e.Fact.(type) {
	case *engine.Propagated:
		c.write(e, f)
	case engine.PsyncAnswered:
		c.judge(e, f, named)
	case *engine.Sent:
		if f.Payload == engine.PayloadHandshake {
			c.answered(e, f)
		}
	case engine.Log:
		c.log(e, f)
	case engine.Replied:
		c.reply(e, f)
	case engine.Act:
		c.act(e, f)
	case engine.SyncFinished:
		c.finish(e, f, named)
	case engine.RoleChanged:
		if f.Master == "" {
			c.say(e, e.Node+" is a master now.", true)
		}
	}
}

// write keeps the latest write. A PING or a SELECT alone is no write that a reader made.
func (c *chronicle) write(e engine.Event, f *engine.Propagated) {
	if !strings.EqualFold(f.Text, "PING") {
		c.wrote[e.Node] = wrote{e.At, f.Span, f.Text}
	}
}

func (c *chronicle) judge(e engine.Event, f engine.PsyncAnswered, named func(string) string) {
	replica := named(f.Replica)
	v := judged{seq: e.Seq, at: e.At, master: e.Node, to: replica, answer: f}
	// The log line may come before the fact or after it: here is the former case, log has the latter.
	if lines := c.logs[e.Node]; len(lines) > 0 && lines[len(lines)-1].at == e.At && aboutPsync(lines[len(lines)-1].Text) {
		v.log = lines[len(lines)-1]
	}
	c.verdicts = keep(c.verdicts, v, keptVerdicts)
	c.say(e, e.Node+" "+answerSentence(f, replica)+".", true)
	c.ruled, c.ruledSeq = c.said, c.saidSeq
}

// answered takes the id out of the answer as it is sent: a master that makes its first backlog for who asks takes a new one
// after it has compared, and an old one says none.
func (c *chronicle) answered(e engine.Event, f *engine.Sent) {
	text := packetText(f)
	if !strings.HasPrefix(text, "+FULLRESYNC") && !strings.HasPrefix(text, "+CONTINUE") {
		return
	}
	for i := range c.verdicts {
		if v := &c.verdicts[i]; v.packet == 0 && v.master == e.Node && v.to == f.To {
			v.packet = f.ID
			if words := strings.Fields(text); len(words) > 1 {
				v.id = engine.ReplID(words[1]).Short()
			}
			return
		}
	}
}

// aboutPsync tells the log line that announces a PSYNC's answer from others of the same moment.
func aboutPsync(text string) bool {
	return strings.HasPrefix(text, "Partial resynchronization request") || strings.HasPrefix(text, "Unable to partial resync") ||
		strings.HasPrefix(text, "Partial resynchronization not accepted") || strings.HasPrefix(text, "Full resync requested")
}

func (c *chronicle) log(e engine.Event, f engine.Log) {
	line := LogLine{Clock: clock(e.At), Level: string(rune(f.Level)), Text: f.Text, at: e.At}
	c.logs[e.Node] = keep(c.logs[e.Node], line, keptLogs)
	if n := len(c.verdicts); n > 0 && c.verdicts[n-1].master == e.Node && c.verdicts[n-1].at == e.At &&
		c.verdicts[n-1].log.Text == "" && aboutPsync(f.Text) {
		c.verdicts[n-1].log = line
	}
}

// reply completes the oldest turn of that node that still waits, or adds one for a command that a script gave.
func (c *chronicle) reply(e engine.Event, f engine.Replied) {
	if f.Client > mostClients {
		return
	}
	prompt := turnsOf(e.Node, f.Client)
	isError := len(f.Reply) > 0 && f.Reply[0] == '-'
	text, note := beginning(printed(f))
	turns := c.turns[prompt]
	for i := range turns {
		if turns[i].Waiting {
			turns = slices.Clone(turns)
			c.turns[prompt] = turns
			turns[i].Waiting, turns[i].Text, turns[i].Error, turns[i].Note = false, text, isError, note
			return
		}
	}
	c.addTurn(prompt, Turn{Command: f.Command, Text: text, Error: isError, Note: note})
}

// shownReply is how many bytes of a reply are shown: to lay out a megabyte of text holds a browser for a second.
const shownReply = 32 << 10

// beginning is as much of a reply as is shown, and what is to be said of the rest.
func beginning(text string) (shown, note string) {
	if len(text) <= shownReply {
		return text, ""
	}
	shown = strings.ToValidUTF8(text[:shownReply], "")
	return shown, "Its first " + commas(int64(len(shown))) + " of " + byteCount(int64(len(text))) + "."
}

// printed is a reply as a terminal shows it. INFO is a text of its own, which redis-cli prints as it is, without quotes.
//
// Source: redis/src/redis-cli.c, cliSendCommand.
func printed(f engine.Replied) string {
	isInfo := len(f.Command) >= 4 && strings.EqualFold(f.Command[:4], "info")
	if !isInfo || len(f.Reply) == 0 || f.Reply[0] != '$' {
		return f.Text
	}
	_, body, ok := strings.Cut(string(f.Reply), "\r\n")
	if !ok {
		return f.Text
	}
	return strings.TrimRight(strings.ReplaceAll(body, "\r\n", "\n"), "\n")
}

// addTurn appends to a node's terminal and forgets the oldest turn once there are too many, unless its reply is yet to come: the
// next one to come would be taken for that of another. Every turn has a number of
// its own, so that the page can tell a row that moved from a row that changed.
func (c *chronicle) addTurn(node string, t Turn) {
	turns := c.turns[node]
	if n := len(turns); n > 0 {
		t.ID = turns[n-1].ID + 1
	}
	most := keptTurns
	if len(turns) >= most && turns[len(turns)-most].Waiting {
		most = len(turns) + 1
	}
	c.turns[node] = keep(turns, t, most)
}

// act reads what the world was made to do. Its text is a line of the script, so its words are known.
func (c *chronicle) act(e engine.Event, f engine.Act) {
	if prompt, command, ok := strings.Cut(f.Text, "> "); ok && !strings.Contains(prompt, " ") {
		name, number, second := strings.Cut(prompt, "/")
		client := 1
		if second {
			client, _ = strconv.Atoi(number)
		}
		if client > mostClients {
			return
		}
		c.addTurn(turnsOf(name, client), Turn{Prompt: withClient(c.prompts[name], client), Command: command, Waiting: true, at: e.At})
		if len(command) >= 8 && strings.EqualFold(command[:8], "SHUTDOWN") {
			c.ended[name] = "shutdown"
		}
		return
	}
	words := strings.Fields(f.Text)
	if len(words) < 2 {
		return
	}
	h := happened{seq: e.Seq, at: e.At, kind: words[0], a: words[1]}
	if len(words) > 2 {
		h.b = words[2]
	}
	said, loud := actSentence(f.Text), true
	switch h.kind {
	case "sever":
		c.cut = h
	case "heal":
		c.healed = h
	case "kill":
		c.died = h
		c.ended[h.a] = h.kind
	case "shutdown":
		c.ended[h.a] = h.kind
	case "load":
		c.loads[h.a], loud = true, false
	case "unload":
		delete(c.loads, h.a)
		loud = false
	case "wipe":
		c.wiped[h.a] = true
	case "restore":
		delete(c.wiped, h.a)
	case "start":
		if c.wiped[h.a] {
			said += ", empty: it has no RDB file"
		}
		delete(c.wiped, h.a)
	}
	c.say(e, said+".", loud)
}

func (c *chronicle) finish(e engine.Event, f engine.SyncFinished, named func(string) string) {
	if f.Partial {
		return
	}
	c.copied[e.Node] = happened{seq: e.Seq, at: e.At, kind: "full", a: e.Node}
	for i := len(c.verdicts) - 1; i >= 0; i-- {
		if named(c.verdicts[i].answer.Replica) == e.Node {
			c.verdicts[i].bytes = f.Bytes
			break
		}
	}
	c.say(e, e.Node+" has loaded the whole dataset.", false)
}

// meet remembers a history, so that it keeps its colour.
func (c *chronicle) meet(id engine.ReplID) {
	if id == "" || id == engine.NoReplID || id == "?" {
		return
	}
	for _, known := range c.ids {
		if known == id {
			return
		}
	}
	c.ids = keep(c.ids, id, keptIDs)
}

// lineage is the colour of a history: 0 for the first one met.
func (c *chronicle) lineage(id engine.ReplID) int {
	for i, known := range c.ids {
		if known == id {
			return i
		}
	}
	return -1
}

func (c *chronicle) say(e engine.Event, sentence string, loud bool) {
	c.said, c.saidSeq, c.loud = sentence, e.Seq, loud
}

// verdict is the latest answer to a PSYNC, if there was one.
func (c *chronicle) verdict() (judged, bool) {
	if len(c.verdicts) == 0 {
		return judged{}, false
	}
	return c.verdicts[len(c.verdicts)-1], true
}

// keep appends to a list that holds at most limit entries, forgetting the oldest. What others see of the same array stays.
func keep[T any](list []T, v T, limit int) []T {
	return append(list[max(0, len(list)-limit+1):], v)
}
