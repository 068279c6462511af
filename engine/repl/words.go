package repl

import "strings"

// Redis said slave until 5.0 and replica since; Valkey says primary where Redis says master. Everybody writes what 7.0
// says, and one place words it for the era.

// Text words a text that clients read, an error or a reply, for the era [5].
func (e *Era) Text(text string) string {
	switch {
	case e.PrimaryWords:
		return strings.Replace(text, " that since Redis 4.0 if a replica", " that if a replica", 1)
	case !e.SlaveWords:
		return text
	}
	return strings.ReplaceAll(text, "replica", "slave")
}

// Log words a line of the log for the era [8], or returns "" for a line that it does not have.
func (e *Era) Log(text string) string {
	if !e.SlaveWords && !e.PrimaryWords {
		return text
	}
	for _, l := range lines {
		if said := l.said[e.order]; said != "=" {
			if name, ok := match(l.pattern, text); ok {
				return strings.Replace(said, "*", name, 1)
			}
		}
	}
	if e.PrimaryWords {
		return exchange(text, primaryWords)
	}
	return exchange(strings.Replace(text, unknownPort, "<unknown-slave-port>", 1), slaveWords)
}

// lines are those that differ in more than words: as 7.0 has them, with * for what differs from one to the next, and as
// each era has them: "=" as they are but for words, "" not at all. The longest part is matched that fits.
var lines = []struct {
	pattern string
	said    [len(eras)]string
}{
	{"Replica * asks for synchronization", [...]string{"Slave ask for synchronization", "=", "=", "=", "="}},
	{"Starting BGSAVE for SYNC with target: * using: dual-channel", [...]string{"", "", "", "", "Starting BGSAVE for SYNC with target: * using: dual-channel"}},
	{"Background RDB transfer started by pid * to direct socket to replica", [...]string{"", "", "", "",
		"Background RDB transfer started by pid * to direct socket to replica"}},
	{"Background RDB transfer started by pid *", [...]string{"=", "=", "=", "=",
		"Background RDB transfer started by pid * to pipe through parent process"}},
	{"Background transfer error", [...]string{"=", "=", "=", "=", "Background RDB transfer error"}},
	{"Background transfer terminated by signal *", [...]string{"=", "=", "=", "=", "Background RDB transfer terminated by signal *"}},
	{"Starting BGSAVE for SYNC with target: *", [...]string{"Starting BGSAVE for SYNC", "=", "=", "=", "Starting BGSAVE for SYNC with target: * using: normal sync"}},
	{"Synchronization with replica * succeeded", [...]string{"Synchronization with slave succeeded", "=", "=", "=", "="}},
	{"Connection with replica * lost.", [...]string{"", "=", "=", "=", "="}},
	{"MASTER MODE enabled (user request*)", [...]string{"MASTER MODE enabled (user request)", "=", "=", "=", "="}},
	{"REPLICAOF * enabled (user request from*", [...]string{"SLAVE OF * enabled (user request)", "=", "=", "=", "="}},
	{"Setting secondary replication ID*", [...]string{"", "", "=", "=", "="}},
	{"Replication backlog created, my new replication IDs*", [...]string{"", "", "", "=", "="}},
	{"Before turning into a replica, using my own*", [...]string{"", "",
		"Before turning into a slave, using my*", "=",
		"Before turning into a replica, using my own primary parameters to synthesize a cached primary: I may be able to synchronize with the new primary with just a partial transfer."}},
	{"MASTER <-> REPLICA sync: receiving streamed RDB from master with EOF to disk", [...]string{"",
		"MASTER <-> SLAVE sync: receiving streamed RDB from master", "MASTER <-> SLAVE sync: receiving streamed RDB from master", "=", "="}},
	{"MASTER <-> REPLICA sync: receiving * bytes from master to disk", [...]string{
		"MASTER <-> SLAVE sync: receiving * bytes from master", "MASTER <-> SLAVE sync: receiving * bytes from master",
		"MASTER <-> SLAVE sync: receiving * bytes from master", "=", "="}},
	{"== CRITICAL == This replica is sending an error*", [...]string{"", "", "=", "=", "="}},
	{"Latest backlog is:*", [...]string{"", "", "=", "=", "="}},
	{"Done loading RDB, keys loaded: *", [...]string{"", "", "", "=", "="}},
	{"Loading RDB produced by Valkey version *", [...]string{"", "", "", "", "Loading RDB produced by Valkey version *"}},
	{"Loading RDB produced by version *", [...]string{"", "", "", "=", "Loading RDB produced by Redis version *"}},
	{"RDB age *", [...]string{"", "", "", "=", "="}},
	{"RDB memory usage when created *", [...]string{"", "", "", "=", "="}},
	{"Caching the disconnected master state.", [...]string{"", "=", "=", "=", "="}},
	{"Discarding previously cached master state.", [...]string{"", "=", "=", "=", "="}},
}

// match reports whether a text is what a pattern says, and what stands at its first *; one at the end of the pattern
// is any rest.
func match(pattern, text string) (name string, ok bool) {
	front, back, varies := strings.Cut(pattern, "*")
	if !varies {
		return "", text == pattern
	}
	if !strings.HasPrefix(text, front) {
		return "", false
	}
	rest := text[len(front):]
	if between, open := strings.CutSuffix(back, "*"); open && between != "" {
		name, _, ok = strings.Cut(rest, between)
		return name, ok
	}
	return strings.CutSuffix(rest, back)
}

// The words that are exchanged, each with what takes its place.
var (
	slaveWords = []string{
		"replica", "slave", "replicas", "slaves", "Replica", "Slave", "REPLICA", "SLAVE", "REPLICAOF", "SLAVE OF",
	}
	primaryWords = []string{
		"master", "primary", "Master", "Primary", "MASTER", "PRIMARY", "slave", "replica",
	}
)

// exchange replaces whole words, up to where somebody else's words are quoted: a host may be called master, and what a
// master said is its own.
func exchange(text string, words []string) string {
	var b strings.Builder
	for text != "" {
		n := strings.IndexByte(text, ' ') + 1
		if n == 0 {
			n = len(text)
		}
		word := text[:n]
		core := strings.TrimLeft(word, "(")
		if strings.HasPrefix(core, "'") || strings.HasPrefix(core, "-") {
			break
		}
		at := len(word) - len(core)
		core = strings.TrimRight(core, " .,:;)")
		for i := 0; i < len(words); i += 2 {
			if core == words[i] {
				word = word[:at] + words[i+1] + word[at+len(core):]
				break
			}
		}
		b.WriteString(word)
		text = text[n:]
	}
	b.WriteString(text) // what is quoted
	return b.String()
}
