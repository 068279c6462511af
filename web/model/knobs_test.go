package model

import "testing"

// What is typed shows its end where it is printed. The other tabs are in the same element, and stay where the reader is.
func TestOnlyTheTerminalGoesToItsEnd(t *testing.T) {
	for _, tab := range []string{TabConfig, TabLedger, TabData} {
		for _, msg := range []Msg{Typed{"m1", "PING"}, Configure{"m1", "repl-timeout", "30"}, PastedLines{Node: "m1", Text: "PING\nPING\n"}, PastedLines{Node: "m1", Longer: true}} {
			m := opened(t, "")
			do(m, Select{"m1"}, SelectTab{tab})
			for _, c := range do(m, msg) {
				if _, end := c.(ScrollToEnd); end {
					t.Errorf("%T moves %s to its end", msg, tab)
				}
			}
		}
	}
}
