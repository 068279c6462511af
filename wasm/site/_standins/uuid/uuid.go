// Package uuid stands in for the real one, whose hashes and generators weigh more than the page's model. go-app names
// things of this page with it: a device, which the page never asks for, and a channel between tabs.
package uuid

import (
	"math/rand/v2"
	"strconv"
)

// NewString returns a name that two tabs do not share.
func NewString() string {
	return strconv.FormatUint(rand.Uint64(), 36) + strconv.FormatUint(rand.Uint64(), 36)
}
