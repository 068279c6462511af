package node

import (
	"cmp"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/command"
	"resync/engine/resp"
)

// CLIENT TRACKING: a client that keeps copies of what it reads is told when they are not true any more. Either the
// server remembers which keys it has read, and tells it once of each that changes; or, with BCAST, it is told of every
// changed key with one of its prefixes, at the end of the turn. In RESP3 it is told by a push; in RESP2 another
// connection that listens to messages is told in its place.
//
// Source: redis/src/tracking.c.

// tracking is what a node knows of those who track.
type tracking struct {
	clients  int              // who track, in either way
	keys     []trackedKey     // read by some of them and not changed since, in no order
	at       map[string]int   // where a key is among them
	readers  int              // of all keys, a client once for each
	prefixes []*trackedPrefix // by name
	pending  []staleKey       // what the client whose command runs is told behind the reply
	strained int              // how often in a row the keys were still too many after some had gone
	nextTrim engine.Instant   // not before, by the clock alone
}

// trackedKey is a key, of whatever database, and who has read it. Clients that have gone, or do not track any more, are
// found out when the key changes.
type trackedKey struct {
	key     string
	readers []int64
}

// trackedPrefix is a prefix that clients want to hear of.
type trackedPrefix struct {
	name    string
	clients []*client        // in the order in which they came
	changed map[string]int64 // the keys that this turn has changed, and the number of the client that did so last, or 0
}

// staleKey is one key that has changed, or all of them.
type staleKey struct {
	key string
	all bool
}

// trackMode is how a client tracks.
type trackMode struct {
	redirect int64 // the number of the client that is told in its place, or 0
	bcast    bool
	optIn    bool // keys are remembered after CLIENT CACHING YES only
	optOut   bool // keys are remembered but after CLIENT CACHING NO
	noLoop   bool // it is not told of what it changes itself
	caching  bool // CLIENT CACHING was just said
	broken   bool // the client that was to be told has gone
	prefixes []string
}

func (t *trackMode) clone() *trackMode {
	if t == nil {
		return nil
	}
	c := *t
	c.prefixes = slices.Clone(t.prefixes)
	return &c
}

func (t *tracking) clone(twin func(*client) *client) tracking {
	c := *t
	c.at, c.pending = maps.Clone(t.at), nil
	c.keys = slices.Clone(t.keys)
	for i := range c.keys {
		c.keys[i].readers = slices.Clone(c.keys[i].readers)
	}
	c.prefixes = slices.Clone(t.prefixes)
	for i, p := range c.prefixes {
		c.prefixes[i] = &trackedPrefix{p.name, twins(p.clients, twin), maps.Clone(p.changed)}
	}
	return c
}

// active reports whether anybody may have to be told of a changed key.
func (t *tracking) active() bool { return len(t.keys) > 0 || len(t.prefixes) > 0 }

// clientTracking serves CLIENT TRACKING ON|OFF [REDIRECT id] [PREFIX prefix …] [BCAST] [OPTIN] [OPTOUT] [NOLOOP].
//
// Source: redis/src/networking.c, clientCommand.
func (n *Node) clientTracking(c *client, args [][]byte) {
	mode, refused := n.parseTracking(args[3:])
	if refused == "" {
		switch strings.ToUpper(string(args[2])) {
		case "ON":
			refused = n.track(c, mode)
		case "OFF":
			n.untrack(c)
		default:
			refused = "ERR syntax error"
		}
	}
	if refused != "" {
		c.w.Error(refused)
		return
	}
	c.w.OK()
}

func (n *Node) parseTracking(args [][]byte) (mode trackMode, refused string) {
	for i := 0; i < len(args); i++ {
		more := i+1 < len(args)
		switch option := strings.ToUpper(string(args[i])); {
		case option == "REDIRECT" && more:
			if mode.redirect != 0 {
				return mode, "ERR A client can only redirect to a single other client"
			}
			i++
			id, ok := resp.ParseInt64(args[i])
			if !ok {
				return mode, "ERR value is not an integer or out of range"
			}
			if n.clientByID(id) == nil {
				return mode, "ERR The client ID you want redirect to does not exist"
			}
			mode.redirect = id
		case option == "PREFIX" && more:
			i++
			mode.prefixes = append(mode.prefixes, string(args[i]))
		case option == "BCAST":
			mode.bcast = true
		case option == "OPTIN":
			mode.optIn = true
		case option == "OPTOUT":
			mode.optOut = true
		case option == "NOLOOP":
			mode.noLoop = true
		default:
			return mode, "ERR syntax error"
		}
	}
	return mode, ""
}

// track has a client track from now on, or in another way than before, unless there is a reason against it. Prefixes
// come to those that it has.
func (n *Node) track(c *client, mode trackMode) (refused string) {
	old := c.track
	switch {
	case !mode.bcast && len(mode.prefixes) > 0:
		return "ERR PREFIX option requires BCAST mode to be enabled"
	case old != nil && old.bcast != mode.bcast:
		return "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode."
	case mode.bcast && (mode.optIn || mode.optOut):
		return "ERR OPTIN and OPTOUT are not compatible with BCAST"
	case mode.optIn && mode.optOut:
		return "ERR You can't specify both OPTIN mode and OPTOUT mode"
	case old != nil && (mode.optIn && old.optOut || mode.optOut && old.optIn):
		return "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode."
	}
	var has []string
	if old == nil {
		n.tracking.clients++
	} else {
		has, mode.caching = old.prefixes, old.caching
	}
	if refused := overlap(mode.prefixes, has); refused != "" {
		if old == nil {
			n.tracking.clients--
		}
		return refused
	}
	added := mode.prefixes
	if mode.bcast && len(added) == 0 {
		added = []string{""}
	}
	mode.prefixes = has
	for _, prefix := range added {
		if !slices.Contains(mode.prefixes, prefix) {
			mode.prefixes = append(mode.prefixes, prefix)
			n.tracking.listen(c, prefix)
		}
	}
	slices.Sort(mode.prefixes)
	c.track = &mode
	return ""
}

// overlap says which of the prefixes would have a client hear of a key twice, or nothing.
//
// Source: redis/src/tracking.c, checkPrefixCollisionsOrReply, which for any but the first prefix goes on after the error
// and answers OK as well.
func overlap(prefixes, has []string) string {
	meet := func(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }
	for i, p := range prefixes {
		for _, old := range has {
			if meet(p, old) {
				return "ERR Prefix '" + p + "' overlaps with an existing prefix '" + old + "'. Prefixes for a single client must not overlap."
			}
		}
		for _, other := range prefixes[i+1:] {
			if meet(p, other) {
				return "ERR Prefix '" + p + "' overlaps with another provided prefix '" + other + "'. Prefixes for a single client must not overlap."
			}
		}
	}
	return ""
}

// untrack ends a client's tracking. The keys that it has read stay until they change.
//
// Source: redis/src/tracking.c, disableTracking.
func (n *Node) untrack(c *client) {
	if c.track == nil {
		return
	}
	n.tracking.clients--
	for _, prefix := range c.track.prefixes {
		n.tracking.unlisten(c, prefix)
	}
	c.track = nil
}

// prefix is where a prefix is, or belongs.
func (t *tracking) prefix(name string) (i int, known bool) {
	return slices.BinarySearchFunc(t.prefixes, name, func(p *trackedPrefix, name string) int { return cmp.Compare(p.name, name) })
}

func (t *tracking) listen(c *client, prefix string) {
	i, known := t.prefix(prefix)
	if !known {
		t.prefixes = slices.Insert(t.prefixes, i, &trackedPrefix{name: prefix})
	}
	t.prefixes[i].clients = append(t.prefixes[i].clients, c)
}

func (t *tracking) unlisten(c *client, prefix string) {
	i, known := t.prefix(prefix)
	if !known {
		panic("node: a client tracks a prefix that nobody knows of")
	}
	if t.prefixes[i].clients = without(t.prefixes[i].clients, c); len(t.prefixes[i].clients) == 0 {
		t.prefixes = slices.Delete(t.prefixes, i, i+1)
	}
}

// remember notes the keys that a client has read with a command, where it tracks and wants it.
//
// Source: redis/src/tracking.c, trackingRememberKeys.
func (n *Node) remember(c *client, cmd *command.Command, args [][]byte) {
	mode := c.track
	if mode.bcast || mode.optIn && !mode.caching || mode.optOut && mode.caching || cmd.Flags&command.PubSub != 0 {
		return
	}
	t := &n.tracking
	for _, key := range cmd.KeysIn(args) {
		i, known := t.at[string(key)]
		if !known {
			if t.at == nil {
				t.at = map[string]int{}
			}
			i = len(t.keys)
			t.keys = append(t.keys, trackedKey{key: string(key)})
			t.at[t.keys[i].key] = i
		}
		k := &t.keys[i]
		at, known := slices.BinarySearchFunc(k.readers, c.id, compareIDs)
		if !known {
			k.readers = slices.Insert(k.readers, at, c.id)
			t.readers++
		}
	}
}

// compareIDs has clients told in Redis's order, in which the lowest byte of their numbers counts most: two that redirect
// to one client can be told apart there.
func compareIDs(a, b int64) int {
	return cmp.Compare(bits.ReverseBytes64(uint64(a)), bits.ReverseBytes64(uint64(b)))
}

// forget takes a key out of the table.
func (t *tracking) forget(i int) {
	t.readers -= len(t.keys[i].readers)
	delete(t.at, t.keys[i].key)
	last := len(t.keys) - 1
	if i != last {
		t.keys[i] = t.keys[last]
		t.at[t.keys[i].key] = i
	}
	t.keys[last] = trackedKey{}
	t.keys = t.keys[:last]
}

// invalidate tells of a key that has changed. Own says that it was the command that is executed, and not that the key's
// time was over or memory was short.
//
// Source: redis/src/tracking.c, trackingInvalidateKey.
func (n *Node) invalidate(key []byte, own bool) {
	t := &n.tracking
	by := int64(0)
	if own && n.executing != nil {
		by = n.executing.id
	}
	for _, p := range t.prefixes {
		if strings.HasPrefix(string(key), p.name) {
			if p.changed == nil {
				p.changed = map[string]int64{}
			}
			p.changed[string(key)] = by
		}
	}
	if i, known := t.at[string(key)]; known {
		n.invalidateAt(i)
	}
}

// invalidateAt tells those who have read a key, and forgets it.
func (n *Node) invalidateAt(i int) {
	k := n.tracking.keys[i]
	n.tracking.forget(i)
	for _, id := range k.readers {
		c := n.clientByID(id)
		switch {
		case c == nil, c.track == nil, c.track.bcast, c.track.noLoop && c == n.executing:
		case c == n.executing && n.calling:
			n.tracking.pending = append(n.tracking.pending, staleKey{key: k.key})
		default:
			n.tellStale(c, oneKey(k.key))
		}
	}
}

// invalidateAll tells everybody who tracks that all keys have gone.
//
// Source: redis/src/tracking.c, trackingInvalidateKeysOnFlush.
func (n *Node) invalidateAll() {
	t := &n.tracking
	if t.clients > 0 {
		for _, c := range n.clients {
			switch {
			case c.track == nil:
			case c == n.executing:
				t.pending = append(t.pending, staleKey{all: true})
			default:
				n.tellStale(c, c.null())
			}
		}
	}
	t.keys, t.at, t.readers = nil, nil, 0
}

// tellPending tells a client, whose reply is complete, of what has changed since it came.
func (n *Node) tellPending(c *client) {
	t := &n.tracking
	if len(t.pending) == 0 {
		return
	}
	for _, k := range t.pending {
		switch {
		case c.track == nil: // the command has ended it
		case k.all:
			n.tellStale(c, c.null())
		default:
			n.tellStale(c, oneKey(k.key))
		}
	}
	t.pending = t.pending[:0]
}

// broadcast tells of the keys that the turn has changed, prefix by prefix.
//
// Source: redis/src/tracking.c, trackingBroadcastInvalidationMessages.
func (n *Node) broadcast() {
	for _, p := range n.tracking.prefixes {
		if len(p.changed) == 0 {
			continue
		}
		keys := slices.Sorted(maps.Keys(p.changed))
		all := keyList(keys)
		for _, c := range p.clients {
			list := all
			if c.track.noLoop {
				others := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return p.changed[key] == c.id })
				if len(others) == 0 {
					continue
				}
				list = keyList(others)
			}
			n.tellStale(c, list)
		}
		p.changed = nil
	}
}

func oneKey(key string) []byte { return keyList([]string{key}) }

// keyList is an array of keys on the wire.
func keyList(keys []string) []byte {
	var w resp.Writer
	w.Array(len(keys))
	for _, key := range keys {
		w.BulkString(key)
	}
	return w.Buf
}

// null is nothing on the wire, in the protocol of the client that tracks, whoever is told in its place.
func (c *client) null() []byte {
	w := resp.Writer{Proto: c.w.Proto}
	w.Null()
	return w.Buf
}

// tellStale tells a client that tracks, or the one that it has chosen, of keys that have changed: a list of them, or null
// for all. There are no words for it in RESP2 but those of a message.
//
// Source: redis/src/tracking.c, sendTrackingMessage.
func (n *Node) tellStale(c *client, keys []byte) {
	to := c
	if c.track.redirect != 0 {
		if to = n.clientByID(c.track.redirect); to == nil {
			c.track.broken = true
			if c.w.Proto == 3 {
				w := n.push(c)
				w.Push(2)
				w.BulkString("tracking-redir-broken")
				w.Int(c.track.redirect)
			}
			return
		}
	}
	switch {
	case to.w.Proto == 3:
		w := n.push(to)
		w.Push(2)
		w.BulkString("invalidate")
		w.Raw(keys)
	case to != c && to.listens():
		w := n.push(to)
		w.Push(3)
		w.BulkString(spaceWords[byChannel].message)
		w.BulkString("__redis__:invalidate")
		w.Raw(keys)
	}
}

// The keys that are remembered are limited: when there are too many, any of them go, as if they had changed. So many go
// at a time, and the more, the longer that is not enough.
const (
	trimKeys   = 100
	trimPeriod = 100 * time.Millisecond
)

// crowded reports whether more keys are remembered than tracking-table-max-keys.
func (n *Node) crowded() bool {
	return n.tracking.clients > 0 && n.cfg.TrackingTableMaxKeys > 0 && int64(len(n.tracking.keys)) > n.cfg.TrackingTableMaxKeys
}

// trimTracking lets keys go that are too many.
//
// Source: redis/src/tracking.c, trackingLimitUsedSlots.
func (n *Node) trimTracking() {
	t := &n.tracking
	for effort := trimKeys * (t.strained + 1); effort > 0 && n.crowded(); effort-- {
		n.invalidateAt(n.random().IntN(len(t.keys)))
	}
	if n.crowded() {
		t.strained++
	} else {
		t.strained = 0
	}
}

// clientCaching serves CLIENT CACHING YES|NO.
func (n *Node) clientCaching(c *client, args [][]byte) {
	mode := c.track
	if mode == nil {
		c.w.Error("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled")
		return
	}
	switch word := strings.ToUpper(string(args[2])); {
	case word == "YES" && !mode.optIn:
		c.w.Error("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.")
	case word == "NO" && !mode.optOut:
		c.w.Error("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.")
	case word != "YES" && word != "NO":
		c.w.Error("ERR syntax error")
	default:
		mode.caching = true
		c.w.OK()
	}
}

// endCaching ends what CLIENT CACHING said, which is about the next command or transaction only.
//
// Source: redis/src/networking.c, resetClient.
func (c *client) endCaching() {
	if c.multi == nil && (c.lastCmd == nil || c.lastCmd.Parent == nil || c.lastCmd.Parent.Name != "CLIENT") {
		c.track.caching = false
	}
}

// redirection is what CLIENT GETREDIR answers: the number of the client that is told, 0 for itself, -1 for none.
func (c *client) redirection() int64 {
	if c.track == nil {
		return -1
	}
	return c.track.redirect
}

// clientTrackingInfo serves CLIENT TRACKINGINFO.
func (n *Node) clientTrackingInfo(c *client, _ [][]byte) {
	mode, state := trackMode{}, "off"
	if c.track != nil {
		mode, state = *c.track, "on"
	}
	w := &c.w
	w.Map(3)
	w.BulkString("flags")
	start, flags := len(w.Buf), 0
	for _, f := range [...]struct {
		is   bool
		name string
	}{
		{true, state},
		{mode.bcast, "bcast"},
		{mode.optIn, "optin"},
		{mode.optIn && mode.caching, "caching-yes"},
		{mode.optOut, "optout"},
		{mode.optOut && mode.caching, "caching-no"},
		{mode.noLoop, "noloop"},
		{mode.broken, "broken_redirect"},
	} {
		if f.is {
			w.BulkString(f.name)
			flags++
		}
	}
	w.SetFrom(start, flags)
	w.BulkString("redirect")
	w.Int(c.redirection())
	w.BulkString("prefixes")
	w.Array(len(mode.prefixes))
	for _, prefix := range mode.prefixes {
		w.BulkString(prefix)
	}
}

func init() {
	addHandlers(map[string]func(n *Node, c *client, args [][]byte){
		"client|caching":      (*Node).clientCaching,
		"client|getredir":     func(_ *Node, c *client, _ [][]byte) { c.w.Int(c.redirection()) },
		"client|tracking":     (*Node).clientTracking,
		"client|trackinginfo": (*Node).clientTrackingInfo,
	})
}
