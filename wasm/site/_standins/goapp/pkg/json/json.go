// Package json stands in for encoding/json, in which go-app keeps states, settings and messages of its own that the page
// has no use for: the page has one component that owns everything, and a Host that stores its settings.
package json

import "errors"

var errNoJSON = errors.New("this build of go-app has no JSON")

// A RawMessage is what it is in encoding/json.
type RawMessage []byte

func Marshal(any) ([]byte, error) { return nil, errNoJSON }

func MarshalIndent(any, string, string) ([]byte, error) { return nil, errNoJSON }

func Unmarshal([]byte, any) error { return errNoJSON }
