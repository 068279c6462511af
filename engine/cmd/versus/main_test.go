package main

import (
	"slices"
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
