package store

import "slices"

// A StreamGroup is a group of consumers that share the reading of a stream: each entry goes to one of them, and is
// pending until that one acknowledges it. The exported fields may be changed in a group that EditGroup returned.
type StreamGroup struct {
	writer      *writer // whose changes may be made in place
	Name        string
	LastID      StreamID // of the last entry that was delivered
	EntriesRead int64    // how many were ever added up to that, or EntriesReadUnknown
	pending     seq[StreamPending]
	consumers   []*StreamConsumer // by name
}

// A StreamPending is an entry that was delivered and not yet acknowledged.
type StreamPending struct {
	ID        StreamID
	Consumer  string // who has it
	Delivered int64  // when it was delivered last, Unix milliseconds
	Count     uint64 // how often
}

// A StreamConsumer is a member of a group. The exported fields may be changed in one that EditConsumer returned.
type StreamConsumer struct {
	writer  *writer // whose changes may be made in place
	Name    string
	Seen    int64         // when it was last named in a command, Unix milliseconds
	pending seq[StreamID] // of the group's, those that it has
}

// Groups returns the groups by name. The slice is good until the stream changes.
func (x *StreamValue) Groups() []*StreamGroup { return x.groups }

// Group returns the group of that name for reading, or nil.
func (x *StreamValue) Group(name []byte) *StreamGroup {
	if i, ok := findName(x.groups, groupName, name); ok {
		return x.groups[i]
	}
	return nil
}

// EditGroup returns the group of that name for changing it in place, or nil.
func (x *StreamValue) EditGroup(name []byte) *StreamGroup {
	i, ok := findName(x.groups, groupName, name)
	if !ok {
		return nil
	}
	g := x.groups[i]
	if g.writer != x.writer || x.writer == nil {
		twin := *g
		twin.writer = x.writer
		twin.consumers = append(make([]*StreamConsumer, 0, len(g.consumers)+1), g.consumers...)
		g = &twin
		x.groups[i] = g
	}
	return g
}

// AddGroup adds a group that begins behind an entry, and reports whether there was none of that name.
func (x *StreamValue) AddGroup(name []byte, last StreamID, read int64) bool {
	i, ok := findName(x.groups, groupName, name)
	if !ok {
		g := &StreamGroup{writer: x.writer, Name: string(name), LastID: last, EntriesRead: read}
		x.groups = slices.Insert(x.groups, i, g)
	}
	return !ok
}

// RemoveGroup removes a group with all that is pending in it, and reports whether there was one of that name.
func (x *StreamValue) RemoveGroup(name []byte) bool {
	i, ok := findName(x.groups, groupName, name)
	if ok {
		x.groups = slices.Delete(x.groups, i, i+1)
	}
	return ok
}

// Consumers returns the consumers by name. The slice is good until the group changes.
func (g *StreamGroup) Consumers() []*StreamConsumer { return g.consumers }

// Consumer returns the consumer of that name for reading, or nil.
func (g *StreamGroup) Consumer(name []byte) *StreamConsumer {
	if i, ok := findName(g.consumers, consumerName, name); ok {
		return g.consumers[i]
	}
	return nil
}

// EditConsumer returns the consumer of that name for changing it in place, or nil.
func (g *StreamGroup) EditConsumer(name []byte) *StreamConsumer {
	i, ok := findName(g.consumers, consumerName, name)
	if !ok {
		return nil
	}
	c := g.consumers[i]
	if c.writer != g.writer || g.writer == nil {
		twin := *c
		twin.writer = g.writer
		c = &twin
		g.consumers[i] = c
	}
	return c
}

// AddConsumer adds a consumer that was seen at that time, and reports whether there was none of that name.
func (g *StreamGroup) AddConsumer(name []byte, seen int64) bool {
	i, ok := findName(g.consumers, consumerName, name)
	if !ok {
		g.consumers = slices.Insert(g.consumers, i, &StreamConsumer{writer: g.writer, Name: string(name), Seen: seen})
	}
	return !ok
}

// RemoveConsumer removes a consumer. What it has is no longer pending then: it returns how many entries that were, and
// whether there was a consumer of that name.
//
// Source: redis/src/t_stream.c, streamDelConsumer.
func (g *StreamGroup) RemoveConsumer(name []byte) (pending int, ok bool) {
	i, ok := findName(g.consumers, consumerName, name)
	if !ok {
		return 0, false
	}
	c := g.consumers[i]
	c.pending.from(0, func(id *StreamID) bool {
		if at, ok := g.find(*id); ok {
			g.pending.cut(g.writer, at, at+1)
		}
		return true
	})
	g.consumers = slices.Delete(g.consumers, i, i+1)
	return c.pending.len(), true
}

// PendingLen returns how many entries are pending in the group.
func (g *StreamGroup) PendingLen() int { return g.pending.len() }

// Pending returns what is known about a pending entry, or nil. It is good until the group changes.
func (g *StreamGroup) Pending(id StreamID) *StreamPending {
	if i, ok := g.find(id); ok {
		return g.pending.at(i)
	}
	return nil
}

// EachPending calls f with what is pending from an ID on, in order, until it returns false.
func (g *StreamGroup) EachPending(from StreamID, f func(*StreamPending) bool) {
	i, _ := g.find(from)
	g.pending.from(i, f)
}

// NextPending returns the ID of the first entry that is pending from an ID on, and whether there is one.
func (g *StreamGroup) NextPending(from StreamID) (StreamID, bool) {
	i, _ := g.find(from)
	if i == g.pending.len() {
		return StreamID{}, false
	}
	return g.pending.at(i).ID, true
}

// PendingEnds returns the IDs of the first and the last entry that are pending in a group that has any.
func (g *StreamGroup) PendingEnds() (first, last StreamID) {
	return g.pending.at(0).ID, g.pending.at(g.pending.len() - 1).ID
}

// SetPending makes an entry pending, or changes what is known about it. Its consumer has to exist.
func (g *StreamGroup) SetPending(p StreamPending) {
	to := g.EditConsumer(view(p.Consumer))
	p.Consumer = to.Name // one string for all
	i, ok := g.find(p.ID)
	if !ok {
		g.pending.insert(g.writer, i, p)
		to.add(p.ID)
		return
	}
	old := g.pending.edit(g.writer, i)
	if old.Consumer != p.Consumer {
		if from := g.EditConsumer(view(old.Consumer)); from != nil {
			from.remove(p.ID)
		}
		to.add(p.ID)
	}
	*old = p
}

// RemovePending makes an entry pending no more, and reports whether it was.
func (g *StreamGroup) RemovePending(id StreamID) bool {
	i, ok := g.find(id)
	if ok {
		if c := g.EditConsumer(view(g.pending.at(i).Consumer)); c != nil {
			c.remove(id)
		}
		g.pending.cut(g.writer, i, i+1)
	}
	return ok
}

// LoadPending makes an entry pending that has no consumer yet, and reports whether it was not pending. It is for who
// reads a group from a file, and GivePending has to follow.
func (g *StreamGroup) LoadPending(p StreamPending) bool {
	i, ok := g.find(p.ID)
	if !ok {
		p.Consumer = ""
		g.pending.insert(g.writer, i, p)
	}
	return !ok
}

// GivePending says who has an entry that LoadPending has added, and reports whether it is pending and was not yet that
// consumer's. The consumer is one that EditConsumer returned.
func (g *StreamGroup) GivePending(id StreamID, c *StreamConsumer) bool {
	i, ok := g.find(id)
	if !ok {
		return false
	}
	at, had := c.find(id)
	if had {
		return false
	}
	c.pending.insert(c.writer, at, id)
	g.pending.edit(g.writer, i).Consumer = c.Name
	return true
}

// Whole reports whether every pending entry has exactly one consumer, as it has to when a group was read from a file.
func (g *StreamGroup) Whole() bool {
	total, right := 0, true
	for _, c := range g.consumers {
		total += c.PendingLen()
		c.EachPending(StreamID{}, func(id StreamID) bool {
			p := g.Pending(id)
			right = p != nil && p.Consumer == c.Name
			return right
		})
	}
	return right && total == g.PendingLen()
}

func (g *StreamGroup) find(id StreamID) (int, bool) {
	i := g.pending.search(func(p *StreamPending) bool { return p.ID.Compare(id) >= 0 })
	return i, i < g.pending.len() && g.pending.at(i).ID == id
}

// PendingLen returns how many entries the consumer has.
func (c *StreamConsumer) PendingLen() int { return c.pending.len() }

// EachPending calls f with the IDs of the entries that the consumer has, from one on, in order, until it returns false.
func (c *StreamConsumer) EachPending(from StreamID, f func(StreamID) bool) {
	i, _ := c.find(from)
	c.pending.from(i, func(id *StreamID) bool { return f(*id) })
}

func (c *StreamConsumer) find(id StreamID) (int, bool) {
	i := c.pending.search(func(at *StreamID) bool { return at.Compare(id) >= 0 })
	return i, i < c.pending.len() && *c.pending.at(i) == id
}

func (c *StreamConsumer) add(id StreamID) {
	if i, ok := c.find(id); !ok {
		c.pending.insert(c.writer, i, id)
	}
}

func (c *StreamConsumer) remove(id StreamID) {
	if i, ok := c.find(id); ok {
		c.pending.cut(c.writer, i, i+1)
	}
}

func groupName(g *StreamGroup) string       { return g.Name }
func consumerName(c *StreamConsumer) string { return c.Name }

// findName returns where the element of that name is, or would be.
func findName[T any](all []*T, nameOf func(*T) string, name []byte) (int, bool) {
	return slices.BinarySearchFunc(all, name, func(at *T, name []byte) int {
		switch s := nameOf(at); {
		case s < string(name):
			return -1
		case s > string(name):
			return 1
		}
		return 0
	})
}
