package tcp

import (
	"os"
	"strconv"
	"strings"

	"resync/engine/node"
)

// oomScore is how gladly the kernel kills this process when memory is short.
type oomScore struct {
	base    int // what it was before it was changed
	changed bool
}

const oomFile = "/proc/self/oom_score_adj"

// set takes over what is asked for, and gives back what was there before when nothing is any more.
//
// Source: redis/src/server.c, setOOMScoreAdj.
func (o *oomScore) set(to node.OOMScore) error {
	score := to.Value
	switch {
	case to.Mode == "" || to.Mode == "no":
		if !o.changed {
			return nil
		}
		score = o.base
	case !o.changed:
		text, err := os.ReadFile(oomFile)
		if err != nil {
			return err
		}
		if o.base, err = strconv.Atoi(strings.TrimSpace(string(text))); err != nil {
			return err
		}
	}
	if to.Mode == "yes" {
		score += o.base
	}
	score = min(max(score, -1000), 1000)
	o.changed = to.Mode != "no" && to.Mode != ""
	return os.WriteFile(oomFile, []byte(strconv.Itoa(score)), 0)
}
