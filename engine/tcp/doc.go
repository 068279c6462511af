// Package tcp drives a node with real sockets, the wall clock and files: the engine as a server beside redis-server.
//
//	s, err := tcp.Listen(tcp.Options{Config: cfg, Log: &tcp.Logger{Out: os.Stdout}, PID: os.Getpid()})
//	code, err := s.Serve(ctx)
//
// One goroutine owns the node and every socket, as in Redis: it waits for readiness with epoll, reads, steps the node,
// and at the end of a turn writes what the turn produced. So the node needs no lock, a reply costs no hand-over
// between goroutines, and the bytes of a turn leave in one write per connection. The choice was measured: under
// redis-benchmark -P 16 on two cores, prototypes of this loop and of a goroutine for each connection with a mutex around
// the node took 1.3 and 1.4 to 2.3 microseconds of processor time for a command, redis-server 1.9. The price is that
// the driver needs Linux.
//
// Only what may block leaves that goroutine: dialling, which resolves names.
package tcp
