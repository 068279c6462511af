package model

import (
	"cmp"
	"strings"
	"time"

	"resync/engine/script"
)

// A Gallery is the library as cards, by group.
type Gallery struct {
	Open    bool
	Shelves []GalleryShelf
	Found   string // how many cards there are: "22 scenarios"
}

// A GalleryShelf is a group of cards.
type GalleryShelf struct {
	Label string
	Cards []GalleryCard
}

// A GalleryCard says what a scenario is about, before it is opened.
type GalleryCard struct {
	Name, Title, About string
	Length             string   // "5 steps, about 3 min to read", or "free play"
	Eras               string   // "Redis 7.0"
	Settings           []string // what is configured in another way than Redis does: "m1 repl-backlog-size=16kb"
	On                 bool     // it is the one that is shown
}

// A gallery is the panel's state. Its cards are made when it is opened first.
type gallery struct {
	open  bool
	words string
	cards []catalogued
}

// A catalogued is a card with the words that it is found by.
type catalogued struct {
	group, text string
	card        GalleryCard
}

// GalleryID and GallerySearchID are the ids of the button that opens the library, and of the words looked for.
const (
	GalleryID       = "gallery-open"
	GallerySearchID = "gallery-search"
)

func (m *Model) toggleGallery() []Cmd {
	m.gallery.open, m.gallery.words = !m.gallery.open, ""
	if !m.gallery.open {
		return []Cmd{Focus{GalleryID}} // where the reader came from
	}
	m.help, m.share.open = false, false
	if len(m.gallery.cards) != len(m.scenarios) {
		m.gallery.cards = catalogue(m.scenarios)
	}
	return nil
}

func (m *Model) library() Gallery {
	if !m.gallery.open {
		return Gallery{}
	}
	g := Gallery{Open: true}
	wanted := strings.Fields(strings.ToLower(m.gallery.words))
	found := 0
	for _, c := range m.gallery.cards {
		if !c.has(wanted) {
			continue
		}
		found++
		if n := len(g.Shelves); n == 0 || g.Shelves[n-1].Label != c.group {
			g.Shelves = append(g.Shelves, GalleryShelf{Label: c.group})
		}
		shelf := &g.Shelves[len(g.Shelves)-1]
		c.card.On = c.card.Name == m.scenario
		shelf.Cards = append(shelf.Cards, c.card)
	}
	g.Found = plural(int64(found), "scenario")
	if found == 0 {
		g.Found = "No scenario has all of these words."
	}
	return g
}

// has reports whether all words are somewhere in the scenario.
func (c *catalogued) has(words []string) bool {
	for _, w := range words {
		if !strings.Contains(c.text, w) {
			return false
		}
	}
	return true
}

func catalogue(scenarios []Scenario) []catalogued {
	list := make([]catalogued, 0, len(scenarios))
	for _, s := range scenarios {
		c := catalogued{group: s.Group, text: strings.ToLower(s.Group + " " + s.Text), card: GalleryCard{Name: s.Name, Title: scenarioTitle(s)}}
		if parsed, err := script.Parse(s.Name, s.Text); err == nil {
			c.card.describe(parsed)
		}
		list = append(list, c)
	}
	return list
}

// describe reads off a script what it shows, how long it is, and what is not as Redis has it.
func (c *GalleryCard) describe(s *script.Script) {
	c.About = s.About
	var eras []string
	steps, reading := 0, time.Duration(0)
	settings := map[string][]string{} // who has it, by setting
	var order []string
	for _, st := range s.Statements {
		switch a := st.Act.(type) {
		case script.Step:
			steps++
		case script.Say:
			reading += readingTime(a.Text)
		case script.AddNode:
			era := a.Era
			if era == "" {
				era = "7.0"
			}
			eras = appendNew(eras, era)
			for _, set := range a.Settings {
				text := set.Name + " " + cmp.Or(set.Value, `""`)
				if settings[text] == nil {
					order = append(order, text)
				}
				settings[text] = append(settings[text], a.Name)
			}
		}
	}
	for _, text := range order {
		c.Settings = append(c.Settings, list(settings[text])+": "+text)
	}
	for i, era := range eras {
		if eras[i] = "Redis " + era; era == "8.0" {
			eras[i] = "Valkey 8.0"
		}
	}
	c.Eras, c.Length = strings.Join(eras, ", "), "free play"
	if steps > 0 {
		minutes := max(1, int64((reading+time.Minute-1)/time.Minute))
		c.Length = plural(int64(steps), "step") + ", about " + plain(minutes) + " min to read"
	}
}

func appendNew(list []string, s string) []string {
	for _, known := range list {
		if known == s {
			return list
		}
	}
	return append(list, s)
}
