package model

import "resync/engine"

// A Ledger is what a node would answer a PSYNC from: the names of its history and its place in it, as INFO has them, and
// how they came about.
type Ledger struct {
	Fields  []LedgerField
	History []LedgerRow // newest first
}

// A LedgerField is a field of INFO with what it says.
type LedgerField struct{ Name, Value, Means string }

// A LedgerRow is a change: when, what became of it, and why. Event is how many events had happened with it.
type LedgerRow struct {
	Event             int
	Clock, What, From string
	Why               string
	Tone              Tone
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
	{"min_slaves_good_slaves", "those that are fresh enough for min-replicas-to-write"},
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
	}
	return l
}

// enterLedger takes down an event that changed a node's place in a history, or what it could serve.
func (c *chronicle) enterLedger(e engine.Event, named func(string) string) {
	var row LedgerRow
	switch f := e.Fact.(type) {
	case engine.RoleChanged:
		if row.What = "master"; f.Master != "" {
			row.What = "replica of " + f.Master
		}
		row.Why, row.Tone = f.Why, ToneMaster
	case engine.HistoryChanged:
		row.What = "history " + f.ID.Short()
		if f.ID2 != engine.NoReplID && f.ID2 != "" {
			row.From = f.ID2.Short() + " until " + at(f.SecondOffset)
		}
		row.Why = f.Why
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
		row.What = "keeps its stream from byte " + at(f.First)
	case engine.BacklogFreed:
		row.What, row.Why, row.Tone = "lets go of its stream "+f.Held.String(), "no replica for "+shortly(f.Idle), ToneLost
	case engine.BacklogTrimmed:
		row.What = "lets go of its oldest block " + f.Gone.String()
	case engine.PositionTaken:
		row.What = "takes its place from its file: " + f.ID.Short() + ":" + at(f.Offset)
	case engine.PositionDiscarded:
		row.What, row.Why, row.Tone = "forgets its place "+f.ID.Short()+":"+at(f.Offset), f.Why, ToneLost
	case engine.LinkChanged:
		if f.To != engine.LinkConnected && f.From != engine.LinkConnected {
			return
		}
		row.What, row.Why = "link "+f.To.String(), f.Why
	default:
		return
	}
	row.Event, row.Clock = int(e.Seq)+1, clock(e.At)
	c.ledger[e.Node] = keep(c.ledger[e.Node], row, keptLedger)
}
