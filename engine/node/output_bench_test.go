package node

import (
	"strconv"
	"testing"

	"resync/engine"
	"resync/engine/resp"
)

// What replicas cost the one who writes: a cursor each, and no copy. A turn is a pipeline of 16 writes, and what it
// sends is taken at once.

func benchReplicas(b *testing.B, replicas int) {
	n, out := benchNode(b, true)
	pump := func(in Input) {
		out.Reset()
		n.Step(engine.Epoch, in, out)
		var gone []Drained
		for _, e := range out.Effects {
			if s, ok := e.(*Send); ok {
				gone = append(gone, Drained{Conn: s.Conn, Bytes: len(s.Data)})
			}
		}
		for i := range gone {
			out.Reset()
			n.Step(engine.Epoch, &gone[i], out)
		}
	}
	for i := range replicas {
		conn := engine.ConnID(2 + i)
		n.Step(engine.Epoch, Accepted{Conn: conn, Remote: "127.0.0.1:" + strconv.Itoa(2+i)}, out)
		pump(&Received{Conn: conn, Data: resp.AppendCommand(nil, "PSYNC", string(n.hist.ID), strconv.FormatInt(int64(n.hist.Next()), 10))})
	}
	if got := len(n.onlineReplicas()); got != replicas {
		b.Fatalf("%d replicas are online", got)
	}
	pipelines := batches(set)
	in := Received{Conn: 1}
	gone := Drained{}
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i += benchBatch {
		in.Data = pipelines[i/benchBatch%len(pipelines)]
		out.Reset()
		n.Step(engine.Epoch, &in, out)
		sends := out.sends
		out.sends = nil
		for j := range sends {
			gone = Drained{Conn: sends[j].Conn, Bytes: len(sends[j].Data)}
			out.Effects, out.Facts = out.Effects[:0], out.Facts[:0]
			n.Step(engine.Epoch, &gone, out)
		}
		out.sends = sends[:0]
	}
}

func BenchmarkSETReplicas1(b *testing.B)  { benchReplicas(b, 1) }
func BenchmarkSETReplicas8(b *testing.B)  { benchReplicas(b, 8) }
func BenchmarkSETReplicas64(b *testing.B) { benchReplicas(b, 64) }

// A full resync is encoded once: the dataset goes out in parts, to one replica here.
func BenchmarkFullSync(b *testing.B) {
	n, out := benchNode(b, true)
	n.cfg.ReplDisklessSyncDelay = 0
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		conn := engine.ConnID(2 + i)
		out.Reset()
		n.Step(engine.Epoch, Accepted{Conn: conn, Remote: "127.0.0.1:" + strconv.Itoa(2+i%1000)}, out)
		sent := int64(0)
		var inputs []Input
		step := func(in Input) {
			out.Reset()
			n.Step(engine.Epoch, in, out)
			for _, e := range out.Effects {
				if s, ok := e.(*Send); ok && s.Conn == conn {
					sent += int64(len(s.Data))
					inputs = append(inputs, &Drained{Conn: conn, Bytes: len(s.Data)})
				}
			}
		}
		step(&Received{Conn: conn, Data: resp.AppendCommand(nil, "REPLCONF", "capa", "eof")})
		for inputs = append(inputs, &Received{Conn: conn, Data: resp.AppendCommand(nil, "PSYNC", "?", "-1")}); len(inputs) > 0; {
			in := inputs[0]
			inputs = inputs[1:]
			step(in)
		}
		b.SetBytes(sent)
		step(Closed{Conn: conn})
	}
}
