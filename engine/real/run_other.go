//go:build !linux

package real

import (
	"context"
	"errors"
	"io"

	"resync/engine/script"
)

// Run needs Linux: only there every address of 127.0.0.0/8 is one of this machine.
func Run(context.Context, *script.Script, io.Writer, script.RunOptions) error {
	return errors.New("real servers need Linux")
}
