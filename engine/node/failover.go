package node

import (
	"strings"
	"time"

	"resync/engine"
	"resync/engine/repl"
	"resync/engine/resp"
)

// FAILOVER: a master and one of its replicas change places without losing a write. The master holds its writers until
// the replica has applied all that there is, becomes its replica, and tells it with PSYNC … FAILOVER to take over.
//
//	none ── FAILOVER ──► waiting-for-sync ── the replica has it all ──► failover-in-progress ── +CONTINUE ──► none
//	  ▲        writes are held │    (or TIMEOUT and FORCE)                  PSYNC … FAILOVER │ any other answer
//	  └─────── ABORT, TIMEOUT ─┘                                                             │ or ABORT
//	  └───────────────────────────── a master again, under a new name ◄──────────────────────┘
//
// Source: redis/src/replication.c, failoverCommand and updateFailoverStatus.
type failover struct {
	state  engine.FailoverState
	target Address        // no host while any replica will do
	until  engine.Instant // when it ends by itself, or 0
	force  bool           // at that time go on instead of giving up
}

// failingOver reports whether a failover is under way.
func (n *Node) failingOver() bool { return n.failover.state != engine.FailoverNone }

// failoverCommand serves FAILOVER [TO host port [FORCE]] [ABORT] [TIMEOUT milliseconds]. What it begins goes on in the
// background.
func (n *Node) failoverCommand(c *client, args [][]byte) {
	var f failover
	var timeout, port int64
	abort := false
	for i := 1; i < len(args); i++ {
		more := len(args) - i - 1
		ok := true
		switch option := strings.ToLower(string(args[i])); {
		case option == "timeout" && more >= 1 && timeout == 0:
			if timeout, ok = resp.ParseInt64(args[i+1]); ok && timeout <= 0 {
				c.w.Error("ERR FAILOVER timeout must be greater than 0")
				return
			}
			i++
		case option == "to" && more >= 2 && f.target.Host == "":
			if port, ok = resp.ParseInt64(args[i+2]); ok {
				f.target = Address{Host: string(args[i+1]), Port: int(port)}
			}
			i += 2
		case option == "abort" && len(args) == 2:
			abort = true
		case option == "force" && !f.force:
			f.force = true
		default:
			c.w.Error("ERR syntax error")
			return
		}
		if !ok {
			c.w.Error("ERR value is not an integer or out of range")
			return
		}
	}
	if refused := n.refuseFailover(f, timeout, abort); refused != "" {
		c.w.Error(refused)
		return
	}
	c.w.OK()
	if abort {
		n.abortFailover("Failover manually aborted")
		return
	}
	if timeout > 0 {
		const longest = int64(100 * 365 * 24 * time.Hour / time.Millisecond)
		f.until = n.now.Add(time.Duration(min(timeout, longest)) * time.Millisecond)
	}
	n.failover.target, n.failover.until, n.failover.force = f.target, f.until, f.force
	n.failoverBecomes(engine.FailoverWaiting, "FAILOVER")
	n.log(engine.LogNotice, "FAILOVER requested to "+f.whom()+".")
	n.pauseFor(pausedByFailover, pauseWrites, forever)
	n.planTick()
}

// refuseFailover is the error against a FAILOVER, or "".
func (n *Node) refuseFailover(f failover, timeout int64, abort bool) string {
	switch {
	case abort && !n.failingOver():
		return "ERR No failover in progress."
	case abort:
		return ""
	case n.failingOver():
		return "ERR FAILOVER already in progress."
	case n.isReplica():
		return "ERR FAILOVER is not valid when server is a replica."
	case len(n.replicas) == 0:
		return "ERR FAILOVER requires connected replicas."
	case f.force && (timeout == 0 || f.target.Host == ""):
		return "ERR FAILOVER with force option requires both a timeout and target HOST and IP."
	case f.target.Host == "":
		return ""
	}
	switch r := n.findReplica(f.target); {
	case r == nil:
		return "ERR FAILOVER target HOST and PORT is not a replica."
	case r.State != repl.Online:
		return "ERR FAILOVER target replica is not online."
	}
	return ""
}

// whom is the target as the log names it.
func (f failover) whom() string {
	if f.target.Host == "" {
		return "any replica"
	}
	return f.target.String()
}

// findReplica returns the first replica at an address as it announced it, or nil.
func (n *Node) findReplica(a Address) *repl.Replica {
	for _, c := range n.replicas {
		if r := c.replica; strings.EqualFold(r.IP, a.Host) && r.Port == a.Port {
			return r
		}
	}
	return nil
}

// driveFailover is looked at in every turn: the time may be over, or a replica may have caught up by now.
func (n *Node) driveFailover() {
	f := &n.failover
	if f.state != engine.FailoverWaiting {
		return
	}
	if f.until != 0 && n.now >= f.until {
		if !f.force {
			n.abortFailover("Replica never caught up before timeout")
			return
		}
		n.log(engine.LogNotice, "FAILOVER to "+f.whom()+" time out exceeded, failing over.")
		n.handOver("the time is over, and FORCE was given")
		return
	}
	r := n.caughtUp()
	if r == nil {
		return
	}
	if f.target.Host == "" {
		f.target = Address{Host: r.IP, Port: r.Port}
	}
	n.log(engine.LogNotice, "Failover target "+f.whom()+" is synced, failing over.")
	n.handOver("the replica has acknowledged the whole stream")
}

// caughtUp returns the target, or any replica where none was named, once it has acknowledged the whole stream.
func (n *Node) caughtUp() *repl.Replica {
	if a := n.failover.target; a.Host != "" {
		if r := n.findReplica(a); r != nil && r.Acked == n.hist.Offset() {
			return r
		}
		return nil
	}
	for _, c := range n.replicas {
		if c.replica.Acked == n.hist.Offset() {
			return c.replica
		}
	}
	return nil
}

// handOver makes this master the target's replica. What its link asks for says FAILOVER; the writers stay held until
// the answer is there, and are refused then.
func (n *Node) handOver(why string) {
	n.failoverBecomes(engine.FailoverInProgress, why)
	n.setMaster(n.failover.target, "FAILOVER")
}

// failoverAnswer takes the target's answer to PSYNC … FAILOVER. Only to continue, or to copy its dataset, is an answer
// of a target that has taken over; on any other one this node is a master again, and failoverAnswer reports so.
//
// Source: redis/src/replication.c, syncWithMaster.
func (n *Node) failoverAnswer(answer repl.Outcome) (aborted bool) {
	switch {
	case n.failover.state != engine.FailoverInProgress || answer == repl.GoOn:
		return false
	case answer == repl.Continue || answer == repl.Full:
		n.endFailover("the target has taken over")
		return false
	}
	n.abortFailover("Failover target rejected psync request")
	return true
}

// abortFailover ends a failover without success.
func (n *Node) abortFailover(why string) {
	n.log(engine.LogNotice, "FAILOVER to "+n.failover.whom()+" aborted: "+why)
	if n.failover.state == engine.FailoverInProgress {
		n.promote("failover aborted")
	}
	n.endFailover(why)
}

// endFailover lets the writers go on: where this node is a replica now they are refused.
func (n *Node) endFailover(why string) {
	n.failoverBecomes(engine.FailoverNone, why)
	n.failover = failover{}
	n.unpause(pausedByFailover)
	n.planTick()
}

func (n *Node) failoverBecomes(state engine.FailoverState, why string) {
	f := engine.FailoverChanged{From: n.failover.state, To: state, Offset: n.hist.Offset(), Acked: -1, Why: why}
	if n.failover.target.Host != "" {
		f.Target = n.failover.target.String()
		if r := n.findReplica(n.failover.target); r != nil {
			f.Acked = r.Acked
		}
	}
	n.failover.state = state
	n.out.fact(f)
}

// takeOver is the target's side: a master asks this replica to take its place, with the very PSYNC that it wants to be
// served with then. It reports whether that PSYNC is to be served; else it has answered.
//
// Source: redis/src/replication.c, syncCommand.
func (n *Node) takeOver(c *client, id []byte) bool {
	n.log(engine.LogWarning, "Failover request received for replid "+string(id)+".")
	switch {
	case !n.isReplica():
		c.w.Error("ERR PSYNC FAILOVER can't be sent to a master.")
		return false
	case !strings.EqualFold(string(id), string(n.hist.ID)):
		c.w.Error("ERR PSYNC FAILOVER replid must match my replid.")
		return false
	}
	n.promote("PSYNC FAILOVER")
	n.log(engine.LogNotice, "MASTER MODE enabled (failover request from '"+c.String(n)+"')")
	return true
}

func init() {
	addHandlers(map[string]func(n *Node, c *client, args [][]byte){"failover": (*Node).failoverCommand})
}
