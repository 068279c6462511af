//go:build !linux

package tcp

import (
	"context"
	"errors"

	"resync/engine/node"
)

// A Server is one node with its sockets.
type Server struct{}

// Listen needs Linux: the loop that owns all sockets is built on epoll.
func Listen(Options) (*Server, error) {
	return nil, errors.New("tcp: the server needs Linux (epoll)")
}

// Config returns the configuration with the ports that were really bound.
func (s *Server) Config() node.Config { return node.Config{} }

// Serve runs the node.
func (s *Server) Serve(context.Context) (code int, err error) {
	return 1, errors.New("tcp: the server needs Linux (epoll)")
}

// Signal tells the node that the process got a signal.
func (s *Server) Signal(string) {}

// Do runs f in the goroutine that owns the node.
func (s *Server) Do(func(*node.Node)) {}
