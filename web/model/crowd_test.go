package model

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// crowd is a master with eight replicas that writes a thousand times a second.
func crowd() Model {
	var b, up strings.Builder
	b.WriteString("node m1 repl-backlog-size=1mb repl-diskless-sync-delay=0\n")
	for i := 1; i <= 8; i++ {
		name := "r" + strconv.Itoa(i)
		b.WriteString("node " + name + " replicaof m1\n")
		if i > 1 {
			up.WriteString(" and ")
		}
		up.WriteString(name + ".master_link_status = up")
	}
	b.WriteString("until " + up.String() + "\nload m1 rate 1000/s size 64 keys 1000\nwait 100ms\n")
	return New([]Scenario{{Name: "crowd", Text: b.String()}}, Settings{})
}

// BenchmarkFrame is one frame of the page under a thousand writes a second, without drawing: 16.7 ms of the world.
func BenchmarkFrame(b *testing.B) {
	m := crowd()
	b.ReportAllocs()
	longest := time.Duration(0)
	for b.Loop() {
		from := time.Now()
		m, _ = Update(m, Frame{Elapsed: time.Second / 60})
		longest = max(longest, time.Since(from))
	}
	b.ReportMetric(float64(longest.Microseconds())/1000, "longest-ms")
}

// BenchmarkPage is what is drawn of it, some six times a second.
func BenchmarkPage(b *testing.B) {
	m := crowd()
	for range 600 {
		m, _ = Update(m, Frame{Elapsed: time.Second / 60})
	}
	b.ReportAllocs()
	for b.Loop() {
		_ = m.Page()
	}
}
