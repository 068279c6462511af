package model

import (
	"encoding/base64"

	"resync/engine/rdb"
	"resync/engine/sim"
)

// Real data: a dump.rdb that becomes a node's dataset, and a node's dataset as a file that a real server loads. A node
// gets a file as a real one does: its process ends, the file is put where it looks for it, and it starts. These are
// lines of the script, so they are recorded, repeated and shared; the file is in them, which bounds its size.

// FileMost is how many bytes a file has at most that a node can be given.
const FileMost = sim.MaxFile

// IsRDB tells an RDB file from others, by its first bytes.
func IsRDB(data []byte) bool { return len(data) >= 9 && string(data[:5]) == "REDIS" }

// SaveRDB wants the dataset of the selected node as a file.
type SaveRDB struct{}

func (SaveRDB) isMsg() {}

// loadFile makes a file the dataset of the selected node. What cannot be loaded is refused before anything is ended.
func (m *Model) loadFile(name string, data []byte) []Cmd {
	node := m.selected
	view := m.world().Node(node)
	refuse := func(why string) []Cmd {
		m.fileNote, m.status = "✕ "+why, why
		return nil
	}
	file := quoted(name)
	switch {
	case view.Name == "":
		return refuse("There is no node to load " + file + ".")
	case len(data) > FileMost:
		return refuse(file + " is larger than " + size(FileMost) + ", which is the most that can be loaded here: the script that repeats this carries the file.")
	case !IsRDB(data):
		return refuse(file + " is no RDB file: it does not begin with REDIS.")
	}
	read, err := rdb.Decode(data, rdb.DecoderOptions{NowMillis: view.Skew.Milliseconds() + m.world().Now().Millis()})
	if err != nil {
		return refuse(file + " cannot be loaded: " + reason(err) + ".")
	}
	lines := []string{"restore " + node + ` "` + base64.StdEncoding.EncodeToString(data) + `"`, "start " + node}
	if view.Up() {
		lines = append([]string{"kill " + node}, lines...)
	}
	for _, line := range lines {
		if err := m.do(line); err != nil {
			return refuse(file + " was not loaded: " + reason(err) + ".")
		}
	}
	m.fileNote = "✓ " + node + " starts with " + file + ": " + plural(int64(read.Keys()), "key") + " in " + byteCount(int64(len(data))) + "."
	if view.Config().Replicaof.Host != "" {
		m.fileNote += " It is configured as a replica, so its master's dataset will replace it."
	}
	m.status = m.fileNote
	return nil
}

// saveFile gives the dataset of the selected node to the reader.
func (m *Model) saveFile() []Cmd {
	data := m.world().RDB(m.selected)
	if data == nil {
		m.fileNote = "✕ " + m.selected + " is down: it has no dataset in memory."
		m.status = m.fileNote
		return nil
	}
	m.fileNote = "✓ " + m.selected + ".rdb has " + byteCount(int64(len(data))) + ". A redis-server of that version or a later one loads it."
	m.status = m.fileNote
	return []Cmd{Download{Name: m.selected + ".rdb", Mime: "application/octet-stream", Data: string(data)}}
}
