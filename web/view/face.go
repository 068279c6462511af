package view

import "strings"

// A face is a size of type in CSS pixels, for estimating how wide texts become: which font draws them is for the reader's system
// to say, so the widest of those in tokens.css counts.
type face struct {
	size       float64
	bold, mono bool
}

var (
	small12 = face{size: 12}
	sans13  = face{size: 13}
	sans14  = face{size: 14}
	bold12  = face{size: 12, bold: true}
	bold13  = face{size: 13, bold: true}
	bold15  = face{size: 15, bold: true}
	bold22  = face{size: 22, bold: true}
)

func mono(size float64) face { return face{size: size, mono: true} }

// width estimates the width of a text.
func (f face) width(s string) float64 {
	sum := 0.0
	for _, r := range s {
		sum += f.glyph(r)
	}
	return sum * f.size
}

// glyph is the width of a character in parts of the size.
func (f face) glyph(r rune) float64 {
	w := .635
	switch {
	case r >= 0x1100 && (r <= 0x115F || r >= 0x2E80 && r <= 0xFFDC || r >= 0x1F000): // what takes two columns
		return 1.1
	case f.mono:
		return .605
	case strings.ContainsRune("ijl|'’ .,:;", r):
		w = .32
	case strings.ContainsRune("frt()[]/-!", r):
		w = .41
	case strings.ContainsRune("cksvxyz", r):
		w = .57
	case strings.ContainsRune("mwMWQO%—@≤≥✓✗▸▣…", r):
		w = .95
	case 'A' <= r && r <= 'Z':
		w = .7
	}
	if f.bold {
		w *= 1.1
	}
	return w
}

// cutTo cuts a text that is wider than its room.
func cutTo(s string, f face, room float64) string {
	s = strings.Join(strings.Fields(s), " ")
	if f.width(s) <= room {
		return s
	}
	sum := f.width("…")
	for i, r := range s {
		if sum += f.glyph(r) * f.size; sum > room {
			return strings.TrimRight(s[:i], " ,.:;") + "…"
		}
	}
	return s
}

// wrapped breaks a text into lines, the last of which is cut if more were to come.
func wrapped(s string, f face, room float64, most int) (lines []string) {
	line := ""
	fields := strings.Fields(s)
	for i, word := range fields {
		longer := word
		if line != "" {
			longer = line + " " + word
		}
		if f.width(longer) <= room || line == "" {
			line = longer
			continue
		}
		if len(lines)+1 == most {
			return append(lines, cutTo(line+" "+strings.Join(fields[i:], " "), f, room))
		}
		lines, line = append(lines, cutTo(line, f, room)), word
	}
	if line != "" {
		lines = append(lines, cutTo(line, f, room))
	}
	return lines
}
