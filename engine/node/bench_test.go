package node

import (
	"strconv"
	"strings"
	"testing"

	"resync/engine"
	"resync/engine/resp"
)

// What one command costs inside the process: parse, look up, change, propagate, append, reply. Batches of 16 are what
// a pipelining client sends. The peer, in the same run, is the least that could be done: parse, and a Go map.

const (
	benchKeys  = 100_000
	benchBatch = 16
)

// batches returns pipelines of one command with a key each, over all keys, and how many there are.
func batches(command func(key string) []string) [][]byte {
	var out [][]byte
	for k := 0; k < benchKeys; k += benchBatch {
		var b []byte
		for i := range benchBatch {
			b = resp.AppendCommand(b, command("key:"+strconv.Itoa(k+i))...)
		}
		out = append(out, b)
	}
	return out
}

func set(key string) []string { return []string{"SET", key, strings.Repeat("x", 64)} }
func get(key string) []string { return []string{"GET", key} }

// benchNode returns a node that holds all keys, with a backlog or without one, and a client.
func benchNode(b *testing.B, backlog bool) (*Node, *Output) {
	cfg := DefaultConfig()
	n, err := New(cfg, 1)
	if err != nil {
		b.Fatal(err)
	}
	out := &Output{}
	n.Step(engine.Epoch, Started{}, out)
	n.Step(engine.Epoch, FileLoaded{Job: 1, Missing: true}, out) // else every command is refused
	n.Step(engine.Epoch, Accepted{Conn: 1, Remote: "127.0.0.1:1"}, out)
	if backlog {
		n.hist.Create(0)
	}
	for _, p := range batches(set) {
		feedNode(n, out, p)
	}
	if keys := countKeys(n.data); keys != benchKeys {
		b.Fatalf("%d keys were set, want %d", keys, benchKeys)
	}
	return n, out
}

// feedNode is one turn: a pipeline comes in, its replies go out and are taken.
func feedNode(n *Node, out *Output, pipeline []byte) {
	in := Received{Conn: 1, Data: pipeline}
	out.Reset()
	n.Step(engine.Epoch, &in, out)
	gone := Drained{Conn: 1}
	for _, e := range out.Effects {
		if s, ok := e.(*Send); ok {
			gone.Bytes += len(s.Data)
		}
	}
	out.Reset()
	n.Step(engine.Epoch, &gone, out)
}

func benchCommands(b *testing.B, backlog bool, command func(string) []string) {
	n, out := benchNode(b, backlog)
	pipelines := batches(command)
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i += benchBatch {
		feedNode(n, out, pipelines[i/benchBatch%len(pipelines)])
	}
}

func BenchmarkSET(b *testing.B)            { benchCommands(b, false, set) }
func BenchmarkSETWithBacklog(b *testing.B) { benchCommands(b, true, set) }
func BenchmarkGET(b *testing.B)            { benchCommands(b, false, get) }

func BenchmarkSETPeerMap(b *testing.B) {
	m := map[string][]byte{}
	pipelines := batches(set)
	var dec resp.Decoder
	run := func(p []byte) {
		for len(p) > 0 {
			args, used, _ := dec.Next(p)
			m[string(args[1])] = append([]byte(nil), args[2]...)
			p = p[used:]
		}
	}
	for _, p := range pipelines {
		run(p)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i += benchBatch {
		run(pipelines[i/benchBatch%len(pipelines)])
	}
}
