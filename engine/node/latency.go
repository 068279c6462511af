package node

import (
	"math"
	"math/bits"
	"strconv"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/command"
)

// How long things take: of every command, in a histogram, and of what took longer than latency-monitor-threshold, one
// by one. The node has no clock that goes on while it works. A driver may lend it a stopwatch (Output.Stopwatch); with
// none, only standing still takes time.

// spent is how long this step has taken so far.
func (n *Node) spent() time.Duration {
	if n.out.Stopwatch == nil {
		return n.stood
	}
	return n.out.Stopwatch() + n.stood
}

// present is the moment that it really is. What commands do, they do at now.
func (n *Node) present() engine.Instant { return n.stepped.Add(n.spent()) }

// A histogram counts durations, each as one of those that begin with the same eight bits, from the shortest on. It is as
// long as the longest of them needs.
//
// Source: redis/deps/hdr_histogram, with two significant figures.
type histogram []uint32

const (
	shortest = 1            // nanosecond
	longest  = 1e9          // nanoseconds
	subBits  = 7            // an entry stands for durations that differ behind the first bit and so many more
	subCount = 1 << subBits // entries from one power of two to the next
)

// add counts a duration, in whole microseconds.
func (h *histogram) add(d time.Duration) {
	nanos := min(max(d.Microseconds()*1000, shortest), longest)
	i := histogramIndex(uint64(nanos))
	if i >= len(*h) {
		*h = append(*h, make([]uint32, i+1-len(*h))...)
	}
	(*h)[i]++
}

func histogramIndex(nanos uint64) int {
	shift := max(bits.Len64(nanos)-subBits-1, 0)
	return shift<<subBits + int(nanos>>shift)
}

// highest is the longest duration that entry i stands for, in nanoseconds.
func highest(i int) int64 {
	shift := max(i>>subBits-1, 0)
	return (int64(i-shift<<subBits)+1)<<shift - 1
}

func (h histogram) total() (total int64) {
	for _, count := range h {
		total += int64(count)
	}
	return total
}

// percentile is how long so much of the calls took at the most, in nanoseconds.
//
// Source: redis/deps/hdr_histogram/hdr_histogram.c, hdr_value_at_percentile.
func (h histogram) percentile(percent float64) int64 {
	enough := max(int64(percent/100*float64(h.total())+0.5), 1)
	for i, count := range h {
		if enough -= int64(count); enough <= 0 {
			if percent == 0 && i > 0 {
				return highest(i-1) + 1
			}
			return highest(i)
		}
	}
	return 0
}

// timedCommand counts how long a command took from beginning to end, and keeps it where that was long.
func (n *Node) timedCommand(by caller, cmd *command.Command, args [][]byte, took time.Duration) {
	if n.cfg.LatencyTracking {
		n.tally.of(cmd).times.add(took)
	}
	n.logSlow(cmd, by.addr, by.name, args, took)
}

// event notes what took as long as latency-monitor-threshold, unless that is 0.
//
// Source: redis/src/latency.h, latencyAddSampleIfNeeded.
func (n *Node) event(name string, took time.Duration) {
	if at := n.cfg.LatencyMonitorThreshold; at != 0 && took.Milliseconds() >= at {
		n.latency.add(name, n.present().Seconds(), took.Milliseconds())
	}
}

// latencyEvents are what has taken long, by kind, in the order in which they first came.
type latencyEvents []*latencyEvent

// A latencyEvent is one kind. It is never changed in place, since clones share it.
type latencyEvent struct {
	name    string
	samples []latencySample // oldest first
	most    int64           // milliseconds, of all that there ever were
}

// latencySample is the worst of one second.
type latencySample struct{ seconds, millis int64 }

const latencySamples = 160 // are kept of each kind

func (l latencyEvents) find(name string) *latencyEvent {
	for _, e := range l {
		if e.name == name {
			return e
		}
	}
	return nil
}

// Source: redis/src/latency.c, latencyAddSample.
func (l *latencyEvents) add(name string, seconds, millis int64) {
	next := &latencyEvent{name: name, most: millis}
	if old := l.find(name); old != nil {
		next.most = max(old.most, millis)
		next.samples = append(next.samples, old.samples[max(0, len(old.samples)-latencySamples+1):]...)
	}
	if last := len(next.samples) - 1; last >= 0 && next.samples[last].seconds == seconds {
		next.samples[last].millis = max(next.samples[last].millis, millis)
	} else {
		next.samples = append(next.samples, latencySample{seconds, millis})
	}
	events := append(latencyEvents(nil), *l...)
	for i, e := range events {
		if e.name == name {
			events[i], next = next, nil
		}
	}
	if next != nil {
		events = append(events, next)
	}
	*l = events
}

func (n *Node) latencyHistory(c *client, args [][]byte) {
	e := n.latency.find(string(args[2]))
	if e == nil {
		c.w.Array(0)
		return
	}
	c.w.Array(len(e.samples))
	for _, s := range e.samples {
		c.w.Array(2)
		c.w.Int(s.seconds)
		c.w.Int(s.millis)
	}
}

func (n *Node) latencyLatest(c *client, _ [][]byte) {
	c.w.Array(len(n.latency))
	for _, e := range n.latency {
		last := e.samples[len(e.samples)-1]
		c.w.Array(4)
		c.w.BulkString(e.name)
		c.w.Int(last.seconds)
		c.w.Int(last.millis)
		c.w.Int(e.most)
	}
}

// latencyReset serves LATENCY RESET [event ...].
//
// Source: redis/src/latency.c, latencyResetEvent.
func (n *Node) latencyReset(c *client, args [][]byte) {
	named := func(name string) bool {
		for _, a := range args[2:] {
			if strings.EqualFold(name, string(a)) {
				return true
			}
		}
		return len(args) == 2
	}
	var kept latencyEvents
	for _, e := range n.latency {
		if !named(e.name) {
			kept = append(kept, e)
		}
	}
	c.w.Int(int64(len(n.latency) - len(kept)))
	n.latency = kept
}

// latencyGraph serves LATENCY GRAPH event: a column for each sample, the higher the longer it took, and under it how
// long ago it was.
//
// Source: redis/src/latency.c, latencyCommandGenSparkeline; redis/src/sparkline.c.
func (n *Node) latencyGraph(c *client, args [][]byte) {
	const columns, rows, marks = 80, 4, "_o#"
	e := n.latency.find(string(args[2]))
	if e == nil {
		c.w.Error("ERR No samples available for event '" + string(args[2]) + "'")
		return
	}
	low, high := int64(math.MaxInt64), int64(0)
	for _, s := range e.samples {
		low, high = min(low, s.millis), max(high, s.millis)
	}
	var g strings.Builder
	g.WriteString(e.name + " - high " + strconv.FormatInt(high, 10) + " ms, low " + strconv.FormatInt(low, 10) +
		" ms (all time high " + strconv.FormatInt(e.most, 10) + " ms)\n" + strings.Repeat("-", columns) + "\n")
	const steps = rows * len(marks)
	for from := 0; from < len(e.samples); from += columns {
		part := e.samples[from:min(from+columns, len(e.samples))]
		if from > 0 {
			g.WriteByte('\n')
		}
		labels, deepest := make([]string, len(part)), 0
		for i, s := range part {
			labels[i] = ago(n.present().Seconds() - s.seconds)
			deepest = max(deepest, len(labels[i]))
		}
		for row := range rows + 1 + deepest {
			line := []byte(strings.Repeat(" ", len(part)))
			for i, s := range part {
				step := int(min((s.millis-low)*int64(steps)/max(high-low, 1), int64(steps-1)))
				switch mark, letter := step-(rows-row-1)*len(marks), row-rows-1; {
				case row < rows && mark >= len(marks):
					line[i] = '|'
				case row < rows && mark >= 0:
					line[i] = marks[mark]
				case letter >= 0 && letter < len(labels[i]):
					line[i] = labels[i][letter]
				}
			}
			g.Write(append(line, '\n'))
		}
	}
	c.w.Verbatim("txt", g.String())
}

// ago is a number of seconds, in one unit.
func ago(seconds int64) string {
	switch {
	case seconds < 60:
		return strconv.FormatInt(seconds, 10) + "s"
	case seconds < 3600:
		return strconv.FormatInt(seconds/60, 10) + "m"
	case seconds < 24*3600:
		return strconv.FormatInt(seconds/3600, 10) + "h"
	}
	return strconv.FormatInt(seconds/(24*3600), 10) + "d"
}

// latencyDoctor serves LATENCY DOCTOR. Its advice is not Redis's, which is about how Redis is built.
//
// Source: redis/src/latency.c, createLatencyReport.
func (n *Node) latencyDoctor(c *client, _ [][]byte) {
	var report strings.Builder
	switch {
	case len(n.latency) > 0:
		report.WriteString("Dave, I have observed latency spikes in this Redis instance. You don't mind talking about it, do you Dave?\n\n")
		for i, e := range n.latency {
			report.WriteString(strconv.Itoa(i+1) + ". " + e.describe(n.present().Seconds()) + "\n")
		}
		report.WriteString("\nThe commands that took long are in the slow log, where slowlog-log-slower-than is not above latency-monitor-threshold.\n")
	case n.cfg.LatencyMonitorThreshold == 0:
		report.WriteString("I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. You may use \"CONFIG SET latency-monitor-threshold <milliseconds>.\" in order to enable it. If we weren't in a deep space mission I'd suggest to take a look at https://redis.io/topics/latency-monitor.\n")
	default:
		report.WriteString("Dave, no latency spike was observed during the lifetime of this Redis instance, not in the slightest bit. I honestly think you ought to sit down calmly, take a stress pill, and think things over.\n")
	}
	c.w.Verbatim("txt", report.String())
}

// describe sums up an event: the average, and how far the samples are from it.
//
// Source: redis/src/latency.c, analyzeLatencyForEvent.
func (e *latencyEvent) describe(seconds int64) string {
	count, sum, off := int64(len(e.samples)), int64(0), int64(0)
	for _, s := range e.samples {
		sum += s.millis
	}
	average := sum / count
	for _, s := range e.samples {
		off += max(average-s.millis, s.millis-average)
	}
	period := float64(max(seconds-e.samples[0].seconds, 1)) / float64(count)
	return e.name + ": " + strconv.FormatInt(count, 10) + " latency spikes (average " + strconv.FormatInt(average, 10) +
		"ms, mean deviation " + strconv.FormatInt(off/count, 10) + "ms, period " + strconv.FormatFloat(period, 'f', 2, 64) +
		" sec). Worst all time event " + strconv.FormatInt(e.most, 10) + "ms."
}

// latencyHistogram serves LATENCY HISTOGRAM [command ...]. A container's name stands for its subcommands.
//
// Source: redis/src/latency.c, latencySpecificCommandsFillCDF.
func (n *Node) latencyHistogram(c *client, args [][]byte) {
	w := &c.w
	start, found := len(w.Buf), 0
	show := func(cmd *command.Command) {
		if times := n.tally.of(cmd).times; len(times) > 0 {
			found++
			w.BulkString(cmd.FullName())
			c.cumulated(times)
		}
	}
	asked := func(cmd *command.Command, name []byte) bool {
		return name == nil || strings.EqualFold(cmd.FullName(), string(name))
	}
	names := args[2:]
	if len(names) == 0 {
		names = [][]byte{nil}
	}
	for _, name := range names {
		for _, cmd := range n.cmds.All() {
			whole := asked(cmd, name)
			if whole {
				show(cmd)
			}
			for i := range cmd.Subs {
				if sub := &cmd.Subs[i]; whole || asked(sub, name) {
					show(sub)
				}
			}
		}
	}
	mapFrom(w, start, found)
}

// cumulated answers how many calls took up to 1, 2, 4, 8, 16, 33, … microseconds, where there were more than before.
//
// Source: redis/src/latency.c, fillCommandCDF.
func (c *client) cumulated(times histogram) {
	const first = 1024 // nanoseconds
	w := &c.w
	w.Map(2)
	w.BulkString("calls")
	w.Int(times.total())
	w.BulkString("histogram_usec")
	start, lines := len(w.Buf), 0
	sum, i := int64(0), 0
	for level := uint64(first); i < len(times); level *= 2 {
		before, last := sum, histogramIndex(level)
		for ; i <= last && i < len(times); i++ {
			sum += int64(times[i])
		}
		if sum > before {
			w.Int(highest(last) / 1000)
			w.Int(sum)
			lines++
		}
	}
	mapFrom(w, start, lines)
}

// infoLatencyStats is the section of that name.
//
// Source: redis/src/server.c, fillPercentileDistributionLatencies.
func (n *Node) infoLatencyStats(s *section) {
	if !n.cfg.LatencyTracking {
		return
	}
	percents := strings.Fields(n.cfg.LatencyPercentiles)
	n.eachCalled(func(cmd *command.Command, c *callCount) {
		if len(c.times) == 0 {
			return
		}
		var parts []string
		for _, text := range percents {
			percent, _ := strconv.ParseFloat(text, 64) // it was read when it was set
			micros := float64(c.times.percentile(percent)) / 1000
			parts = append(parts, "p"+text+"="+strconv.FormatFloat(micros, 'f', 3, 64))
		}
		s.text("latency_percentiles_usec_"+cmd.FullName(), strings.Join(parts, ","))
	})
}

func init() {
	addHandlers(map[string]func(n *Node, c *client, args [][]byte){
		"latency|doctor":    (*Node).latencyDoctor,
		"latency|graph":     (*Node).latencyGraph,
		"latency|histogram": (*Node).latencyHistogram,
		"latency|history":   (*Node).latencyHistory,
		"latency|latest":    (*Node).latencyLatest,
		"latency|reset":     (*Node).latencyReset,
	})
}
