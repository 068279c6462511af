package model

import (
	"time"

	"resync/engine"
	"resync/engine/sim"
)

// A DataRow is one key, and how it stands to the master's.
type DataRow struct {
	DB, Key, Type, Value, Lives string
	State                       string
	Tone                        Tone
}

// A Data is what a node holds, and what of it differs from its master's.
type Data struct {
	About string
	Rows  []DataRow
}

const shownKeys = 80

// dataView is what Data was made from: while nobody has been told anything, it stays.
type dataView struct {
	node, master string
	inputs       int64
	data         Data
}

func (m *Model) data(s *scene, n standing) Data {
	master := ""
	if n.master >= 0 {
		master = s.nodes[n.master].name
	}
	w := m.world()
	inputs := w.Node(n.name).Inputs + w.Node(master).Inputs<<32
	if v := m.dataShown; v.node == n.name && v.master == master && v.inputs == inputs {
		return v.data
	}
	d := readData(m, n, master)
	m.dataShown = dataView{n.name, master, inputs, d}
	return d
}

func readData(m *Model, n standing, master string) (d Data) {
	keys, ok := m.world().Keys(n.name, master)
	switch {
	case !n.up:
		d.About = n.name + " is down: it has nothing in memory."
		return d
	case !ok:
		d.About = "Too many keys to compare: " + commas(int64(n.keys)) + "."
		return d
	}
	other := 0
	for _, k := range keys {
		if k.State != sim.KeySame {
			other++
		}
		if len(d.Rows) < shownKeys {
			d.Rows = append(d.Rows, dataRow(k, m.world().Now()))
		}
	}
	d.About = plural(int64(n.keys), "key")
	if master != "" && m.world().Node(master).Up() {
		if d.About += ", the same as at " + master; other > 0 {
			d.About = plural(int64(n.keys), "key") + ", " + commas(int64(other)) + " not as at " + master
		}
	}
	if len(keys) > shownKeys {
		d.About += "; the first " + plain(shownKeys)
	}
	d.About += "."
	return d
}

// keyTones are the colours of what is not as at the master.
var keyTones = map[sim.KeyState]Tone{
	sim.KeyMissing: ToneLost, sim.KeyExtra: ToneFull, sim.KeyDiffers: ToneFull, sim.KeyExpired: ToneMuted,
}

func dataRow(k sim.KeyView, now engine.Instant) DataRow {
	r := DataRow{DB: plain(int64(k.DB)), Key: shorten(sim.Words([]string{k.Key}), 60), Type: k.Type, Value: k.Value, State: k.State.String(), Tone: keyTones[k.State]}
	if k.State == sim.KeySame {
		r.State = ""
	}
	if k.ExpireAt != 0 {
		if left := time.Duration(k.ExpireAt-now.Millis()) * time.Millisecond; left > 0 {
			r.Lives = "for " + shortly(left)
		} else {
			r.Lives = "over"
		}
	}
	return r
}
