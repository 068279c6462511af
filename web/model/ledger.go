package model

import (
	"cmp"
	"strconv"
	"strings"

	"resync/engine"
	"resync/engine/node"
)

// A Ledger is what a node would answer a PSYNC from: the names of its history and its place in it, as INFO has them, and
// how they came about.
type Ledger struct {
	Fields  []LedgerField
	History []LedgerRow // newest first
}

// A LedgerField is a field of INFO with what it says.
type LedgerField struct{ Name, Value, Means string }

// A LedgerRow is a change: when, what became of what, and why. Event is how many events had happened with it.
type LedgerRow struct {
	Event            int
	Clock, What, Why string
	Tone             Tone
}

// A stood is what a node was before the change to come; a new process knows of nothing.
type stood struct {
	role string
	id   engine.ReplID
}

const keptLedger = 60

// ledgerFields are the fields in the order in which PSYNC looks at them.
var ledgerFields = []struct{ name, means string }{
	{"role", "who it is"},
	{"master_link_status", "whether its stream comes in"},
	{"master_replid", "the name of its history"},
	{"master_replid2", "the name before: it serves that, too"},
	{"second_repl_offset", "the highest byte that may be asked for under it"},
	{"master_repl_offset", "the last byte of its stream"},
	{"slave_repl_offset", "the last byte that it has applied"},
	{"slave_read_repl_offset", "the last byte that it has received"},
	{"repl_backlog_active", "whether it keeps its stream"},
	{"repl_backlog_first_byte_offset", "the first byte that it still has"},
	{"repl_backlog_histlen", "how many it has"},
	{"repl_backlog_size", "how many it wants to have at least"},
	{"connected_slaves", "replicas, in whatever state"},
	{"sync_full", "everything was sent, so many times"},
	{"sync_partial_ok", "only what was missing"},
	{"sync_partial_err", "asked to continue, and refused"},
}

func (m *Model) ledger(name string) Ledger {
	l := Ledger{History: tail(m.past.ledger[name], keptLedger)}
	for i, j := 0, len(l.History)-1; i < j; i, j = i+1, j-1 {
		l.History[i], l.History[j] = l.History[j], l.History[i]
	}
	v := m.world().Node(name)
	if !v.Up() {
		return l
	}
	info := v.Info()
	for _, f := range ledgerFields {
		if value, ok := info.Field(f.name); ok {
			l.Fields = append(l.Fields, LedgerField{f.name, value, f.means})
		}
		if f.name == "connected_slaves" {
			l.lags(info, namedIn(m.world()))
			l.fresh(info, v.Config())
		}
	}
	return l
}

// lags says how long each replica has been silent. It changes all the time, so there are no rows of it in the history: what may
// follow from it has them, see fresh.
func (l *Ledger) lags(info node.Info, named func(string) string) {
	for i := 0; ; i++ {
		name := "slave" + plain(int64(i))
		line, ok := info.Field(name)
		if !ok {
			return
		}
		said := replicaParts(line)
		if lag, ok := said["lag"]; ok { // the oldest eras do not say it
			l.Fields = append(l.Fields, LedgerField{name + " lag", lag, named(said["ip"]+":"+said["port"]) + ", " + said["state"] + ": seconds since it acknowledged"})
		}
	}
}

// fresh is the min-replicas status: how many are fresh beside how many there must be or, where it is off, by which name of the
// configuration.
func (l *Ledger) fresh(info node.Info, cfg node.Config) {
	good, on := info.Field("min_slaves_good_slaves")
	for _, name := range [...]string{"min-replicas-to-write", "min-slaves-to-write"} { // by the era
		want := cfg.Get(name)
		switch {
		case len(want) == 0:
			continue
		case on:
			means := "fresh ones; " + name + " is " + want[0][1]
			if role, _ := info.Field("role"); role == "master" {
				means += ": writes are taken"
				if n, _ := strconv.Atoi(good); n < cfg.MinReplicasToWrite {
					means = strings.Replace(means, "taken", "refused", 1)
				}
			}
			l.Fields = append(l.Fields, LedgerField{"min_slaves_good_slaves", good, means})
		case cfg.MinReplicasToWrite == 0:
			l.Fields = append(l.Fields, LedgerField{name, want[0][1], "off: writes need no replica"})
		default:
			l.Fields = append(l.Fields, LedgerField{strings.Replace(name, "to-write", "max-lag", 1), "0", "off: none is ever too late to be counted"})
		}
		return
	}
}

// turned says what something was, and what it is now.
func turned(what, from, to string) string {
	if from != "" {
		from += " → "
	}
	return what + " " + from + to
}

// enterLedger takes down an event that changed a node's place in a history, or what it could serve.
func (c *chronicle) enterLedger(e engine.Event, named func(string) string) {
	var row LedgerRow
	was := c.stood[e.Node]
	switch f := e.Fact.(type) {
	case engine.Act:
		words := strings.Fields(f.Text)
		switch {
		case len(words) > 1 && words[0] == "start":
			delete(c.stood, words[1])
		case len(words) == 5 && words[0] == "node":
			c.stood[words[1]] = stood{role: "replica of " + named(words[3]+":"+words[4])}
		}
		return
	case engine.RoleChanged:
		role := "master"
		if f.Master != "" {
			role = "replica of " + named(f.Master)
		}
		row.What, row.Why, row.Tone = turned("role", cmp.Or(was.role, "master"), role), f.Why, ToneMaster
		was.role = role
	case engine.HistoryChanged:
		before := ""
		if was.id != "" {
			before = was.id.Short()
		}
		if f.ID2 != engine.NoReplID && f.ID2 != "" {
			before = f.ID2.Short() + " until " + at(f.SecondOffset)
		}
		row.What, row.Why = turned("replid", before, f.ID.Short()), f.Why
		was.id = f.ID
	case engine.GoodReplicasChanged:
		row.What, row.Why = turned("fresh replicas", plain(int64(f.From)), plain(int64(f.To))), "of "+plain(int64(f.Want))+" wanted, within "+shortly(f.MaxLag)
		if row.Tone = ToneOK; f.To < f.Want {
			row.Tone = ToneLost
		}
	case engine.PsyncAsked:
		row.What = "asks PSYNC " + f.ID.Short() + " " + plain(int64(f.Want))
	case engine.PsyncAnswered:
		row.What, row.Tone = "FULLRESYNC to "+named(f.Replica), ToneFull
		if f.Continued() {
			row.What, row.Tone = "CONTINUE to "+named(f.Replica)+", "+byteCount(f.Bytes), ToneOK
		}
		row.Why = f.Reason.String()
	case engine.SyncFinished:
		if row.What, row.Tone = "full resync done at "+at(f.Offset), ToneFull; f.Partial {
			row.What, row.Tone = "continues at "+at(f.Offset), ToneOK
		}
	case engine.BacklogCreated:
		row.What = turned("backlog", "none", "from byte "+at(f.First))
	case engine.BacklogFreed:
		row.What, row.Why, row.Tone = turned("backlog", f.Held.String(), "none"), "no replica for "+shortly(f.Idle), ToneLost
	case engine.BacklogTrimmed:
		row.What, row.Why = turned("backlog", "from byte "+at(f.Gone.First), "from byte "+at(f.Gone.Last+1)), "its oldest block went"
	case engine.PositionTaken:
		row.What = "takes its place from its file: " + f.ID.Short() + ":" + at(f.Offset)
	case engine.PositionDiscarded:
		row.What, row.Why, row.Tone = "forgets its place "+f.ID.Short()+":"+at(f.Offset), f.Why, ToneLost
	case engine.LinkChanged:
		if was.role == "" { // as the file that its process started with has it
			was.role = "replica"
			c.stood[e.Node] = was
		}
		if f.To != engine.LinkConnected && f.From != engine.LinkConnected {
			return
		}
		row.What, row.Why = turned("link", f.From.String(), f.To.String()), f.Why
	default:
		return
	}
	c.stood[e.Node] = was
	row.Event, row.Clock = int(e.Seq)+1, clock(e.At)
	c.ledger[e.Node] = keep(c.ledger[e.Node], row, keptLedger)
}
