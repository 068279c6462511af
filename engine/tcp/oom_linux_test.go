package tcp

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"resync/engine/node"
)

func TestTheOOMScoreIsGivenBack(t *testing.T) {
	score := func() int {
		text, err := os.ReadFile(oomFile)
		if err != nil {
			t.Fatal(err)
		}
		n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		return n
	}
	var o oomScore
	base := score()
	for _, x := range []struct {
		to   node.OOMScore
		want int
	}{
		{node.OOMScore{}, base},
		{node.OOMScore{Mode: "yes", Value: 20}, base + 20},
		{node.OOMScore{Mode: "yes", Value: 30}, base + 30},
		{node.OOMScore{Mode: "absolute", Value: base + 40}, base + 40},
		{node.OOMScore{Mode: "absolute", Value: 2000}, 1000},
		{node.OOMScore{Mode: "no"}, base},
	} {
		if err := o.set(x.to); err != nil {
			t.Fatalf("%+v: %v", x.to, err)
		}
		if got := score(); got != x.want {
			t.Errorf("%+v: %d, want %d", x.to, got, x.want)
		}
	}
}
