package main

import (
	"io"
	"net"
	"slices"
	"testing"
)

func TestSizesAreReadWithCommas(t *testing.T) {
	if got, err := numbers("1,8,64"); err != nil || !slices.Equal(got, []int{1, 8, 64}) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := numbers(""); err != nil || len(got) != 0 {
		t.Errorf("of nothing: %v, %v", got, err)
	}
	for _, text := range []string{"x", "0", "1,-1", "1;2"} {
		if got, err := numbers(text); err == nil {
			t.Errorf("%q gave %v", text, got)
		}
	}
}

func TestAMarkIsFoundThoughItComesInPieces(t *testing.T) {
	for cut := range len("before-mark-after") {
		there, here := net.Pipe()
		go func() {
			io.WriteString(there, "before-mark-after"[:cut])
			io.WriteString(there, "before-mark-after"[cut:])
			there.Close()
		}()
		if err := readTo(here, []byte("mark")); err != nil {
			t.Errorf("cut at %d: %v", cut, err)
		}
	}
	there, here := net.Pipe()
	go func() { io.WriteString(there, "no such word"); there.Close() }()
	if err := readTo(here, []byte("mark")); err == nil {
		t.Error("a mark that never came was found")
	}
}
