package node

import (
	"strconv"

	"resync/engine"
	"resync/engine/command"
	"resync/engine/rdb"
	"resync/engine/repl"
)

// What the era of a node means to the packages that know none.

// commandsOf is the command table of an era, with the names that rename-command gave.
func commandsOf(e *repl.Era, renames [][2]string) (table *command.Table, err error) {
	edition := command.Edition{Version: e.Version, NamesArguments: e.NamesArguments, Backquotes: e.Backquotes}
	if e.Stale != "" {
		edition.RunsStale = e.RunsStale
	}
	table = command.TableOf(edition)
	for _, r := range renames {
		if table, err = table.Rename(r[0], r[1]); err != nil {
			return nil, err
		}
	}
	return table, nil
}

// forms are how the era writes commands into the stream.
func (n *Node) forms() command.Forms {
	e := n.era
	return command.Forms{
		RelativeTTL: e.RelativeTTL, BareFloat: !e.KeepTTLWord, PlainGetset: !e.SetForGetset, OneSrem: e.OneSrem,
		UnlinkForSpop: e.UnlinkForSpop && n.cfg.LazyServerDel, DelForGetdel: e.DelForGetdel,
		ServedInTwo: !e.ServedAsOne, SilentFlushdb: !e.EmptyFlushdb, OldTTL: !e.TTLOfMissing,
	}
}

// expiry is what becomes of an expired key that a client's command comes across.
func (n *Node) expiry() command.ExpiryMode {
	switch {
	case n.isReplica() && !n.era.HidesExpired:
		return command.ExpireShows
	case n.isReplica(), n.paused():
		return command.ExpireHides
	}
	return command.ExpireRemoves
}

// snapshotAux is what a snapshot says of itself, in Redis's order. With a backlog it names the history, so that a
// server that loads it may continue there.
//
// Source: redis/src/rdb.c, rdbSaveInfoAuxFields.
func (n *Node) snapshotAux() []rdb.Aux {
	if n.era.AuxVersion == "" {
		return nil
	}
	aux := rdb.DefaultAux(n.now, n.usedMemory())
	aux[0] = rdb.Aux{Name: n.era.AuxVersion, Value: n.era.OwnVersion()}
	if db, offset, ok := n.savedPosition(); ok {
		aux = append(aux,
			rdb.Aux{Name: "repl-stream-db", Value: strconv.Itoa(db)},
			rdb.Aux{Name: "repl-id", Value: string(n.hist.ID)},
			rdb.Aux{Name: "repl-offset", Value: strconv.FormatInt(int64(offset), 10)})
	}
	return append(aux, rdb.Aux{Name: n.era.AuxLast, Value: "0"})
}

// log adds a line to the log, which is given in the words of 7.0.
func (n *Node) log(level engine.LogLevel, text string) {
	if text = n.era.Log(text); text != "" {
		n.out.log(level, text)
	}
}
