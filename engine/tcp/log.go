package tcp

import (
	"io"
	"os"
	"strconv"
	"time"

	"resync/engine"
)

// A Logger writes lines as redis-server does: process id and role, local time with milliseconds, level, text.
// The zero Logger says nothing.
//
// Source: redis/src/server.c, serverLogRaw.
type Logger struct {
	Out   io.Writer
	PID   int
	Level engine.LogLevel // the least urgent that is written

	buf []byte
}

// maxLogText bounds a line, as Redis does.
const maxLogText = 1024

// ParseLogLevel gives the level of a loglevel setting.
func ParseLogLevel(name string) engine.LogLevel {
	switch name {
	case "debug":
		return engine.LogDebug
	case "verbose":
		return engine.LogVerbose
	case "warning":
		return engine.LogWarning
	}
	return engine.LogNotice
}

// urgency orders the levels; their own characters do not.
func urgency(l engine.LogLevel) int {
	switch l {
	case engine.LogDebug:
		return 0
	case engine.LogVerbose:
		return 1
	case engine.LogWarning:
		return 3
	}
	return 2
}

// Line writes one line. Role is M for a master, S for a replica and C before the server is set up.
func (l *Logger) Line(role byte, at time.Time, level engine.LogLevel, text string) {
	if l.Out == nil || urgency(level) < urgency(l.Level) {
		return
	}
	if len(text) > maxLogText {
		text = text[:maxLogText]
	}
	b := strconv.AppendInt(l.buf[:0], int64(l.PID), 10)
	b = append(b, ':', role, ' ')
	b = at.AppendFormat(b, "02 Jan 2006 15:04:05.000")
	b = append(b, ' ', byte(level), ' ')
	b = append(b, text...)
	l.buf = append(b, '\n')
	l.Out.Write(l.buf) // there is nobody to tell that the log cannot be written
}

// Signal writes a line about a signal, in the other form that Redis has for these.
//
// Source: redis/src/server.c, serverLogFromHandler.
func (l *Logger) Signal(at time.Time, text string) {
	l.Raw(strconv.Itoa(l.PID) + ":signal-handler (" + strconv.FormatInt(at.Unix(), 10) + ") " + text + "\n")
}

// Raw writes text as it is.
func (l *Logger) Raw(text string) {
	if l.Out != nil {
		io.WriteString(l.Out, text)
	}
}

// A LogFile is a log that may be moved away while it is written: like Redis it is opened anew for every line.
type LogFile string

// Write appends to the file.
func (name LogFile) Write(b []byte) (int, error) {
	f, err := os.OpenFile(string(name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return f.Write(b)
}
