package node

import (
	"slices"
	"strings"

	"resync/engine/command"
	"resync/engine/resp"
)

// A space is one of the three ways to listen to messages: to channels, to all channels whose names match a pattern,
// and to shard channels, which without a cluster are but channels of another kind.
type space byte

const (
	byChannel space = iota
	byPattern
	byShard
	spaces
)

// spaceWords are what the replies and messages of a space are called.
var spaceWords = [spaces]struct{ subscribe, unsubscribe, message string }{
	{"subscribe", "unsubscribe", "message"},
	{"psubscribe", "punsubscribe", "pmessage"},
	{"ssubscribe", "sunsubscribe", "smessage"},
}

// channels are what somebody listens to in one space.
type channels struct {
	listeners map[string][]*client // by name, in the order in which they came
	names     []string             // of patterns only, in the order in which they came: messages go out in that order
}

func (ch *channels) clone(twin func(*client) *client) channels {
	c := channels{names: slices.Clone(ch.names), listeners: make(map[string][]*client, len(ch.listeners))}
	for name, list := range ch.listeners {
		c.listeners[name] = twins(list, twin)
	}
	return c
}

// subscriptions are the names that a client listens to in one space, each with its place in their order.
type subscriptions struct {
	names map[string]int64
	last  int64
}

func (s subscriptions) clone() subscriptions {
	names := make(map[string]int64, len(s.names))
	for name, at := range s.names {
		names[name] = at
	}
	s.names = names
	return s
}

// inOrder lists the names in the order in which they were subscribed to.
func (s *subscriptions) inOrder() []string {
	names := make([]string, 0, len(s.names))
	for name := range s.names {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return int(min(max(s.names[a]-s.names[b], -1), 1)) })
	return names
}

// listens reports whether the client has subscribed to anything.
func (c *client) listens() bool {
	return len(c.subs[byChannel].names)+len(c.subs[byPattern].names)+len(c.subs[byShard].names) > 0
}

// subscribed counts what a reply in a space tells: shard channels by themselves, the others together.
func (c *client) subscribed(in space) int64 {
	if in == byShard {
		return int64(len(c.subs[byShard].names))
	}
	return int64(len(c.subs[byChannel].names) + len(c.subs[byPattern].names))
}

// inSubscribedMode reports whether the client may use nothing but commands about subscriptions: in RESP2 a reply could
// not be told from a message.
func (c *client) inSubscribedMode() bool { return c.w.Proto != 3 && c.listens() }

// allowedWhenSubscribed reports whether a client in that mode may use the command.
func allowedWhenSubscribed(cmd *command.Command) bool {
	switch cmd.Name {
	case "PING", "SUBSCRIBE", "UNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE", "SSUBSCRIBE", "SUNSUBSCRIBE", "QUIT", "RESET":
		return true
	}
	return false
}

// push returns what messages to a client are written to. They come through even where CLIENT REPLY drops replies.
func (n *Node) push(c *client) *resp.Writer {
	c.touch(n)
	if c == n.executing && c.mutes() {
		c.late.Proto = c.w.Proto
		return &c.late
	}
	return &c.w
}

// subscribe serves SUBSCRIBE, PSUBSCRIBE and SSUBSCRIBE.
//
// Source: redis/src/pubsub.c, subscribeCommand.
func subscribe(in space) func(n *Node, c *client, args [][]byte) {
	return func(n *Node, c *client, args [][]byte) {
		for _, name := range args[1:] {
			n.listen(c, in, string(name))
			n.confirm(c, spaceWords[in].subscribe, name, c.subscribed(in))
		}
	}
}

// unsubscribe serves UNSUBSCRIBE, PUNSUBSCRIBE and SUNSUBSCRIBE: without names it is all of them.
func unsubscribe(in space) func(n *Node, c *client, args [][]byte) {
	return func(n *Node, c *client, args [][]byte) {
		word := spaceWords[in].unsubscribe
		for _, name := range args[1:] {
			n.unlisten(c, in, string(name))
			n.confirm(c, word, name, c.subscribed(in))
		}
		if len(args) > 1 {
			return
		}
		names := c.subs[in].inOrder()
		for _, name := range names {
			n.unlisten(c, in, name)
			n.confirm(c, word, []byte(name), c.subscribed(in))
		}
		if len(names) == 0 {
			n.confirm(c, word, nil, c.subscribed(in))
		}
	}
}

// confirm tells a client of one subscription, come or gone, and how many it has. A nil name is none.
func (n *Node) confirm(c *client, word string, name []byte, count int64) {
	w := n.push(c)
	w.Push(3)
	w.BulkString(word)
	if name == nil {
		w.Null()
	} else {
		w.Bulk(name)
	}
	w.Int(count)
}

func (n *Node) listen(c *client, in space, name string) {
	subs, ch := &c.subs[in], &n.channels[in]
	if _, known := subs.names[name]; known {
		return
	}
	if subs.names == nil {
		subs.names = map[string]int64{}
	}
	subs.last++
	subs.names[name] = subs.last
	if ch.listeners == nil {
		ch.listeners = map[string][]*client{}
	}
	list, known := ch.listeners[name]
	ch.listeners[name] = append(list, c)
	if !known && in == byPattern {
		ch.names = append(ch.names, name)
	}
}

func (n *Node) unlisten(c *client, in space, name string) {
	subs, ch := &c.subs[in], &n.channels[in]
	if _, known := subs.names[name]; !known {
		return
	}
	delete(subs.names, name)
	list := ch.listeners[name]
	i := slices.Index(list, c)
	if list = slices.Delete(list, i, i+1); len(list) > 0 {
		ch.listeners[name] = list
		return
	}
	delete(ch.listeners, name)
	if i := slices.Index(ch.names, name); i >= 0 {
		ch.names = slices.Delete(ch.names, i, i+1)
	}
}

// unlistenAll ends all of a client's subscriptions without a word.
func (n *Node) unlistenAll(c *client) {
	for in := range spaces {
		for _, name := range c.subs[in].inOrder() {
			n.unlisten(c, in, name)
		}
	}
}

// publish sends a message to all who listen to a channel, and returns how many that are: somebody who listens in two
// ways counts twice, and gets it twice.
//
// Source: redis/src/pubsub.c, pubsubPublishMessageInternal.
func (n *Node) publish(in space, channel, message []byte) (receivers int64) {
	for _, c := range n.channels[in].listeners[string(channel)] {
		w := n.push(c)
		w.Push(3)
		w.BulkString(spaceWords[in].message)
		w.Bulk(channel)
		w.Bulk(message)
		receivers++
	}
	if in == byShard {
		return receivers
	}
	patterns := &n.channels[byPattern]
	for _, pattern := range patterns.names {
		if !command.Matches([]byte(pattern), channel) {
			continue
		}
		for _, c := range patterns.listeners[pattern] {
			w := n.push(c)
			w.Push(4)
			w.BulkString(spaceWords[byPattern].message)
			w.BulkString(pattern)
			w.Bulk(channel)
			w.Bulk(message)
			receivers++
		}
	}
	return receivers
}

// publishSpace is the space that a command publishes in.
func publishSpace(cmd *command.Command) (in space, ok bool) {
	switch cmd.Name {
	case "PUBLISH":
		return byChannel, true
	case "SPUBLISH":
		return byShard, true
	}
	return 0, false
}

// publishCommand serves PUBLISH and SPUBLISH, which go into the stream as they are: replicas have listeners too.
func publishCommand(in space) func(n *Node, c *client, args [][]byte) {
	return func(n *Node, c *client, args [][]byte) {
		c.w.Int(n.publish(in, args[1], args[2]))
		n.unit.addLine(c.db, args)
	}
}

// pubsubChannels serves PUBSUB CHANNELS and SHARDCHANNELS. They come by name: there is no other order to keep.
func pubsubChannels(in space) func(n *Node, c *client, args [][]byte) {
	return func(n *Node, c *client, args [][]byte) {
		if len(args) > 3 {
			c.wrongSubcommand(args)
			return
		}
		var names []string
		for name := range n.channels[in].listeners {
			if len(args) == 2 || command.Matches(args[2], []byte(name)) {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		c.w.Array(len(names))
		for _, name := range names {
			c.w.BulkString(name)
		}
	}
}

// pubsubNumSub serves PUBSUB NUMSUB and SHARDNUMSUB.
func pubsubNumSub(in space) func(n *Node, c *client, args [][]byte) {
	return func(n *Node, c *client, args [][]byte) {
		c.w.Array(2 * (len(args) - 2))
		for _, name := range args[2:] {
			c.w.Bulk(name)
			c.w.Int(int64(len(n.channels[in].listeners[string(name)])))
		}
	}
}

func (n *Node) pubsubNumPat(c *client, _ [][]byte) { c.w.Int(int64(len(n.channels[byPattern].names))) }

// wrongSubcommand answers a subcommand that was given words that it has no use for.
//
// Source: redis/src/networking.c, addReplySubcommandSyntaxError.
func (c *client) wrongSubcommand(args [][]byte) {
	c.w.Error("ERR unknown subcommand or wrong number of arguments for '" + string(args[1]) + "'. Try " +
		strings.ToUpper(string(args[0])) + " HELP.")
}

func pubsubHandlers() map[string]func(n *Node, c *client, args [][]byte) {
	return map[string]func(n *Node, c *client, args [][]byte){
		"psubscribe":           subscribe(byPattern),
		"publish":              publishCommand(byChannel),
		"pubsub|channels":      pubsubChannels(byChannel),
		"pubsub|numpat":        (*Node).pubsubNumPat,
		"pubsub|numsub":        pubsubNumSub(byChannel),
		"pubsub|shardchannels": pubsubChannels(byShard),
		"pubsub|shardnumsub":   pubsubNumSub(byShard),
		"punsubscribe":         unsubscribe(byPattern),
		"spublish":             publishCommand(byShard),
		"ssubscribe":           subscribe(byShard),
		"subscribe":            subscribe(byChannel),
		"sunsubscribe":         unsubscribe(byShard),
		"unsubscribe":          unsubscribe(byChannel),
	}
}

func init() { addHandlers(pubsubHandlers()) }
