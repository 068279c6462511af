//go:build linux

package real

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os/exec"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"resync/engine/sim"
)

// patience is how long a test waits for what must happen. A healthy run never comes near it.
const patience = 20 * time.Second

// rig is a path with a listener at its far end.
type rig struct {
	t    *testing.T
	path *path
	far  net.Listener
	door string // where the near end finds the far one
}

var rigs atomic.Int32

// newRig lays a path in a net of its own. No world takes one below 127.255.
func newRig(t *testing.T) *rig {
	t.Helper()
	base := "127.255." + strconv.Itoa(int(rigs.Add(1))) + "."
	far, err := net.Listen("tcp", base+"1:0")
	must(t, err)
	_, port, _ := net.SplitHostPort(far.Addr().String())
	p := newPath(end{listens: base + "9:1", seen: base + "3", port: "1"}, end{listens: far.Addr().String(), seen: base + "2", port: port}, 1)
	must(t, p.set(sim.LinkOptions{}))
	must(t, p.setUp(1, true))
	t.Cleanup(func() { p.close(); far.Close() })
	return &rig{t, p, far, base + "2:" + port}
}

// pair is a connection through the path: both ends.
func (r *rig) pair() (near, far *net.TCPConn) {
	r.t.Helper()
	near = r.dial()
	r.far.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
	c, err := r.far.Accept()
	must(r.t, err)
	far = c.(*net.TCPConn)
	r.t.Cleanup(func() { far.Close() })
	return near, far
}

func (r *rig) dial() *net.TCPConn {
	r.t.Helper()
	c, err := net.Dial("tcp", r.door)
	must(r.t, err)
	r.t.Cleanup(func() { c.Close() })
	return c.(*net.TCPConn)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func send(t testing.TB, c net.Conn, s string) {
	t.Helper()
	_, err := c.Write([]byte(s))
	must(t, err)
}

// read reads exactly so much as is wanted.
func read(t testing.TB, c net.Conn, want string) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(patience))
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Fatalf("read %q, %v, want %q", got, err, want)
	}
}

// silent checks that nothing comes for a while.
func silent(t testing.TB, c net.Conn) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	var got [1]byte
	if n, err := c.Read(got[:]); !isTimeout(err) {
		t.Fatalf("read %d bytes, %v, want silence", n, err)
	}
}

// ended waits for the end of a connection and returns what Read says of it.
func ended(t testing.TB, c net.Conn) error {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(patience))
	_, err := io.Copy(io.Discard, c)
	if isTimeout(err) {
		t.Fatal("the connection does not end")
	}
	return err
}

func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never came true: " + what)
		}
	}
}

func TestAPathCarriesBothWays(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	near, far := r.pair()
	send(t, near, "to")
	read(t, far, "to")
	send(t, far, "fro")
	read(t, near, "fro")
	if ip := far.RemoteAddr().(*net.TCPAddr).IP.String(); ip != r.path.ends[0].seen {
		t.Errorf("it seems to come from %s, not from where the far end would find the near one, %s", ip, r.path.ends[0].seen)
	}
	send(t, near, "last words")
	near.Close()
	read(t, far, "last words")
	if err := ended(t, far); err != nil {
		t.Errorf("an orderly end arrives as %v", err)
	}
}

func TestSeverResetsAndRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	near, far := r.pair()
	must(t, r.path.set(sim.LinkOptions{Latency: time.Minute}))
	send(t, near, "on its way, and lost")
	must(t, r.path.sever())
	for name, c := range map[string]net.Conn{"near": near, "far": far} {
		if err := ended(t, c); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the %s end is told %v, want a reset", name, err)
		}
	}
	if _, err := net.Dial("tcp", r.door); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a new connection: %v, want a refusal", err)
	}
	must(t, r.path.set(sim.LinkOptions{}))
	must(t, r.path.heal())
	near, far = r.pair()
	send(t, near, "again")
	read(t, far, "again")
}

func TestAServerThatIsDownRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	must(t, r.path.setUp(1, false))
	if _, err := net.Dial("tcp", r.door); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a new connection: %v, want a refusal", err)
	}
	must(t, r.path.setUp(1, true))
	r.pair()
	// One that has gone without notice resets.
	r.far.Close()
	c, err := net.Dial("tcp", r.door)
	if err == nil {
		err = ended(t, c)
		c.Close()
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("nobody listens: %v, want a reset", err)
	}
}

// A process that is being started holds all of its parent's sockets for a moment.
func TestADoorIsShutWhileProcessesAreStarted(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-done:
				return
			default:
				exec.Command("/bin/true").Run()
			}
		}
	}()
	for range 300 {
		must(t, r.path.setUp(1, false))
		if c, err := net.Dial("tcp", r.door); !errors.Is(err, syscall.ECONNREFUSED) {
			if err == nil {
				c.Close()
			}
			t.Errorf("a new connection: %v, want a refusal", err)
			break
		}
		must(t, r.path.setUp(1, true))
	}
	close(done)
	<-stopped
}

func TestABlackholeIsSilentAndLosesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	near, far := r.pair()
	must(t, r.path.darken([2]bool{true, true}))
	send(t, near, "sent in the dark")
	send(t, far, "and back")
	silent(t, far)
	silent(t, near)
	began := time.Now()
	late := r.dial() // its handshake is not answered
	send(t, late, "hello")
	eventually(t, "the path knows of it", func() bool {
		r.path.mu.Lock()
		defer r.path.mu.Unlock()
		return len(r.path.wires) == 2
	})
	must(t, r.path.heal())
	read(t, far, "sent in the dark")
	read(t, near, "and back")
	c, err := r.far.Accept()
	must(t, err)
	defer c.Close()
	read(t, c, "hello")
	if took := time.Since(began); took < 900*time.Millisecond {
		t.Errorf("the handshake was tried again after %s, not after a second", took)
	}
}

func TestABlackholeOfOneWay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	near, far := r.pair()
	must(t, r.path.darken([2]bool{true, false}))
	send(t, near, "to")
	send(t, far, "fro")
	read(t, near, "fro")
	silent(t, far)
	// The far end hears no word of what has arrived, so its window fills.
	go far.Write(make([]byte, 16<<20))
	least := int64(sim.WindowBytes - pieceBytes - len("fro"))
	near.SetReadDeadline(time.Now().Add(patience))
	if n, err := io.CopyN(io.Discard, near, least); err != nil {
		t.Fatalf("only %d bytes arrived: %v", n, err)
	}
	near.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	if n, err := io.Copy(io.Discard, near); !isTimeout(err) || n > pieceBytes {
		t.Errorf("%d bytes more than a window arrived, %v", n-pieceBytes, err)
	}
	must(t, r.path.heal())
	read(t, far, "to")
	near.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.CopyN(io.Discard, near, 1<<20); err != nil {
		t.Errorf("it does not go on: %v", err)
	}
}

func TestWhatWasSentIntoTheDarkIsSentAgainWhenTCPWould(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	near, far := r.pair()
	must(t, r.path.darken([2]bool{true, true}))
	began := time.Now()
	send(t, near, "x")
	time.Sleep(700 * time.Millisecond) // tries at 200 and 600 ms are in vain, the next is at 1400
	must(t, r.path.heal())
	read(t, far, "x")
	if took := time.Since(began); took < 1300*time.Millisecond {
		t.Errorf("it arrived after %s already", took)
	}
}

func TestLatencyDelaysAndKeepsTheOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const latency = 50 * time.Millisecond
	must(t, r.path.set(sim.LinkOptions{Latency: latency, Jitter: 30 * time.Millisecond}))
	began := time.Now()
	near := r.dial()
	send(t, near, "0")
	far, err := r.far.Accept()
	must(t, err)
	defer far.Close()
	read(t, far, "0")
	if took := time.Since(began); took < 3*latency {
		t.Errorf("a handshake and a byte took %s, less than three latencies", took)
	}
	var want bytes.Buffer
	began = time.Now()
	for i := range 200 {
		word := strconv.Itoa(i) + ","
		want.WriteString(word)
		send(t, near, word)
		if i%20 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	read(t, far, want.String())
	if took := time.Since(began); took < latency {
		t.Errorf("it took %s, less than the latency", took)
	}
}

func TestBandwidthIsSharedByAllConnections(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a, farA := r.pair()
	b, farB := r.pair()
	must(t, r.path.set(sim.LinkOptions{Bandwidth: 100_000}))
	began := time.Now()
	block := string(make([]byte, 20_000))
	send(t, a, block)
	send(t, b, block)
	read(t, farA, block)
	read(t, farB, block)
	if took := time.Since(began); took < 390*time.Millisecond {
		t.Errorf("40,000 bytes at 100,000 a second took %s", took)
	}
}

func TestASlowReaderMakesTheSenderWait(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	near, _ := r.pair()
	// What the path and the kernels at both ends take before the sender has to wait.
	near.SetWriteDeadline(time.Now().Add(time.Second))
	var taken int
	for {
		n, err := near.Write(make([]byte, 64<<10))
		taken += n
		if err != nil {
			break
		}
	}
	t.Logf("%d bytes were taken for a reader who does not read", taken)
	if taken > 8<<20 { // kernels differ, and grow their buffers
		t.Errorf("%d bytes were taken for a reader who does not read", taken)
	}
}
