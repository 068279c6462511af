package script

import "slices"

// maxTrials bounds the work of making one script shorter.
const maxTrials = 600

// shrink leaves out what does not matter to a failure: half of the statements, a quarter, and so on down to single
// ones, as long as what is left fails in the same way. It returns the last trial that did.
//
// Source: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002.
func shrink(s *Script, failed *trial) *trial {
	want := kind(failed.failed)
	trials := 0
	for size := len(s.Statements) / 2; size > 0 && trials < maxTrials; {
		shorter := false
		for at := 0; at < len(s.Statements) && trials < maxTrials; {
			candidate := *s
			candidate.Statements = slices.Concat(s.Statements[:at], s.Statements[min(at+size, len(s.Statements)):])
			trials++
			if t := try(&candidate); t.failed != nil && kind(t.failed) == want {
				s, failed, shorter = &candidate, t, true
			} else {
				at += size
			}
		}
		if !shorter || size > 1 {
			size /= 2
		}
	}
	return failed
}
