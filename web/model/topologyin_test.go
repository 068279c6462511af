package model

import (
	"slices"
	"strings"
	"testing"

	"resync/engine/script"
)

// As redis-server 7.0.15 prints it: a master with two replicas, one of them not pasted.
const (
	pastedMaster = `# Replication
role:master
connected_slaves:2
slave0:ip=10.0.0.2,port=6380,state=online,offset=79067,lag=0
slave1:ip=10.0.0.3,port=6381,state=online,offset=70000,lag=1
master_failover_state:no-failover
master_replid:8f3aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa6e13
master_replid2:0000000000000000000000000000000000000000
master_repl_offset:79067
second_repl_offset:-1
repl_backlog_active:1
repl_backlog_size:16384
repl_backlog_first_byte_offset:51201
repl_backlog_histlen:27867
`
	pastedReplica = `# Replication
role:slave
master_host:10.0.0.1
master_port:6379
master_link_status:down
master_last_io_seconds_ago:-1
master_sync_in_progress:0
slave_read_repl_offset:50003
slave_repl_offset:50003
master_link_down_since_seconds:12
slave_priority:100
slave_read_only:1
replica_announced:1
connected_slaves:0
master_failover_state:no-failover
master_replid:8f3aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa6e13
master_replid2:0000000000000000000000000000000000000000
master_repl_offset:50003
second_repl_offset:-1
repl_backlog_active:1
repl_backlog_size:1048576
repl_backlog_first_byte_offset:1
repl_backlog_histlen:50003
`
)

// promoted is the block of a replica that became a master when it had applied byte 50,003.
var promoted = strings.NewReplacer(
	"slave0:ip=10.0.0.2,port=6380,state=online,offset=79067,lag=0\nslave1:ip=10.0.0.3,port=6381,state=online,offset=70000,lag=1\n", "",
	"connected_slaves:2", "connected_slaves:0",
	"master_replid:8f3aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa6e13", "master_replid:c71daaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa09fa",
	"master_replid2:0000000000000000000000000000000000000000", "master_replid2:8f3aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa6e13",
	"second_repl_offset:-1", "second_repl_offset:50004", "master_repl_offset:79067", "master_repl_offset:50045",
	"first_byte_offset:51201", "first_byte_offset:1", "histlen:27867", "histlen:50045",
).Replace(pastedMaster)

func TestWhatRealServersWouldAnswer(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string // who asks whom, what, the answer, and some of why
	}{
		{"a replica that is too late", "10.0.0.1:6379\n" + pastedMaster + "\n10.0.0.2:6380:\n" + pastedReplica, []string{
			"10.0.0.2:6380|10.0.0.1:6379|PSYNC 8f3a… 50004|FULLRESYNC|it wants byte 50,004, the first one held is 51,201: 1,197 B too late",
			"10.0.0.3:6381|10.0.0.1:6379|PSYNC 8f3a… 70001|CONTINUE|byte 70,001 is held (51,201 to 79,067): 9,067 B are sent",
		}},
		{"names that follow from what the others say", pastedMaster + pastedReplica, []string{
			"replica 1|10.0.0.1:6379|PSYNC 8f3a… 50004|FULLRESYNC|1,197 B too late",
			"10.0.0.2:6380|10.0.0.1:6379|PSYNC 8f3a… 79068|CONTINUE|it lacks nothing",
			"10.0.0.3:6381|10.0.0.1:6379|PSYNC 8f3a… 70001|CONTINUE|9,067 B are sent",
		}},
		{"still in reach", "$ redis-cli -h 10.0.0.1 -p 6379 info replication\r\n" + strings.ReplaceAll(pastedMaster, "\n", "\r\n") + "\r\n# Replication\r\n" +
			strings.ReplaceAll(pastedReplica, "slave_repl_offset:50003", "slave_repl_offset:51200"), []string{
			"replica 1|10.0.0.1:6379|PSYNC 8f3a… 51201|CONTINUE|byte 51,201 is held (51,201 to 79,067): 27,867 B are sent",
			"10.0.0.2:6380|10.0.0.1:6379|PSYNC 8f3a… 79068|CONTINUE|it lacks nothing",
			"10.0.0.3:6381|10.0.0.1:6379|PSYNC 8f3a… 70001|CONTINUE|9,067 B",
		}},
		{"two masters of one past", "old:6379\n" + strings.Replace(strings.ReplaceAll(pastedMaster, "slave1:", "x:"), "slave0:", "x0:", 1) + "\nnew:6380\n" + promoted, []string{
			"new:6380|old:6379|PSYNC c71d… 50046|FULLRESYNC|its history c71d…09fa is neither master_replid 8f3a…6e13 nor master_replid2",
			"old:6379|new:6380|PSYNC 8f3a… 79068|FULLRESYNC|it wants byte 79,068 of 8f3a…6e13, which is shared only up to second_repl_offset 50,004",
		}},
		{"a replica of before the promotion", promoted + strings.ReplaceAll(pastedReplica, "master_host:10.0.0.1", "master_host:10.0.0.9"), []string{
			"replica 1|master 1|PSYNC 8f3a… 50004|CONTINUE|byte 50,004 is held (1 to 50,045): 42 B are sent, under master_replid2",
		}},
		{"one that never had a link", "a:1\n" + promoted + "b:2\n" + strings.NewReplacer("master_host:10.0.0.1", "master_host:a",
			"master_port:6379", "master_port:1", "slave_repl_offset:50003", "slave_repl_offset:1").Replace(pastedReplica), []string{
			"b:2|a:1|PSYNC ? -1|FULLRESYNC|it has no history to continue",
		}},
		{"no backlog", "a:1\n" + strings.NewReplacer("repl_backlog_active:1", "repl_backlog_active:0").Replace(promoted) + "b:2\n" +
			strings.NewReplacer("master_host:10.0.0.1", "master_host:a", "master_port:6379", "master_port:1").Replace(pastedReplica), []string{
			"b:2|a:1|PSYNC 8f3a… 50004|FULLRESYNC|repl_backlog_active is 0: nothing is held",
		}},
	} {
		top := readTopology(c.text)
		if len(top.Problems) > 0 {
			t.Errorf("%s: %q", c.name, top.Problems)
		}
		if len(top.Rows) != len(c.want) {
			t.Errorf("%s: %d rows, want %d: %+v", c.name, len(top.Rows), len(c.want), top.Rows)
			continue
		}
		for i, r := range top.Rows {
			got := strings.Join([]string{r.Replica, r.Master, r.Asks, r.Answer.Word, r.Why}, "|")
			cut := strings.LastIndex(c.want[i], "|")
			if !strings.HasPrefix(got, c.want[i][:cut+1]) || !strings.Contains(r.Why, c.want[i][cut+1:]) {
				t.Errorf("%s: %s, want %s", c.name, got, c.want[i])
			}
		}
	}
}

// The servers go by the names that the prompts show under which they were asked.
func TestPromptsNameTheServers(t *testing.T) {
	for _, c := range []struct{ name, master, replica, want string }{
		{"redis-cli's own", "10.0.0.1:6379> INFO replication\n", "10.0.0.2:6380[3]> info Replication\n", "10.0.0.1:6379|10.0.0.2:6380|10.0.0.3:6381"},
		{"a shell's", "$ redis-cli -h 10.0.0.1 -p 6379 info replication\n", "redis-cli -p 6380 --no-auth-warning -h db2 INFO replication\n", "10.0.0.1:6379|db2:6380|10.0.0.2:6380|10.0.0.3:6381"},
		{"that of a machine", "root@10.0.0.1:~# redis-cli info replication\n", "[me@10.0.0.2 ~]$ /usr/bin/valkey-cli -p 6380 info\n", "10.0.0.1:6379|10.0.0.2:6380|10.0.0.3:6381"},
		{"a URL's, without its password", "> redis-cli -u redis://me:secret@10.0.0.1:6379/0 info replication\n", "redis-cli -u redis://10.0.0.2:6380 info\n", "10.0.0.1:6379|10.0.0.2:6380|10.0.0.3:6381"},
		{"the same on every machine", "127.0.0.1:6379> INFO replication\n", "127.0.0.1:6379> INFO replication\n", "10.0.0.1:6379|replica 1|10.0.0.2:6380|10.0.0.3:6381"},
		{"all on one machine", "127.0.0.1:6379> INFO replication\n", "127.0.0.1:6399> INFO replication\n", "10.0.0.1:6379|127.0.0.1:6399|10.0.0.2:6380|10.0.0.3:6381"},
		{"far above, behind other sections", "10.0.0.1:6379> INFO\n# Server\r\nredis_version:7.0.15\r\n\r\n# Stats\ntotal_forks:2\n\n", "10.0.0.2:6380> INFO everything\n# Stats\ntotal_forks:3\n\n", "10.0.0.1:6379|10.0.0.2:6380|10.0.0.3:6381"},
		{"one that asks for something else", "10.0.0.7:6379> PING\nPONG\n10.0.0.1:6379> INFO replication\n", "\n10.0.0.9:1> GET info\n(nil)\n10.0.0.2:6380\n", "10.0.0.1:6379|10.0.0.2:6380|10.0.0.3:6381"},
	} {
		top := readTopology(c.master + pastedMaster + c.replica + pastedReplica + "10.0.0.1:6379> ")
		var names []string
		for _, n := range top.Nodes {
			names = append(names, n.Name)
		}
		for _, r := range top.Rows {
			if !slices.Contains(names, r.Replica) {
				names = append(names, r.Replica)
			}
		}
		if got := strings.Join(names, "|"); got != c.want || len(top.Problems) > 0 {
			t.Errorf("%s: %q %q, want %q", c.name, got, top.Problems, c.want)
		}
	}
}

// A simulated world's own INFO reads back: what the page forecasts is what the paste comes to.
func TestThePasteAgreesWithTheForecast(t *testing.T) {
	m := outage(t)
	do(m, Run{"sever m1 r2"}, Typed{"m1", "SET later 1"})
	text := ""
	for _, name := range []string{"m1", "r1", "r2"} {
		v := m.world().Node(name)
		do(m, Typed{name, "INFO replication"})
		text += v.IP + ":" + plain(int64(v.Port)) + "\n" + strings.ReplaceAll(lastTurn(t, m, name).Text, "master_host:m1", "master_host:"+m.world().Node("m1").IP) + "\n"
	}
	top := readTopology(text)
	if len(top.Problems) > 0 || len(top.Nodes) != 3 {
		t.Fatalf("%+v", top)
	}
	f, ok := m.world().Forecast("r2")
	if !ok {
		t.Fatal("no forecast")
	}
	v := m.world().Node("r2")
	for _, r := range top.Rows {
		if r.Replica == v.IP+":"+plain(int64(v.Port)) {
			if r.Asks != "PSYNC "+startOf(f.Answer.Asked)+" "+plain(int64(f.Answer.Want)) || r.Answer != answerContinue || !strings.Contains(r.Why, byteCount(f.MissingBytes)) {
				t.Errorf("%+v, want %+v", r, f)
			}
			return
		}
	}
	t.Errorf("no row for r2: %+v", top.Rows)
}

func TestNonsenseIsToldAndHarmless(t *testing.T) {
	for _, c := range []struct{ name, text, problem string }{
		{"prose", "hello, is this the topology?", "This is no output of INFO replication: there is no line that begins with role:"},
		{"markup", "<script>alert(1)</script>", "This is no output of INFO replication: there is no line that begins with role:"},
		{"megabytes", strings.Repeat("role:master\n", 200_000), "This is 2,400,000 B: more than the 262,144 B that are read. Paste only INFO replication."},
		{"many", strings.Repeat("role:master\n", 33), "More than 32 servers. Paste fewer."},
		{"a role of its own", "role:queen", `Line 1: role is "queen", and neither master nor slave.`},
		{"no id", strings.ReplaceAll(pastedMaster, "master_replid", "run"), "Line 2: this server has no master_replid."},
		{"a very old server", "role:master\nconnected_slaves:0\n", "Line 1: this server has no master_repl_offset."},
		{"an id that is none", strings.ReplaceAll(pastedMaster, "8f3a", "<img"), `Line 7: master_replid is "<imgaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa6e13", and not 40 hex digits.`},
		{"an offset that is none", strings.ReplaceAll(pastedMaster, "master_repl_offset:79067", "master_repl_offset:-5"), `Line 9: master_repl_offset is "-5", which is no offset.`},
		{"a huge one", strings.ReplaceAll(pastedMaster, "histlen:27867", "histlen:99999999999999999999"), `Line 14: repl_backlog_histlen is "99999999999999999999", which is no offset.`},
		{"another moment", strings.ReplaceAll(pastedMaster, "histlen:27867", "histlen:27000"),
			"Line 14: the backlog ends at byte 78,200, and master_repl_offset is 79,067: these lines are not of one moment."},
		{"a replica of nobody", strings.ReplaceAll(pastedReplica, "master_host", "mistress"), "Line 2: this replica has no master_host and master_port."},
		{"a broken replica line", strings.ReplaceAll(pastedMaster, "offset=70000", "offset=x"), `Line 5: slave1 does not say ip, port and offset: "ip=10.0.0.3,port=6381,state=online,offs…"`},
	} {
		top := readTopology(c.text)
		if len(top.Problems) == 0 || !strings.HasPrefix(top.Problems[0], strings.TrimSuffix(c.problem, `"`)) {
			t.Errorf("%s: %q, want %q", c.name, top.Problems, c.problem)
		}
	}
	if top := readTopology(" \n "); top.Given || len(top.Problems) > 0 {
		t.Errorf("an empty paste: %+v", top)
	}
}

func FuzzAPasteNeverBreaksThePage(f *testing.F) {
	f.Add(pastedMaster + pastedReplica)
	f.Add("a:1\n" + promoted)
	f.Add("role:slave\nslave0:ip=,port=\nslave_repl_offset:")
	f.Fuzz(func(t *testing.T, text string) {
		top := readTopology(text)
		if len(top.Problems) > pasteProblems+1 || len(top.Nodes) > pasteNodes {
			t.Errorf("%d problems, %d nodes", len(top.Problems), len(top.Nodes))
		}
		if text := top.Rebuilt.Script; text != "" {
			if _, err := script.Parse("rebuilt", text); err != nil || len(text) > 1<<16 {
				t.Errorf("%v in\n%s", err, text)
			}
		}
	})
}
