package model

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTheCalculatorSizesTheBacklog(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"unload m1"}, Run{"load m1 rate 50/s"}, Tick{6 * time.Second}, Select{"r1"}, OpenPanel{Panel: PanelSizing})
	s := m.Page().Takeaway.Sizing
	if s.Node != "m1" || s.Rate.Text != plain(m.world().WriteRate("m1")) || s.Rate.Text == "0" || s.Outage.Text != "60" {
		t.Fatalf("%+v", s)
	}
	// 2,000 B a second for 60 s, and 7 PINGs of 14 B at most: one byte less is enough, for a block stays while no more
	// than the size remains behind it.
	do(m, SizingInput{FieldRate, "2000"}, SizingInput{FieldOutage, "60"})
	s = m.Page().Takeaway.Sizing
	if s.Answer != "120,097 B" || s.Already || !strings.Contains(s.Now, "m1 has 16kb") {
		t.Errorf("%+v", s)
	}
	do(m, SizingInput{FieldSize, "1mb"})
	if s = m.Page().Takeaway.Sizing; !strings.HasPrefix(s.Lasts, "523.9 s") && !strings.HasPrefix(s.Lasts, "523 s for sure") {
		t.Errorf("1mb lasts %q", s.Lasts)
	}
	do(m, SizingSet{})
	if got := lastTurn(t, m, "m1"); got.Command != "CONFIG SET repl-backlog-size 120097" || got.Text != "OK" {
		t.Fatalf("%+v", got)
	}
	if s = m.Page().Takeaway.Sizing; !s.Already || !strings.Contains(s.Now, "That is enough.") {
		t.Errorf("%+v", s)
	}
	if !strings.Contains(m.Script(), "m1> CONFIG SET repl-backlog-size 120097") {
		t.Error("it was not recorded")
	}
}

func TestTheCalculatorRefusesNonsense(t *testing.T) {
	for _, c := range []struct {
		field, text, problem string
	}{
		{FieldRate, "", "a number of bytes is missing"},
		{FieldRate, "fast", "not a number of bytes, such as 2000 or 1mb"},
		{FieldRate, "-1", "not a number of bytes, such as 2000 or 1mb"},
		{FieldRate, "9e9", "not a number of bytes, such as 2000 or 1mb"},
		{FieldRate, "9223372036854775807", "too large"},
		{FieldRate, "9000000000gb", "too large"},
		{FieldRate, "12,000", ""},
		{FieldRate, "2 MB", ""},
		{FieldOutage, "", "a length of time is missing"},
		{FieldOutage, "soon", "not a length of time, such as 60 or 5m"},
		{FieldOutage, "-5", "not a length of time, such as 60 or 5m"},
		{FieldOutage, "NaN", "not a length of time, such as 60 or 5m"},
		{FieldOutage, "Inf", "longer than thirty years"},
		{FieldOutage, "9000h", ""},
		{FieldOutage, "99999999999", "longer than thirty years"},
		{FieldOutage, "1m30s", ""},
	} {
		m := opened(t, "")
		do(m, OpenPanel{Panel: PanelSizing, Of: "m1"}, SizingInput{c.field, c.text})
		s := m.Page().Takeaway.Sizing
		got := s.Rate.Problem + s.Outage.Problem
		if got != c.problem || (s.Answer == "") != (c.problem != "") {
			t.Errorf("%s %q: %q, answer %q", c.field, c.text, got, s.Answer)
		}
	}
}

// What was set is what the lower row speaks of from then on, and sizes have commas and a unit.
func TestWhatWasSetIsWhatTheCalculatorSpeaksOf(t *testing.T) {
	m := opened(t, "")
	do(m, OpenPanel{Panel: PanelSizing}, SizingInput{FieldRate, "72274"}, SizingInput{FieldOutage, "60"}, SizingSet{})
	p := m.Page()
	s := p.Takeaway.Sizing
	set := plain(m.world().Node("m1").Config().ReplBacklogSize)
	if s.Size.Text != set || len(set) != 7 || s.Lasts != "60 s for sure" {
		t.Errorf("set %s: the lower row has %q, which lasts %q", set, s.Size.Text, s.Lasts)
	}
	if want := s.Answer + ", which survives"; !strings.Contains(s.Now, want) || p.Bar.Facts[1] != "repl-backlog-size "+s.Answer {
		t.Errorf("%q, and above the page %q", s.Now, p.Bar.Facts[1])
	}
}

// A panel that is closed gives the focus back to the button that opens it.
func TestAPanelGivesTheFocusBack(t *testing.T) {
	m := opened(t, "")
	for _, c := range []struct {
		open, close OpenPanel
		want        []Cmd
	}{
		{OpenPanel{Panel: PanelSizing}, OpenPanel{Panel: PanelSizing, Back: true}, []Cmd{Focus{OpenerID(PanelSizing)}}},
		{OpenPanel{Panel: PanelSizing}, OpenPanel{Panel: PanelSizing}, nil}, // by that button: it has the focus
		{OpenPanel{Panel: PanelSizing, Of: "m1"}, OpenPanel{Panel: PanelSizing, Back: true}, []Cmd{Focus{ConfigSizeID}}},
	} {
		do(m, SelectTab{TabConfig}, c.open)
		if cmds := do(m, c.close); !slices.Equal(cmds, c.want) || m.Page().Takeaway.Open != "" {
			t.Errorf("%+v: %+v", c.close, cmds)
		}
	}
}
