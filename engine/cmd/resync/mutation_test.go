package main

import (
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"resync/engine/script"
)

// A mutation is an engine with a mistake that somebody could make: a file of it where pieces of text are replaced by
// others. Every piece is found exactly once; when the engine's code moves, so does the mutation.
type mutation struct {
	mistake string
	file    string
	pieces  []string // what is replaced and what with, by turns
	era     string   // of the worlds that are to find it; "" for that of 7.0
}

// swarmSeeds is how many worlds the swarm may need to find a mistake; soundSeeds is in how many it must find none.
const (
	swarmSeeds = 1000
	soundSeeds = 400
)

var mutations = []mutation{
	{"a replica may lack one byte more than the backlog holds", "repl/psync.go",
		[]string{"case r.Want < g.First:", "case r.Want < g.First-1:"}, ""},
	{"a replica may be ahead of its master by a byte", "repl/psync.go",
		[]string{"case r.Want > g.Next:", "case r.Want > g.Next+1:"}, ""},
	{"a replica that lacks nothing of the history before is refused", "repl/psync.go",
		[]string{"case r.Want > g.Second:", "case r.Want >= g.Second:"}, ""},
	{"the history before is good for ever", "repl/psync.go",
		[]string{"case r.Want > g.Second:", "case false:"}, ""},
	{"a promoted replica vouches for a byte less of the history before", "repl/history.go",
		[]string{"h.ID2, h.Second = h.ID, h.Offset()+1\n\th.ID = NewReplID(r)", "h.ID2, h.Second = h.ID, h.Offset()\n\th.ID = NewReplID(r)"}, ""},
	{"a replica that follows to another name vouches for a byte more of the one before", "repl/history.go",
		[]string{"h.ID2, h.Second = h.ID, h.Offset()+1\n\th.ID = id", "h.ID2, h.Second = h.ID, h.Offset()+2\n\th.ID = id"}, ""},
	{"a promoted replica keeps the name of its master's history", "node/link.go",
		[]string{"\tn.hist.Shift(n.random())\n", ""}, ""},
	{"a backlog is freed and its history keeps its name", "repl/history.go",
		[]string{"(renamed bool) {\n\tif h.era.Shared {\n\t\th.Rename(r)\n\t}\n\th.Free()", "(renamed bool) {\n\th.Free()"}, ""},
	{"the backlog lets go of bytes that a replica is still to be sent", "repl/backlog.go",
		[]string{"if b.pin != 0 && b.pin < b.blocks[1].first || b.Len()-int64(oldest.n) <= b.Size {", "if b.Len()-int64(oldest.n) <= b.Size {"}, ""},
	{"an acknowledgement is a byte ahead", "node/link.go",
		[]string{`"ACK", strconv.FormatInt(int64(`, `"ACK", strconv.FormatInt(1+int64(`}, ""},
	{"GETACK is not counted", "node/apply.go",
		[]string{"n.apply(l, args)\n\t\treturn raw", "n.apply(l, args)\n\t\tif strings.EqualFold(string(args[0]), \"REPLCONF\") {\n\t\t\treturn nil\n\t\t}\n\t\treturn raw"}, ""},
	{"the bytes of a transaction count one command at a time", "node/apply.go",
		[]string{
			"l.multi = &transaction{bytes: append([]byte(nil), raw...)}\n\t\t\treturn nil", "l.multi = &transaction{bytes: append([]byte(nil), raw...)}\n\t\t\treturn raw",
			"l.executeAll(n, t.bytes)\n\t\t}\n\t\treturn t.bytes", "l.executeAll(n, t.bytes)\n\t\t}\n\t\treturn raw",
			"t.flags |= cmd.Flags\n\t}\n\treturn nil", "t.flags |= cmd.Flags\n\t}\n\treturn raw",
		}, ""},
	{"half a transaction outlives the link that it came by", "node/link.go",
		[]string{"} else {\n\t\tl.multi = nil\n\t}\n", "}\n"}, ""},
	{"a partial resync begins in database 0", "node/link.go",
		[]string{"Master accepted a Partial Resynchronization.\")\n", "Master accepted a Partial Resynchronization.\")\n\tl.db = 0\n"}, ""},
	{"a snapshot is told to be a byte older than it is", "node/fullsync.go",
		[]string{`" " + strconv.FormatInt(int64(offset), 10) + "\r\n"`, `" " + strconv.FormatInt(int64(max(offset-1, 0)), 10) + "\r\n"`}, ""},
	{"a new replica is sent the stream from the wrong byte on", "node/fullsync.go",
		[]string{"r.Initial, r.Sent = offset, offset\n", "r.Initial, r.Sent = offset, max(offset-1, 0)\n"}, ""},
	{"those who replicate from a replica stay when it loads another dataset", "node/fullload.go",
		[]string{"\tn.dropReplicas(\"its master loads another dataset\")\n", ""}, ""},
	{"a time to live goes into the stream as it is", "command/strings.go",
		[]string{"if c.Settings.Forms.RelativeTTL {\n\t\treturn\n\t}\n\tvalue := c.Args[2]", "if true {\n\t\treturn\n\t}\n\tvalue := c.Args[2]"}, ""},
	{"keys that expire are not told of", "node/node.go",
		[]string{"\t\tn.feedBare(c.Ops())\n", ""}, ""},
	{"WAIT counts who has not acknowledged everything", "node/wait.go",
		[]string{"at >= w.offset", "at >= w.offset/2"}, ""},
}

// eraMutations are mistakes in what is special to an era, or to several that meet.
var eraMutations = []mutation{
	{"who replicates from a replica stays when that loses its master", "node/link.go",
		[]string{"\t\tn.dropReplicas(\"the link to its master is lost\")\n", ""}, "2.6"},
	{"a stream for one replica alone announces no database", "node/apart.go",
		[]string{"if op.DB != c.apart.db && op.DB != anyDB {", "if false {"}, "2.6"},
	{"a process that starts again has the name of the one before", "node/node.go",
		[]string{"n.runID = repl.NewReplID(n.random())", "n.runID = repl.NewReplID(rand.New(rand.NewPCG(1, uint64(cfg.Port))))"}, "2.8"},
	{"half a command that was counted is forgotten with the link", "node/link.go",
		[]string{"\t\tl.half = l.in\n", ""}, "2.8"},
	{"a queued transaction that was counted is forgotten with the link", "node/link.go",
		[]string{"\t\tl.half = l.in\n", "\t\tl.half, l.multi = l.in, nil\n"}, "2.8"},
	{"who follows another master keeps its place in the stream of the one before", "node/link.go",
		[]string{"\t\tl.discard(n, \"REPLICAOF \"+addr.String())\n", ""}, "2.8"},
	{"a replica that is told of a full resync keeps its place", "node/fullload.go",
		[]string{"\tif !n.era.KeepsUntilLoad {\n\t\tl.letGo(n)\n\t}\n", ""}, "4.0"},
	{"the same before that", "node/fullload.go",
		[]string{"\tif !n.era.KeepsUntilLoad {\n\t\tl.letGo(n)\n\t}\n", ""}, "2.8"},
	{"a backlog begins where the one before ended", "repl/history.go",
		[]string{"\t\toffset++ //", "\t\t//"}, "2.8"},
	{"a ring holds a byte more than it has room for", "repl/backlog.go",
		[]string{"b.offset+1-engine.Offset(b.Size)", "b.offset-engine.Offset(b.Size)"}, "4.0"},
	{"one in the middle streams nothing of what it executes", "node/apply.go",
		[]string{"\t\tn.unit.add(call)\n\t\tn.reemit()\n", ""}, "2.8"},
	{"one in the middle streams nothing of a transaction but its words", "node/apply.go",
		[]string{"\t\tn.unit.add(call)\n\t\tn.reemit()\n", "\t\tif !n.unit.open {\n\t\t\tn.unit.add(call)\n\t\t\tn.reemit()\n\t\t}\n"}, "2.8"},
	{"a master that starts serves the history in its file too early", "repl/era.go",
		[]string{"v40.ResumesReplica, v40.PassingRefusal = true, true", "v40.ResumesReplica, v40.PassingRefusal, v40.ResumesMaster = true, true, true"}, "4.0"},
	{"what comes behind nonsense is executed", "node/apply.go",
		[]string{"\tif l.doomed != \"\" {\n\t\tl.wasted += int64(len(data))\n\t\treturn\n\t}\n", ""}, script.MixedEras},
	{"files that are too new are read", "node/format.go",
		[]string{"Newest: n.era.RDBVersion", "Newest: 0"}, script.MixedEras},
}

// The swarm finds every mistake within a few hundred worlds, and none in the engine as it is.
func TestTheSwarmFindsMistakes(t *testing.T) {
	dir := t.TempDir()
	module, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("no mistake", func(t *testing.T) {
		t.Parallel()
		if out, failed := swarmOf(t, module, filepath.Join(dir, "whole"), nil, ""); failed {
			t.Errorf("the swarm finds one:\n%s", out)
		}
	})
	for i, m := range slices.Concat(mutations, eraMutations) {
		name := strings.ReplaceAll(m.mistake, " ", "-")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := filepath.Join(dir, strconv.Itoa(i))
			if out, failed := swarmOf(t, module, at, &m, cmp.Or(m.era, "7.0")); !failed {
				t.Errorf("%s: not found in %d worlds:\n%s", m.mistake, swarmSeeds, out)
			} else if testing.Verbose() {
				t.Log(strings.SplitN(out, "\n", 2)[0])
			}
		})
	}
}

// swarmOf builds this program with a mutation, runs its swarm, and reports whether a world of the era failed.
func swarmOf(t *testing.T, module, at string, m *mutation, era string) (out string, failed bool) {
	t.Helper()
	if err := os.MkdirAll(at, 0o777); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(at, "resync")
	build := []string{"build", "-o", program}
	if m != nil {
		build = append(build, "-overlay", overlay(t, module, at, m))
	}
	command := exec.Command("go", append(build, "./engine/cmd/resync")...)
	command.Dir = module
	if text, err := command.CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, text)
	}
	seeds := swarmSeeds
	if m == nil {
		seeds = soundSeeds
	}
	run := exec.Command(program, "swarm", "--first", "--era", era, "--seeds", strconv.Itoa(seeds))
	text, err := run.CombinedOutput()
	if err != nil && run.ProcessState.ExitCode() != exitFailed {
		t.Fatalf("running: %v\n%s", err, text)
	}
	return string(text), err != nil
}

// overlay writes the mutated file and what tells the compiler to read it instead of the real one.
func overlay(t *testing.T, module, at string, m *mutation) string {
	t.Helper()
	file := filepath.Join(module, "engine", filepath.FromSlash(m.file))
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	mutated := string(text)
	for i := 0; i < len(m.pieces); i += 2 {
		if n := strings.Count(mutated, m.pieces[i]); n != 1 {
			t.Fatalf("%s: this is there %d times and should be once:\n%s", m.file, n, m.pieces[i])
		}
		mutated = strings.Replace(mutated, m.pieces[i], m.pieces[i+1], 1)
	}
	copied, list := filepath.Join(at, filepath.Base(m.file)), filepath.Join(at, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {file: copied}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{copied: []byte(mutated), list: replace} {
		if err := os.WriteFile(name, content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return list
}
