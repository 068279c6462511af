package tcp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"resync/engine/node"
)

// listener is one socket that is listened on.
type listener struct {
	fd   int
	port int
	path string // of a unix socket, else ""
}

// listenAll listens on every bind address. One with a leading "-" may be unavailable. A port of 0 with anyPort means
// a free one, the same for all addresses; without, that TCP is not listened on.
//
// Source: redis/src/server.c, listenToPort.
func listenAll(cfg node.Config, anyPort bool) (ls []listener, err error) {
	defer func() {
		if err != nil {
			for _, l := range ls {
				l.close()
			}
			ls = nil
		}
	}()
	port := cfg.Port
	if anyPort {
		port = 0
	}
	if port != 0 || anyPort {
		for _, bind := range cfg.Bind {
			host, optional := strings.CutPrefix(bind, "-")
			l, err := listenTCP(host, port, cfg.TCPBacklog)
			if err != nil {
				var failed *ListenError
				unavailable := errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EPROTONOSUPPORT)
				if errors.As(err, &failed) && unavailable && optional {
					continue
				}
				return ls, err
			}
			ls, port = append(ls, l), l.port
		}
	}
	if cfg.UnixSocket != "" {
		l, err := listenUnix(cfg.UnixSocket, os.FileMode(cfg.UnixSocketPerm), cfg.TCPBacklog)
		if err != nil {
			return ls, err
		}
		ls = append(ls, l)
	}
	return ls, nil
}

func listenTCP(host string, port, backlog int) (l listener, err error) {
	fail := func(call string, err error) (listener, error) {
		if l.fd > 0 {
			syscall.Close(l.fd)
		}
		return listener{}, &ListenError{net.JoinHostPort(host, strconv.Itoa(port)), call, err}
	}
	var ip netip.Addr
	switch host {
	case "*":
		ip = netip.IPv4Unspecified()
	case "::*":
		ip = netip.IPv6Unspecified()
	default:
		if ip, err = netip.ParseAddr(host); err != nil {
			found, err := net.LookupIP(host)
			if err != nil {
				return fail("lookup", err)
			}
			ip, _ = netip.AddrFromSlice(found[0])
		}
	}
	ip = ip.Unmap()
	domain := syscall.AF_INET6
	if ip.Is4() {
		domain = syscall.AF_INET
	}
	if l.fd, err = syscall.Socket(domain, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0); err != nil {
		return fail("socket", err)
	}
	syscall.SetsockoptInt(l.fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	var addr syscall.Sockaddr = &syscall.SockaddrInet4{Port: port, Addr: as4(ip)}
	if domain == syscall.AF_INET6 {
		syscall.SetsockoptInt(l.fd, syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY, 1)
		addr = &syscall.SockaddrInet6{Port: port, Addr: ip.As16()}
	}
	if err := syscall.Bind(l.fd, addr); err != nil {
		return fail("bind", err)
	}
	if err := syscall.Listen(l.fd, backlog); err != nil {
		return fail("listen", err)
	}
	if bound, err := syscall.Getsockname(l.fd); err == nil {
		_, l.port = hostPort(bound)
	}
	return l, nil
}

func as4(ip netip.Addr) (a [4]byte) {
	if ip.Is4() {
		a = ip.As4()
	}
	return a
}

func listenUnix(path string, perm os.FileMode, backlog int) (listener, error) {
	os.Remove(path) // left by a process that is gone; a live one loses its place, as with Redis
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return listener{}, &ListenError{path, "socket", err}
	}
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}); err != nil {
		syscall.Close(fd)
		return listener{}, &ListenError{path, "bind", err}
	}
	if perm != 0 {
		os.Chmod(path, perm)
	}
	if err := syscall.Listen(fd, backlog); err != nil {
		syscall.Close(fd)
		return listener{}, &ListenError{path, "listen", err}
	}
	return listener{fd: fd, path: path}, nil
}

func (l listener) close() {
	syscall.Close(l.fd)
	if l.path != "" {
		os.Remove(l.path)
	}
}

// hostPort splits a socket address.
func hostPort(a syscall.Sockaddr) (host string, port int) {
	switch a := a.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrFrom4(a.Addr).String(), a.Port
	case *syscall.SockaddrInet6:
		return netip.AddrFrom16(a.Addr).Unmap().String(), a.Port
	}
	return "", 0
}

func addrText(a syscall.Sockaddr) string {
	host, port := hostPort(a)
	return net.JoinHostPort(host, strconv.Itoa(port))
}

// tune sets the options of a TCP connection: small writes leave at once, and a dead peer is noticed within about
// twice the keepalive time.
//
// Source: redis/src/anet.c, anetKeepAlive.
func tune(fd int, keepalive time.Duration) {
	syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
	if idle := int(keepalive / time.Second); idle > 0 {
		syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1)
		syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE, idle)
		syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_KEEPINTVL, max(idle/3, 1))
		syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_KEEPCNT, 3)
	}
}

// dial connects and returns a descriptor of its own, which does not block.
func dial(ctx context.Context, d node.Dial) (fd int, err error) {
	var dialer net.Dialer
	if d.From != "" {
		if ip, err := netip.ParseAddr(d.From); err == nil {
			dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip, 0))
		}
	}
	c, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(d.Host, strconv.Itoa(d.Port)))
	if err != nil {
		return -1, err
	}
	defer c.Close() // the duplicate lives on
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		return -1, err
	}
	controlErr := raw.Control(func(from uintptr) {
		n, _, errno := syscall.Syscall(syscall.SYS_FCNTL, from, syscall.F_DUPFD_CLOEXEC, 0)
		if fd = int(n); errno != 0 {
			err = errno
		}
	})
	if err = errors.Join(controlErr, err); err != nil {
		return -1, err
	}
	return fd, syscall.SetNonblock(fd, true)
}
