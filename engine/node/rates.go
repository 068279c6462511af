package node

import (
	"strconv"

	"resync/engine"
)

// rates are the instantaneous figures of INFO: what the last tick counted, per second. Redis looks ten times a second
// and takes the mean of sixteen looks; once is enough to tell how busy a server is.
//
// Source: redis/src/server.c, trackInstantaneousMetric.
type rates struct {
	at  engine.Instant
	now [ratesKept]int64 // counted until then
	per [ratesKept]int64 // second
}

// What rates are of.
const (
	rateCommands = iota
	rateIn
	rateOut
	rateReplIn
	rateReplOut
	ratesKept
)

// look is the tick's.
func (r *rates) look(now engine.Instant, st *stats) {
	counted := [ratesKept]int64{st.commands, st.netIn, st.netOut, st.replIn, st.replOut}
	if millis := int64(now.Sub(r.at)) / 1e6; millis > 0 {
		for i := range counted {
			r.per[i] = max(0, counted[i]-r.now[i]) * 1000 / millis // below 0 after CONFIG RESETSTAT
		}
	}
	r.at, r.now = now, counted
}

// info writes the rates of bytes.
func (r *rates) info(s *section) {
	for i, name := range [...]string{"input", "output", "input_repl", "output_repl"} {
		s.text("instantaneous_"+name+"_kbps", strconv.FormatFloat(float64(r.per[rateIn+i])/1024, 'f', 2, 64))
	}
}
