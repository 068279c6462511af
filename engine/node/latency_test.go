package node

import (
	"strings"
	"testing"
	"time"
)

// watched starts a server whose driver has a stopwatch. Each time that the node looks at it in a step, it shows tick more.
func watched(t *testing.T, tick time.Duration, settings ...string) *server {
	s := start(t, settings...)
	var shown time.Duration
	s.out.Stopwatch = func() time.Duration {
		if s.n.lap == 0 { // no command has ended yet
			shown = 0
		}
		shown += tick
		return shown
	}
	return s
}

func TestCommandsAreTimed(t *testing.T) {
	s := watched(t, 20*time.Microsecond)
	c := s.connect()
	s.say(c, "CONFIG RESETSTAT")
	s.say(c, "SET a 1")
	s.say(c, "SET a 2")
	s.want("INFO commandstats", s.field("cmdstat_set"), "calls=2,usec=40,usec_per_call=20.00,rejected_calls=0,failed_calls=0")
	s.want("INFO latencystats", s.field("latency_percentiles_usec_set"), "p50=20.095,p99=20.095,p99.9=20.095")
	s.want("LATENCY HISTOGRAM", s.say(c, "LATENCY HISTOGRAM set"), "*2\r\n$3\r\nset\r\n*4\r\n$5\r\ncalls\r\n:2\r\n$14\r\nhistogram_usec\r\n*2\r\n:33\r\n:2\r\n")
	s.say(c, "SET a")
	s.say(c, "CONFIG GET port")
	s.want("a refused command has no time", s.field("cmdstat_set"), "calls=2,usec=40,usec_per_call=20.00,rejected_calls=1,failed_calls=0")
	s.want("subcommands have their own", s.field("latency_percentiles_usec_config|get"), "p50=20.095,p99=20.095,p99.9=20.095")
	s.raw(c, cmd("PING")+cmd("PING")+cmd("PING"))
	s.want("each of a pipeline", s.field("cmdstat_ping"), "calls=3,usec=60,usec_per_call=20.00,rejected_calls=0,failed_calls=0")
	s.say(c, "CONFIG SET latency-tracking no")
	s.say(c, "SET a 3")
	s.want("kept, and not added to", s.say(c, "LATENCY HISTOGRAM set"), "*2\r\n$3\r\nset\r\n*4\r\n$5\r\ncalls\r\n:2\r\n$14\r\nhistogram_usec\r\n*2\r\n:33\r\n:2\r\n")
	s.want("not shown", s.field("latency_percentiles_usec_set"), "(none)")
}

// Every duration belongs to the entry that says so, and entries follow one another without a gap.
func TestHistogramEntries(t *testing.T) {
	for i := range histogramIndex(longest) {
		if got := histogramIndex(uint64(highest(i))); got != i {
			t.Fatalf("%d ns is the longest of entry %d, but counted in %d", highest(i), i, got)
		}
		if got := histogramIndex(uint64(highest(i) + 1)); got != i+1 {
			t.Fatalf("%d ns is longer than entry %d, but counted in %d", highest(i)+1, i, got)
		}
	}
}

func TestPercentiles(t *testing.T) {
	var h histogram
	for micros := range 100 {
		h.add(time.Duration(micros+1) * time.Microsecond)
	}
	h.add(time.Hour)
	for _, tt := range []struct {
		percent float64
		want    int64
	}{{0, 1000}, {1, 1003}, {50, 51199}, {99, 100351}, {100, 1002438655}} {
		if got := h.percentile(tt.percent); got != tt.want {
			t.Errorf("%v%%: %d, not %d", tt.percent, got, tt.want)
		}
	}
}

func TestTheSlowLogKeepsWhatIsSlow(t *testing.T) {
	s := start(t, "slowlog-log-slower-than", "100000")
	c := s.connect()
	s.say(c, "SET a 1")
	s.want("quick", s.say(c, "SLOWLOG LEN"), ":0\r\n")
	s.say(c, "DEBUG SLEEP 0.099")
	s.want("not slow enough", s.say(c, "SLOWLOG LEN"), ":0\r\n")
	s.say(c, "MULTI")
	s.say(c, "DEBUG SLEEP 0.1")
	s.say(c, "EXEC")
	s.want("the command, not its transaction", s.say(c, "SLOWLOG LEN"), ":1\r\n")
	if got := s.say(c, "SLOWLOG GET"); !strings.Contains(got, ":100000\r\n*3\r\n$5\r\nDEBUG\r\n$5\r\nSLEEP\r\n$3\r\n0.1\r\n") {
		t.Errorf("%q", got)
	}
}

// A command that waits is logged when it is served, as it was given.
func TestAServedCommandIsLogged(t *testing.T) {
	s := start(t, "slowlog-log-slower-than", "0")
	c, w := s.connect(), s.connect()
	s.say(w, "BLPOP l x 0")
	s.want("it waits", s.say(c, "SLOWLOG LEN"), ":0\r\n")
	s.say(c, "RPUSH l v")
	if got := s.say(c, "SLOWLOG GET 1"); !strings.Contains(got, "*4\r\n$5\r\nBLPOP\r\n$1\r\nl\r\n$1\r\nx\r\n$1\r\n0\r\n") {
		t.Errorf("%q", got)
	}
}

func TestLatencyEvents(t *testing.T) {
	s := start(t, "latency-monitor-threshold", "100")
	c := s.connect()
	s.want("none yet", s.say(c, "LATENCY LATEST"), "*0\r\n")
	for _, line := range []string{"DEBUG SLEEP 0.3", "DEBUG SLEEP 0.09", "DEBUG SLEEP 0.2"} {
		s.say(c, line)
		s.pass(2 * time.Second)
	}
	got := s.say(c, "LATENCY HISTORY command")
	if !strings.HasPrefix(got, "*2\r\n*2\r\n:") || !strings.Contains(got, "\r\n:300\r\n") || !strings.HasSuffix(got, "\r\n:200\r\n") {
		t.Errorf("LATENCY HISTORY: %q", got)
	}
	got = s.say(c, "LATENCY LATEST")
	if !strings.HasPrefix(got, "*1\r\n*4\r\n$7\r\ncommand\r\n:") || !strings.HasSuffix(got, "\r\n:200\r\n:300\r\n") {
		t.Errorf("LATENCY LATEST: %q", got)
	}
	graph := "command - high 300 ms, low 200 ms (all time high 300 ms)\n" + strings.Repeat("-", 80) + "\n" +
		"# \n| \n| \n|_\n  \n62\nss\n"
	s.want("LATENCY GRAPH", s.say(c, "LATENCY GRAPH command"), "$159\r\n"+graph+"\r\n")
	if got := s.say(c, "LATENCY DOCTOR"); !strings.Contains(got, "1. command: 2 latency spikes (average 250ms, mean deviation 50ms, period 3.00 sec). Worst all time event 300ms.") {
		t.Errorf("LATENCY DOCTOR: %q", got)
	}
	s.want("another", s.say(c, "LATENCY RESET fork"), ":0\r\n")
	s.want("it", s.say(c, "LATENCY RESET COMMAND"), ":1\r\n")
	s.want("gone", s.say(c, "LATENCY HISTORY command"), "*0\r\n")
}

// What a clone has seen since is its own.
func TestClonesKeepTheirOwnFigures(t *testing.T) {
	s := start(t, "latency-monitor-threshold", "100")
	c := s.connect()
	s.say(c, "DEBUG SLEEP 0.2")
	twin := s.twin()
	twin.say(c, "DEBUG SLEEP 0.3")
	twin.say(c, "SET a 1")
	s.want("calls", s.field("cmdstat_set"), "(none)")
	if got := s.say(c, "LATENCY LATEST"); !strings.HasSuffix(got, ":200\r\n:200\r\n") {
		t.Errorf("%q", got)
	}
	if got := twin.say(c, "LATENCY LATEST"); !strings.HasSuffix(got, ":300\r\n") {
		t.Errorf("%q", got)
	}
}
