package model

import (
	"slices"
	"strings"

	"resync/engine/sim"
)

// A Share is the panel that gives the run away.
type Share struct {
	Open  bool
	Link  string // "" while it is being made
	Note  string // that it is long
	Embed string // what an author pastes into a page
}

// ToggleShare opens and closes the panel; Packed is the link, once the browser has made it: the address of the page and
// the fragment. CopyText puts a part of the panel on the clipboard. SaveAs has the browser save the run in a form that
// Forms lists.
type (
	ToggleShare struct{}
	Packed      struct{ Page, Fragment string }
	CopyText    struct{ What, Text string }
	SaveAs      struct{ Form string }
)

func (ToggleShare) isMsg() {}
func (Packed) isMsg()      {}
func (CopyText) isMsg()    {}
func (SaveAs) isMsg()      {}

// Pack asks the browser for a link: the script is packed into it where there is one.
type Pack struct {
	Link Permalink
	Text string
}

func (Pack) isCmd() {}

// A Form is one that a run can be saved in.
type Form struct{ Name, Label, About string }

// Forms are all of them.
var Forms = []Form{
	{"script", "Script", "what was done, as text that this page, bin/resync and an editor read"},
	{"runbook", "Runbook", "a folder that repeats all of it on real servers: redis.conf files, a shell script, docker-compose.yml"},
	{"trace", "Trace", "every event with its numbers, a JSON object a line"},
	{"shiviz", "ShiViz log", "the same with vector clocks, for the space-time diagrams of ShiViz"},
	{"poster", "Poster (SVG)", "a picture of this moment for a README or a talk: light or dark, as whoever looks at it has it"},
	{"poster-png", "Poster (PNG)", "the same as pixels, two for each, in the colours of this page"},
}

// Panels are the panels of which there is a picture alone.
var Panels = []Form{
	{Name: "story", Label: "Story"}, {Name: "stage", Label: "Stage"}, {Name: "stream", Label: "Stream"}, {Name: "answers", Label: "Answers"},
	{Name: "ledger", Label: "Ledger"}, {Name: "audit", Label: "Lost writes"}, {Name: "compare", Label: "Branches"}, {Name: "wire", Label: "Wire"}, {Name: "time", Label: "Time"},
}

// SavePicture draws a moment and saves it, as SVG or as PNG.
type SavePicture struct {
	Name    string
	Picture Picture
	PNG     bool
}

func (SavePicture) isCmd() {}

// PictureRefused says that the browser makes no PNG.
type PictureRefused struct{}

func (PictureRefused) isMsg() {}

// ShareID is the id of the button that opens the panel; ShareLinkID that of the line with the link.
const (
	ShareID     = "share"
	ShareLinkID = "share-link"
)

type share struct {
	open           bool
	page, fragment string
}

func (m *Model) toggleShare() []Cmd {
	m.share = share{open: !m.share.open}
	if !m.share.open {
		return []Cmd{Focus{ShareID}}
	}
	m.help, m.gallery.open = false, false
	link, text := m.permalink()
	return []Cmd{Pack{link, text}}
}

func (m *Model) shared() Share {
	s := Share{Open: m.share.open}
	if !s.Open || m.share.fragment == "" {
		return s
	}
	page := m.share.page
	folder := page[:strings.LastIndexByte(page, '/')+1]
	if name := page[len(folder):]; name == "embed.html" || name == "embed" { // hosts leave the end out
		page = folder + "index.html" // whoever opens the link is in no frame
	}
	s.Link = page + "#" + m.share.fragment
	if len(s.Link) > LongLink {
		s.Note = "The link has " + commas(int64(len(s.Link))) + " characters, and some mails and chats cut those of more than " + commas(LongLink) + ". The script as a file says the same."
	}
	title, link := escaped(m.script.Title), escaped(s.Link)
	picture := ""
	if l, _, _ := ParsePermalink(m.share.fragment); l.Scenario != "" {
		picture = `  <img src="` + escaped(folder) + "posters/" + l.Scenario + `.svg" alt="` + title + `">` + "\n"
	}
	s.Embed = `<script type="module" src="` + escaped(folder) + `v1/embed.js"></script>` + "\n" +
		`<resync-playground src="` + link + `" title="` + title + `" height="420">` + "\n" + picture +
		`  <a href="` + link + `">` + title + "</a>\n</resync-playground>"
	return s
}

// escaped is text as HTML has it, in quotes as well.
func escaped(s string) string { return escaper.Replace(s) }

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// saveAs has the browser save the run.
func (m *Model) saveAs(form string) []Cmd {
	name := m.scenario
	switch form {
	case "script":
		return []Cmd{m.save("")}
	case "runbook":
		m.status = "Saved as " + name + "-runbook.zip."
		var files []zipped
		for _, f := range m.session().Whole(0).Runbook() { // servers are to do also what the story has still to tell
			files = append(files, zipped{name + "/" + f.Name, f.Text, f.Run})
		}
		return []Cmd{Download{Name: name + "-runbook.zip", Mime: "application/zip", Data: string(zipFile(files))}}
	case "trace":
		m.status = "Saved as " + name + ".jsonl."
		var b []byte
		for _, e := range m.world().Events().All() {
			b = append(sim.AppendJSON(b, e), '\n')
		}
		return []Cmd{Download{Name: name + ".jsonl", Mime: "application/jsonl", Data: string(b)}}
	case "shiviz":
		m.status = "Saved as " + name + ".shiviz.log."
		return []Cmd{Download{Name: name + ".shiviz.log", Mime: "text/plain;charset=utf-8", Data: string(sim.AppendShiViz(nil, m.world().Events(), &sim.Filter{}))}}
	case "poster", "poster-png":
		save := SavePicture{Name: name + ".svg", Picture: m.Picture()}
		if form == "poster-png" {
			save.Name, save.PNG = name+".png", true
		}
		m.status = "Saved as " + save.Name + "."
		return []Cmd{save}
	}
	if slices.ContainsFunc(Panels, func(f Form) bool { return f.Name == form }) {
		save := SavePicture{Name: name + "-" + form + ".svg", Picture: m.PictureOf(form)}
		m.status = "Saved as " + save.Name + "."
		return []Cmd{save}
	}
	return nil
}
