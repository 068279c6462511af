package main

import (
	"slices"
	"strings"
	"testing"
)

func TestTheBenchmarksOutputIsReadByItsFirstTwoColumns(t *testing.T) {
	got, err := parseRows(`"test","rps","avg_latency_ms"
"SET","719424.44","0.9"
"GET","1000000.00","0.6"
`)
	want := []row{{"SET", 719424.44}, {"GET", 1000000}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}

func TestABenchmarkThatMeasuredNothingIsAnError(t *testing.T) {
	for _, out := range []string{"", `"test","rps"`, "\"SET\",\"fast\"\n"} {
		if rows, err := parseRows(out); err == nil {
			t.Errorf("%q gave %v", out, rows)
		}
	}
}

func TestTheMedianIsTheMiddleOne(t *testing.T) {
	if got := median([]float64{9, 1, 5}); got != 5 {
		t.Errorf("got %v", got)
	}
}

func TestTheMedianOfAnEvenNumberLiesBetweenTwo(t *testing.T) {
	if got := spread([]float64{9, 1, 5, 4}, 1); got != "4.5 (1.0-9.0)" {
		t.Errorf("got %s", got)
	}
}

func TestABusyMachineIsNamed(t *testing.T) {
	for average, warns := range map[string]bool{"1.01 0.00 0.00 1/100 7": true, "12.5 9 9": true, "1.00 5.00 5.00": false, "0.30 0.90 2.00": false, "": false} {
		if got := busy(average); strings.Contains(got, "busy") != warns {
			t.Errorf("%q: %q", average, got)
		}
	}
}
