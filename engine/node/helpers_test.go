package node

import (
	"resync/engine/rdb"
	"resync/engine/repl"
	"resync/engine/store"
)

func newEncoder(keys *store.Store) *rdb.Encoder {
	return rdb.NewEncoder(keys, nil, rdb.Options{Checksum: true})
}

// walk visits every command and subcommand of the newest era, which has those of all others, by its full name.
func walk(visit func(name string, hasDo bool)) {
	names := repl.EraNames()
	newest, _ := repl.EraNamed(names[len(names)-1])
	table, err := commandsOf(newest, nil)
	if err != nil {
		panic(err)
	}
	for _, c := range table.All() {
		if len(c.Subs) == 0 {
			visit(c.FullName(), c.Do != nil)
		}
		for i := range c.Subs {
			visit(c.Subs[i].FullName(), c.Subs[i].Do != nil)
		}
	}
}

// fileOf is a keyspace as an RDB of a version.
func fileOf(version int, keys *store.Store) string {
	enc := rdb.NewEncoder(keys, nil, rdb.Options{Checksum: true, Version: version})
	var body []byte
	for !enc.Done() {
		body = enc.Append(body, 1<<20)
	}
	return string(body)
}
