package node

import (
	"strconv"
	"strings"

	"resync/engine/store"
)

// The hooks that commands are given. They are bound to the node once, since binding a method takes memory each time.
type hooks struct {
	touched func(db int, key []byte, own bool)
	notify  func(class byte, event string, db int, key []byte)
	ready   func(db int, key []byte, kind store.Kind)
	timed   func(db int, key []byte)
}

// bind gives the Call those hooks that somebody listens at: none of them costs a command anything without that.
func (n *Node) bind() {
	if n.hooks.touched == nil {
		n.hooks = hooks{n.touchKey, n.notifyEvent, n.markReady, n.timed}
	}
	c := &n.call
	c.Touched, c.Notify, c.Ready, c.Timed = nil, nil, nil, nil
	if len(n.watching) > 0 || n.blocks.count > 0 || n.tracking.active() {
		c.Touched = n.hooks.touched
	}
	if n.blocks.count > 0 {
		c.Ready = n.hooks.ready
	}
	if n.cfg.NotifyKeyspaceEvents != "" {
		c.Notify = n.hooks.notify
	}
}

// notifyEvent publishes a keyspace event, where notify-keyspace-events asks for its class: first to those who listen
// to the key, then to those who listen to the event. Messages of this kind never go into the stream, since every
// replica has its own events.
//
// Source: redis/src/notify.c, notifyKeyspaceEvent.
func (n *Node) notifyEvent(class byte, event string, db int, key []byte) {
	wanted := n.cfg.NotifyKeyspaceEvents
	if strings.IndexByte(wanted, class) < 0 && (strings.IndexByte(wanted, 'A') < 0 || class == 'm' || class == 'n') {
		return
	}
	if len(n.channels[byChannel].listeners) == 0 && len(n.channels[byPattern].listeners) == 0 {
		return
	}
	at := "@" + strconv.Itoa(db) + "__:"
	if strings.IndexByte(wanted, 'K') >= 0 {
		n.publish(byChannel, append([]byte("__keyspace"+at), key...), []byte(event))
	}
	if strings.IndexByte(wanted, 'E') >= 0 {
		n.publish(byChannel, []byte("__keyevent"+at+event), key)
	}
}
