package tcp

import (
	"syscall"
	"time"
	"unsafe"
)

// poller waits for sockets to become ready.
type poller struct {
	epfd   int
	wakefd int // an eventfd: other goroutines write to it
	events [256]syscall.EpollEvent
}

const (
	readable = syscall.EPOLLIN | syscall.EPOLLRDHUP | syscall.EPOLLHUP | syscall.EPOLLERR
	writable = syscall.EPOLLOUT | syscall.EPOLLHUP | syscall.EPOLLERR
)

func newPoller() (*poller, error) {
	epfd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	wakefd, _, errno := syscall.RawSyscall(syscall.SYS_EVENTFD2, 0, syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if errno != 0 {
		syscall.Close(epfd)
		return nil, errno
	}
	p := &poller{epfd: epfd, wakefd: int(wakefd)}
	if err := p.add(p.wakefd); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *poller) close() {
	syscall.Close(p.wakefd)
	syscall.Close(p.epfd)
}

// add watches a descriptor for bytes to read.
func (p *poller) add(fd int) error {
	return syscall.EpollCtl(p.epfd, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP, Fd: int32(fd)})
}

// watch says which of reading and writing to wait for. An error or the peer's end is reported in any case.
func (p *poller) watch(fd int, read, write bool) error {
	var events uint32
	if read {
		events |= syscall.EPOLLIN | syscall.EPOLLRDHUP
	}
	if write {
		events |= syscall.EPOLLOUT
	}
	return syscall.EpollCtl(p.epfd, syscall.EPOLL_CTL_MOD, fd, &syscall.EpollEvent{Events: events, Fd: int32(fd)})
}

// wake ends the current or next wait early. It may be called from any goroutine.
func (p *poller) wake() {
	one := uint64(1)
	syscall.RawSyscall(syscall.SYS_WRITE, uintptr(p.wakefd), uintptr(unsafe.Pointer(&one)), 8)
}

// woken takes note of a wake.
func (p *poller) woken() {
	var count uint64
	syscall.RawSyscall(syscall.SYS_READ, uintptr(p.wakefd), uintptr(unsafe.Pointer(&count)), 8)
}

// wait returns what is ready, or nothing after timeout; a negative one is for ever. It looks before it sleeps: under
// load something always is ready, and the look spares the scheduler the hand-over that a sleep costs.
func (p *poller) wait(timeout time.Duration) ([]syscall.EpollEvent, error) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(p.epfd), uintptr(unsafe.Pointer(&p.events[0])),
		uintptr(len(p.events)), 0, 0, 0)
	if errno == 0 && n > 0 {
		return p.events[:n], nil
	}
	if timeout == 0 {
		return nil, nil
	}
	millis := -1
	if timeout > 0 {
		// Rounded up: woken too early the loop would spin until the deadline.
		millis = int(min((timeout+time.Millisecond-1)/time.Millisecond, 1<<30))
	}
	k, err := syscall.EpollWait(p.epfd, p.events[:], millis)
	if err == syscall.EINTR {
		return nil, nil
	}
	return p.events[:max(k, 0)], err
}

// read and write never block, so the scheduler need not know of them. They return 0 and EAGAIN when nothing moves.

func read(fd int, b []byte) (int, syscall.Errno) {
	return transfer(syscall.SYS_READ, fd, b)
}

func write(fd int, b []byte) (int, syscall.Errno) {
	return transfer(syscall.SYS_WRITE, fd, b)
}

func transfer(call uintptr, fd int, b []byte) (int, syscall.Errno) {
	for {
		n, _, errno := syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
		switch errno {
		case 0:
			return int(n), 0
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}
