package command

import (
	"math/rand/v2"
	"strings"

	"resync/engine"
	"resync/engine/resp"
	"resync/engine/store"
)

// A server is as much of one as commands need: it runs them and keeps what they send to replicas.
type server struct {
	store  *store.Store
	call   Call
	reply  resp.Writer
	stream [][]string // what went to replicas, with SELECT and MULTI
	db     int        // that the stream is in
}

func newServer(databases int) *server {
	s := &server{store: store.New(databases), db: -1}
	s.call = Call{
		Store: s.store, Reply: &s.reply, Settings: &Settings{Limits: store.DefaultLimits()}, Now: engine.Epoch,
		Rand: rand.New(rand.NewPCG(1, 2)),
	}
	return s
}

// do runs a command as package node does, and returns the reply.
func (s *server) do(words ...string) []byte {
	s.reply.Buf = s.reply.Buf[:0]
	args := make([][]byte, len(words))
	for i, w := range words {
		args[i] = []byte(w)
	}
	s.call.Begin()
	cmd, refusal := s.call.table().Find(args)
	if cmd == nil {
		s.reply.Error(refusal)
		return s.reply.Buf
	}
	s.call.Cmd, s.call.Args = cmd, args
	cmd.Do(&s.call)
	ops := s.call.Ops()
	wrap := len(ops) > 1 && cmd.Flags&ArbitraryKeys == 0
	for i, op := range ops {
		if s.db != op.DB {
			s.db = op.DB
			s.stream = append(s.stream, []string{"SELECT", string(s.call.number(int64(op.DB)))})
		}
		if wrap && i == 0 {
			s.stream = append(s.stream, []string{"MULTI"})
		}
		s.stream = append(s.stream, texts(op.Args))
	}
	if wrap {
		s.stream = append(s.stream, []string{"EXEC"})
	}
	return s.reply.Buf
}

// say runs a line and returns the reply as redis-cli shows it.
func (s *server) say(line string) string {
	words, err := resp.SplitArgs(line)
	if err != nil {
		return "error: " + err.Error()
	}
	v, _, err := resp.ParseValue(s.do(words...))
	if err != nil {
		return "error: " + err.Error()
	}
	return resp.Format(v)
}

// sent returns what went into the stream since it was last asked, one command after the other.
func (s *server) sent() string {
	var lines []string
	for _, words := range s.stream {
		lines = append(lines, strings.Join(words, " "))
	}
	s.stream = nil
	return strings.Join(lines, ", ")
}

func texts(args [][]byte) []string {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = string(a)
	}
	return words
}
