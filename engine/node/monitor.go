package node

import (
	"strconv"
	"strings"
	"time"

	"resync/engine/command"
	"resync/engine/resp"
)

// monitorCommand serves MONITOR.
//
// Source: redis/src/replication.c, monitorCommand.
func (n *Node) monitorCommand(c *client, _ [][]byte) {
	switch {
	case n.unit.open:
		c.w.Error("ERR MONITOR isn't allowed for DENY BLOCKING client")
		return
	case c.replica != nil || c.monitor:
		return
	}
	c.monitor = true
	n.monitors = append(n.monitors, c)
	c.w.OK()
}

func (n *Node) stopMonitor(c *client) {
	if c.monitor {
		c.monitor = false
		n.monitors = without(n.monitors, c)
	}
}

// showMonitors shows a command that was executed to those who watch, with the database that is selected after it.
// Commands about the server itself are nobody's business.
//
// Source: redis/src/replication.c, replicationFeedMonitors.
func (n *Node) showMonitors(cmd *command.Command, db int, addr string, args [][]byte) {
	if len(n.monitors) == 0 || cmd.Flags&(command.SkipMonitor|command.Admin) != 0 {
		return
	}
	micros := int64(n.now) / int64(time.Microsecond)
	fraction := strconv.FormatInt(micros%1_000_000, 10)
	var line strings.Builder
	line.WriteString(strconv.FormatInt(micros/1_000_000, 10))
	line.WriteString("." + strings.Repeat("0", 6-len(fraction)) + fraction)
	line.WriteString(" [" + strconv.Itoa(db) + " " + addr + "]")
	for _, a := range redacted(cmd, args) {
		line.WriteString(" " + resp.Quote(a))
	}
	for _, m := range n.monitors {
		n.push(m).Simple(line.String())
	}
}

var redactedWord = []byte("(redacted)")

// redacted returns a command line without the passwords in it.
//
// Source: redis/src/networking.c, redactClientCommandArgument, and where it is called.
func redacted(cmd *command.Command, args [][]byte) [][]byte {
	from, to := len(args), len(args)
	switch cmd.Name {
	case "AUTH":
		from = 1
	case "SETUSER":
		from = 2
	case "HELLO":
		for i := 2; i+2 < len(args); i++ {
			if strings.EqualFold(string(args[i]), "AUTH") {
				from, to = i+1, i+3
				break
			}
		}
	case "MIGRATE":
		from, to = command.MigrateSecrets(args)
	case "SET":
		if cmd.Parent == nil {
			return args
		}
		var shown [][]byte // CONFIG SET
		for i := 2; i+1 < len(args); i += 2 {
			switch strings.ToLower(string(args[i])) {
			case "requirepass", "masterauth", "masteruser", "primaryauth", "primaryuser":
				if shown == nil {
					shown = append(shown, args...)
				}
				shown[i+1] = redactedWord
			}
		}
		if shown != nil {
			return shown
		}
		return args
	}
	if from >= to {
		return args
	}
	shown := append([][]byte(nil), args...)
	for i := from; i < to; i++ {
		shown[i] = redactedWord
	}
	return shown
}

func init() {
	addHandlers(map[string]func(n *Node, c *client, args [][]byte){"monitor": (*Node).monitorCommand})
}
