package main

import (
	"bytes"
	"fmt"
	"html"
	"strings"

	"resync/assets"
	"resync/engine/script"
	"resync/web/view"
)

// The windows that the page is drawn for, one for each way in which package model lays it out, with the room that the style
// sheet leaves to plots there. In windows between them the style sheet does the rest, as it does for the page
// (assets/css/boot.css).
var windows = []struct{ width, height, plot int }{{1280, 800, 1144}, {768, 1024, 632}, {600, 800, 536}, {375, 700, 311}}

// transcribed is the scenario that is told where no program runs.
const transcribed = "short-outage"

// mostPoster is what the picture may weigh, in bytes before compression: it stands in front of everything.
const mostPoster = 60_000

// posters makes what stands in a page until its program runs, by its marker: the page itself, drawn by the same code, and
// the transcript of a run for those who have no program at all.
func posters() (map[string][]byte, error) {
	patterns, err := view.PosterPatterns()
	if err != nil {
		return nil, err
	}
	var poster strings.Builder
	fmt.Fprintf(&poster, `<div class="poster" inert>%s`, patterns)
	var drawings []string
	for _, w := range windows {
		drawing, err := view.Poster(w.width, w.height)
		if err != nil {
			return nil, err
		}
		for _, plot := range plots {
			if drawing, err = stretch(drawing, plot, w.plot); err != nil {
				return nil, err
			}
		}
		drawings = append(drawings, drawing)
	}
	if err := weave(&poster, drawings); err != nil {
		return nil, err
	}
	poster.WriteString("</div>")
	if poster.Len() > mostPoster {
		return nil, fmt.Errorf("the poster has %d bytes, and %d are allowed: see what the first drawing of the page holds, or draw it for fewer windows", poster.Len(), mostPoster)
	}
	transcript, err := transcribe(transcribed)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{
		"<!--poster-->":     []byte(poster.String()),
		"<!--transcript-->": []byte(html.EscapeString(transcript)),
	}, nil
}

// mostPicture is what a picture of a scenario may weigh, in bytes.
const mostPicture = 60_000

// pictures are the scenarios of the library, each as one SVG at the moment that explains most: for READMEs, where neither
// scripts nor frames run.
func pictures() (site, error) {
	out := make(site)
	for _, s := range assets.Scenarios() {
		svg := view.KeyPicture(s, "")
		if len(svg) > mostPicture {
			return nil, fmt.Errorf("the picture of %s has %d bytes, and %d are allowed", s.Name, len(svg), mostPicture)
		}
		out["posters/"+s.Name+".svg"] = []byte(svg)
	}
	return out, nil
}

// transcribe runs a scenario to its end.
func transcribe(name string) (string, error) {
	for _, s := range assets.Scenarios() {
		if s.Name != name {
			continue
		}
		parsed, err := script.Parse(name, s.Text)
		if err != nil {
			return "", err
		}
		var out bytes.Buffer
		err = script.Run(parsed, &out, script.RunOptions{})
		return out.String(), err
	}
	return "", fmt.Errorf("there is no scenario %s", name)
}
