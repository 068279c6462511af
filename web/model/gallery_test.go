package model

import (
	"testing"

	"resync/assets"
)

func TestTheLibraryIsFoundByWords(t *testing.T) {
	m := opened(t, "")
	if g := m.Page().Gallery; g.Open || g.Shelves != nil {
		t.Fatal("it is open at first")
	}
	do(m, ToggleGallery{})
	cards := map[string]GalleryCard{}
	for _, shelf := range m.Page().Gallery.Shelves {
		for _, c := range shelf.Cards {
			cards[c.Name] = c
			if c.Title == "" || c.About == "" || c.Length == "" || c.Eras == "" || c.On != (c.Name == m.scenario) {
				t.Errorf("%+v", c)
			}
		}
	}
	if want := len(assets.Scenarios()); len(cards) != want || m.Page().Gallery.Found != plural(int64(want), "scenario") {
		t.Errorf("%d cards, want %d", len(cards), want)
	}
	if c := cards["short-outage"]; c.Length != "5 steps, about 2 min to read" || c.Eras != "Redis 7.0" || len(c.Settings) != 2 || c.Settings[0] != "m1: repl-backlog-size 16kb" {
		t.Errorf("%+v", c)
	}
	if c := cards["same-outage-three-eras"]; c.Eras != "Redis 2.6, Redis 2.8, Redis 7.0" {
		t.Errorf("%+v", c)
	}
	for _, c := range []struct{ words, has, not string }{
		{"SPLIT brain", "split-brain", "short-outage"},
		{"waitaof", "acknowledged-not-durable", "split-brain"},
		{"era 2.6", "same-outage-three-eras", "short-outage"},
		{"restarts", "master-restart", "backlog-ttl"},
		{"no such words", "", "short-outage"},
	} {
		do(m, Search{c.words})
		found := map[string]bool{"": true}
		for _, shelf := range m.Page().Gallery.Shelves {
			for _, card := range shelf.Cards {
				found[card.Name] = true
			}
		}
		if !found[c.has] || found[c.not] {
			t.Errorf("%q finds %v", c.words, found)
		}
	}
	do(m, Pick{"split-brain"})
	if m.scenario != "split-brain" || m.Page().Gallery.Open {
		t.Error("a card opens its scenario and closes the library")
	}
	do(m, ToggleGallery{})
	if !press(m, "Escape") || m.Page().Gallery.Open {
		t.Error("Escape closes it")
	}
}

// What is opened in front of the page takes the place of what was there before.
func TestOneThingAtATimeIsInFront(t *testing.T) {
	m := opened(t, "")
	open := func() (all []string) {
		if m.help {
			all = append(all, "help")
		}
		if m.share.open {
			all = append(all, "share")
		}
		if m.gallery.open {
			all = append(all, "library")
		}
		return all
	}
	for range 2 {
		for _, c := range []struct {
			msg  Msg
			want string
		}{{ToggleGallery{}, "library"}, {ToggleShare{}, "share"}, {ToggleHelp{}, "help"}, {ToggleShare{}, "share"}, {ToggleGallery{}, "library"}, {ToggleHelp{}, "help"}} {
			if do(m, c.msg); len(open()) != 1 || open()[0] != c.want {
				t.Errorf("%v is open, want %s", open(), c.want)
			}
		}
		do(m, ToggleHelp{})
	}
}
