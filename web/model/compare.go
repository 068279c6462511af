package model

import (
	"resync/engine"
	"resync/engine/script"
)

// A Compare is what two branches have not in common, as they stand at their ends.
type Compare struct {
	Left, Right []Choice // the branches to choose from, by their numbers
	Names       [2]string
	Same        string // what they share
	Reading     string // how far their logs are read, before anything is said of them
	First       [2]CompareEvent
	Nodes       []CompareNode
	Missing     [2]CompareMissing // what the one has that the other lacks
}

// A CompareEvent is the first event of a branch that the other one does not have.
type CompareEvent struct {
	Branch, Event int // where it is: behind so many events
	Name          string
	Clock, Text   string
	Is            bool // there is one: else the branch ends here
}

// A CompareNode is how a node stands at both ends.
type CompareNode struct {
	Name             string
	Offsets, Digests [2]string
	SameData         bool
	Word             string // "same data", "other data", "down in A"
}

// A CompareMissing is what clients of one branch were told was done and a node of the other one does not have.
type CompareMissing struct {
	Title   string
	Branch  int
	Writes  []AuditWrite
	More    string
	Problem string
}

const compareWrites = 50

// A compareKey is what a comparison depends on.
type compareKey struct {
	done        bool
	left, right int
	ends        [2]int
}

// chooseBranches compares the branch that is looked at with its ghost.
func (m *Model) chooseBranches() {
	here := m.line.Current()
	if other, _, ok := m.otherBranch(); ok {
		m.panels.left, m.panels.right = min(here, other), max(here, other)
	}
}

func (m *Model) compareNow() Compare {
	p := &m.panels
	n := m.line.Count()
	p.left, p.right = min(max(0, p.left), n-1), min(max(0, p.right), n-1)
	key := compareKey{true, p.left, p.right, [2]int{m.line.EndOf(p.left).Events().Len(), m.line.EndOf(p.right).Events().Len()}}
	if m.playing && p.compared.done && p.compared.left == p.left && p.compared.right == p.right {
		key.ends = p.compared.ends
	}
	if key == p.compared {
		return p.compare
	}
	c := m.compareChoices(p.left, p.right)
	if c.Reading = m.readLogs(m.compareLogs()); c.Reading == "" {
		c = m.compareBranches(p.left, p.right)
		p.compared, p.compare = key, c
	}
	return c
}

// compareLogs are those of the branches that are compared, to their ends.
func (m *Model) compareLogs() []logOf {
	p := &m.panels
	if p.left == p.right {
		return nil
	}
	return []logOf{{p.left, m.line.EndOf(p.left)}, {p.right, m.line.EndOf(p.right)}}
}

func (m *Model) compareChoices(left, right int) Compare {
	branches := m.line.Branches()
	c := Compare{Names: [2]string{branches[left].Name, branches[right].Name}}
	for i, b := range branches {
		c.Left = append(c.Left, Choice{Name: plain(int64(i)), Label: b.Name, On: i == left})
		c.Right = append(c.Right, Choice{Name: plain(int64(i)), Label: b.Name, On: i == right})
	}
	return c
}

func (m *Model) compareBranches(left, right int) Compare {
	branches, c := m.line.Branches(), m.compareChoices(left, right)
	if left == right {
		c.Same = "This is one branch. Choose another one to compare it with."
		return c
	}
	d := m.line.Compare(left, right)
	c.Same = plural(int64(d.Same), "event") + " are the same"
	if d.Same > 0 {
		c.Same += ", until " + clock(m.line.EndOf(left).Events().At(d.Same-1).At) + " s"
	}
	c.Same += "."
	c.First = [2]CompareEvent{m.compareEvent(branches, left, d.Left), m.compareEvent(branches, right, d.Right)}
	for _, n := range d.Nodes {
		c.Nodes = append(c.Nodes, compareNode(n, c.Names))
	}
	c.Missing = [2]CompareMissing{m.compareMissing(branches, left, right), m.compareMissing(branches, right, left)}
	return c
}

func (m *Model) compareEvent(branches []script.Branch, branch int, e *engine.Event) CompareEvent {
	c := CompareEvent{Branch: branch, Name: branches[branch].Name, Text: "nothing more happens", Clock: clock(branches[branch].End)}
	if e != nil {
		c.Is, c.Event, c.Clock, c.Text = true, int(e.Seq)+1, clock(e.At), eventText(m.line.EndOf(branch), e)
	}
	return c
}

func compareNode(n script.NodeDifference, names [2]string) CompareNode {
	c := CompareNode{Name: n.Name, SameData: n.Digests[0] == n.Digests[1] && n.Digests[0] != "", Word: "other data"}
	for i := range c.Offsets {
		c.Offsets[i], c.Digests[i] = at(n.Offsets[i]), shortDigest(n.Digests[i])
		if n.Digests[i] == "" {
			c.Offsets[i], c.Digests[i] = "", "down"
		}
	}
	switch {
	case c.SameData:
		c.Word = "same data"
	case n.Digests[0] == "" && n.Digests[1] == "":
		c.Word = "down in both"
	case n.Digests[0] == "":
		c.Word = "down in " + names[0]
	case n.Digests[1] == "":
		c.Word = "down in " + names[1]
	}
	return c
}

// compareMissing lists what clients of a branch were told was done and the master of the other one lacks.
func (m *Model) compareMissing(branches []script.Branch, from, in int) CompareMissing {
	c := CompareMissing{Branch: from}
	one, other := logOf{from, m.line.EndOf(from)}, logOf{in, m.line.EndOf(in)}
	a, err := m.auditor(one).Missing(one.world, m.auditor(other), other.world, "")
	if err != nil {
		c.Title = "Answered OK in " + branches[from].Name
		c.Problem = branches[in].Name + " has no data to look in: " + reason(err) + "."
		return c
	}
	told := a.Acked()
	c.Title = plural(int64(len(told)), "write") + " answered OK in " + branches[from].Name + ", missing at " + a.Winner + " in " + branches[in].Name
	for _, w := range told[:min(compareWrites, len(told))] {
		c.Writes = append(c.Writes, auditWrite(w))
	}
	if left := len(told) - len(c.Writes); left > 0 {
		c.More = "And " + plural(int64(left), "later write") + "."
	}
	return c
}

// A Ghost is another branch on the line of time, from where the ways part: parts of the line.
type Ghost struct {
	Shown    bool
	Name     string
	From, To float64
}

// ghost is the branch that the one on show is compared with.
func (m *Model) ghost() Ghost {
	i, forked, ok := m.otherBranch()
	if !ok {
		return Ghost{}
	}
	line := float64(max(1, m.horizon()-engine.Epoch))
	b := m.line.Branches()[i]
	return Ghost{Shown: true, Name: b.Name, From: float64(forked-engine.Epoch) / line, To: float64(b.End-engine.Epoch) / line}
}

// horizon is where the line of time ends: as far as the branch on show was lived or, if that is further, its ghost.
func (m *Model) horizon() engine.Instant {
	end := m.line.End()
	if i, _, ok := m.otherBranch(); ok {
		end = max(end, m.line.EndOf(i).Now())
	}
	return end
}

// otherBranch is the branch to compare the one on show with, and when their ways part: the one that it left or, for the
// first, the youngest.
func (m *Model) otherBranch() (other int, forked engine.Instant, ok bool) {
	if m.line.Count() < 2 {
		return 0, 0, false
	}
	here := m.line.Current()
	if parent, at := m.line.Fork(here); parent >= 0 {
		return parent, at, true
	}
	other = m.line.Count() - 1
	parent, forked := m.line.Fork(other)
	for parent != here { // up to the ancestor of it that left this one
		parent, forked = m.line.Fork(parent)
	}
	return other, forked, true
}
