package model

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/script"
)

// infoOf is a block of INFO replication: the fields of a version as its server prints them, with some changed.
func infoOf(version string, set ...string) string {
	t := map[string]string{
		"2.8 master":  "role:master\nconnected_slaves:0\nmaster_repl_offset:0\nrepl_backlog_active:1\nrepl_backlog_size:1048576\nrepl_backlog_first_byte_offset:2\nrepl_backlog_histlen:0\n",
		"2.8 replica": "role:slave\nmaster_host:10.0.0.1\nmaster_port:6379\nmaster_link_status:up\nmaster_last_io_seconds_ago:1\nmaster_sync_in_progress:0\nslave_repl_offset:1\nslave_priority:100\nslave_read_only:1\nconnected_slaves:0\nmaster_repl_offset:0\nrepl_backlog_active:0\nrepl_backlog_size:1048576\nrepl_backlog_first_byte_offset:0\nrepl_backlog_histlen:0\n",
		"4.0 master":  "role:master\nconnected_slaves:0\nmaster_replid:8f3aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa6e13\nmaster_replid2:0000000000000000000000000000000000000000\nmaster_repl_offset:0\nsecond_repl_offset:-1\nrepl_backlog_active:1\nrepl_backlog_size:1048576\nrepl_backlog_first_byte_offset:1\nrepl_backlog_histlen:0\n",
		"4.0 replica": "role:slave\nmaster_host:10.0.0.1\nmaster_port:6379\nmaster_link_status:up\nmaster_last_io_seconds_ago:1\nmaster_sync_in_progress:0\nslave_repl_offset:1\nslave_priority:100\nslave_read_only:1\nconnected_slaves:0\nmaster_replid:8f3aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa6e13\nmaster_replid2:0000000000000000000000000000000000000000\nmaster_repl_offset:0\nsecond_repl_offset:-1\nrepl_backlog_active:1\nrepl_backlog_size:1048576\nrepl_backlog_first_byte_offset:1\nrepl_backlog_histlen:0\n",
		"7.0 master":  "role:master\nconnected_slaves:0\nmaster_failover_state:no-failover\nmaster_replid:8f3aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa6e13\nmaster_replid2:0000000000000000000000000000000000000000\nmaster_repl_offset:0\nsecond_repl_offset:-1\nrepl_backlog_active:1\nrepl_backlog_size:1048576\nrepl_backlog_first_byte_offset:1\nrepl_backlog_histlen:0\n",
		"7.0 replica": "role:slave\nmaster_host:10.0.0.1\nmaster_port:6379\nmaster_link_status:up\nmaster_last_io_seconds_ago:1\nmaster_sync_in_progress:0\nslave_read_repl_offset:1\nslave_repl_offset:1\nslave_priority:100\nslave_read_only:1\nreplica_announced:1\nconnected_slaves:0\nmaster_failover_state:no-failover\nmaster_replid:8f3aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa6e13\nmaster_replid2:0000000000000000000000000000000000000000\nmaster_repl_offset:0\nsecond_repl_offset:-1\nrepl_backlog_active:1\nrepl_backlog_size:1048576\nrepl_backlog_first_byte_offset:1\nrepl_backlog_histlen:0\n",
	}[version]
	for _, s := range set {
		key, value, _ := strings.Cut(s, ":")
		lines := strings.SplitAfter(t, "\n")
		found := false
		for i := range lines {
			if strings.HasPrefix(lines[i], key+":") {
				lines[i], found = key+":"+value+"\n", true
			}
		}
		if t = strings.Join(lines, ""); !found {
			t += key + ":" + value + "\n"
		}
	}
	return "# Replication\n" + t
}

// stream are the fields of a server that has so much, and holds it from first on.
func stream(offset, first, size int) []string {
	n := strconv.Itoa
	return []string{"master_repl_offset:" + n(offset), "repl_backlog_first_byte_offset:" + n(first), "repl_backlog_histlen:" + n(offset-first+1), "repl_backlog_size:" + n(size)}
}

// at are those of a replica that has applied so much.
func applied(offset int, link string) []string {
	return []string{"slave_repl_offset:" + strconv.Itoa(offset), "master_link_status:" + link}
}

func with(lists ...[]string) (all []string) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

const (
	onPort   = "master_port:"
	unknown  = "master_replid:c71daaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa09fa"
	firstID  = "8f3aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa6e13"
	behindID = "master_replid2:" + firstID
)

// The script of a paste has the forecast of the paste: the same answer, by the same number of bytes.
func TestAPasteIsRebuilt(t *testing.T) {
	m := opened(t, "")
	m1 := func(version string, fields ...[]string) string {
		return "10.0.0.1:6379\n" + infoOf(version+" master", with(fields...)...)
	}
	r := func(port, version string, fields ...[]string) string {
		return "\n10.0.0." + port[2:] + ":" + port + "\n" + infoOf(version+" replica", with(fields...)...)
	}
	for _, c := range []struct {
		name, text string
		left       string // what differs, or ""
		lines      string // of the script, separated by |
	}{
		{"2.8, one up to date and one that lacks some", m1("2.8", stream(5_000, 2, 1<<20)) +
			r("6380", "2.8", applied(5_000, "up")) + r("6381", "2.8", applied(4_211, "down"), []string{"slave_priority:0"}), "",
			"node r1 era 2.8 replicaof m1 port=6380|slave-priority=0|sever m1 r2"},
		{"2.8, a ring that is full", m1("2.8", stream(200_000, 183_617, 16384)) + r("6380", "2.8", applied(180_000, "down")), "", ""},
		{"4.0, in reach to the byte, and too late by a PING", m1("4.0", stream(200_000, 183_617, 16384)) +
			r("6380", "4.0", applied(183_616, "down")) + r("6381", "4.0", applied(183_602, "down")), "", ""},
		{"two that no write lies between", m1("4.0", stream(200_000, 183_617, 16384)) +
			r("6380", "4.0", applied(190_000, "down")) + r("6381", "4.0", applied(189_990, "up")), "10.0.0.81:6381 is 10 B further on here: there is no write so short.", ""},
		{"4.0, a ring that was begun anew", m1("4.0", stream(200_000, 190_001, 1<<20)) +
			r("6380", "4.0", applied(150_000, "down")) + r("6381", "4.0", applied(195_000, "up")), "", "CONFIG SET repl-backlog-size 1048577|blackhole m1 r2"},
		{"4.0, the latest PING has not come", m1("4.0", stream(9_000, 1, 1<<20)) + r("6380", "4.0", applied(8_986, "up")), "", "until m1.master_repl_offset >= 9000"},
		{"4.0, a chain", m1("4.0", stream(40_000, 23_617, 16384), []string{"slave0:ip=10.0.0.80,port=6380,state=online,offset=39000,lag=0"}) +
			r("6380", "4.0", applied(39_000, "up"), stream(39_000, 30_001, 1<<20)) +
			r("6381", "4.0", applied(25_000, "down"), []string{"master_host:10.0.0.80", onPort + "6380"}), "", "node r2 era 4.0 replicaof r1"},
		{"7.0, too late", "10.0.0.1:6379\n" + pastedMaster + "\n10.0.0.2:6380\n" + pastedReplica, "", "node r1 replicaof m1|blackhole m1 r2"},
		{"7.0, all are up to date", m1("7.0", stream(700, 1, 1<<20)) + r("6380", "7.0", applied(700, "up")) + r("6381", "7.0", applied(720, "up")), "", ""},
		{"7.0, the first byte that is held", m1("7.0", stream(1_000_000, 980_001, 16384)) + r("6380", "7.0", applied(980_000, "down")) + r("6381", "7.0", applied(979_000, "down")), "", ""},
		{"7.0, a backlog that was made larger", m1("7.0", stream(1_000_000, 900_001, 1<<20)) + r("6380", "7.0", applied(950_000, "up")) + r("6381", "7.0", applied(899_000, "down")),
			"", "m1> CONFIG SET repl-backlog-size 1048576"},
		{"7.0, less than a block", m1("7.0", stream(1_000_000, 998_001, 1<<20)) + r("6380", "7.0", applied(999_000, "up")) + r("6381", "7.0", applied(899_000, "down")),
			"10.0.0.1:6379 holds 16,385 B here", ""},
		{"7.0, a chain that is too late twice", m1("7.0", stream(1_000_000, 970_001, 16384)) +
			r("6380", "7.0", applied(999_500, "up"), stream(999_500, 960_001, 32768)) +
			r("6381", "7.0", applied(959_000, "down"), []string{"master_host:10.0.0.80", onPort + "6380"}) +
			r("6382", "7.0", applied(969_000, "down")) +
			r("6383", "7.0", applied(999_000, "up"), []string{"master_host:10.0.0.80", onPort + "6380"}), "10.0.0.80:6380 holds", ""},
		{"7.0, a full megabyte", m1("7.0", stream(50_000_000, 48_950_001, 1<<20)) + r("6380", "7.0", applied(48_940_000, "down")) + r("6381", "7.0", applied(49_000_000, "down")), "", ""},
		{"8.0, too late and in reach", m1("7.0", stream(1_000_000, 970_001, 16384), []string{"replicas_waiting_psync:0"}) + r("6380", "7.0", applied(969_000, "down")) +
			r("6381", "7.0", applied(980_000, "down")), "", "node m1 era 8.0|node r1 era 8.0"},
		{"6.2, as INFO server tells", strings.Replace(m1("7.0", stream(200_000, 183_617, 16384)), "# Repl", "# Server\nredis_version:6.2.7\n\n# Repl", 1) + r("6380", "4.0", applied(180_000, "down")), "", "node m1 era 4.0"},
		{"a master of another group, alone", m1("7.0", stream(200, 1, 16384)) + r("6380", "7.0", applied(100, "down")) + "\nother:7000\n" + infoOf("7.0 master", unknown, "min_slaves_good_slaves:2", "repl_backlog_active:0"),
			"min-replicas-to-write is set there, but INFO does not tell to what: it is not set here.", "node other port=7000"},
		{"far too late", m1("7.0", stream(9_000_000_000, 8_999_980_000, 16384)) + r("6380", "7.0", applied(10, "down")),
			"10.0.0.80:6380 is 8,999,979,989 B too late there, and 4,194,304 B here.", ""},
		{"a backlog of gigabytes", m1("7.0", stream(9_000_000_000, 6_000_000_001, 3_000_000_000)) + r("6380", "7.0", applied(8_999_000_000, "down")) + r("6381", "7.0", applied(7_000_000_000, "down")),
			"10.0.0.81:6381 is left out: it lacks 2,000,000,000 B, and a backlog holds 4,194,304 B here at most.|10.0.0.1:6379 holds 3,000,000,000 B there, and 4,194,304 B here.", ""},
		{"one that never had a link, and one below", m1("7.0", stream(5_000, 1, 1<<20)) + r("6380", "7.0", applied(1, "down")) + r("6381", "7.0", applied(4_000, "down")), "", ""},
		{"one of another history", m1("7.0", stream(5_000, 1, 1<<20)) + r("6380", "7.0", applied(900, "down"), []string{unknown}), "", "r1> REPLICAOF m1 6379"},
		{"behind a promotion", m1("7.0", stream(50_045, 1, 1<<20), []string{unknown, behindID, "second_repl_offset:50004"}) +
			r("6380", "7.0", applied(50_003, "down")) + r("6381", "7.0", applied(49_000, "down")) + r("6382", "7.0", applied(50_045, "up"), []string{unknown}), "", "m1> REPLICAOF NO ONE"},
		{"4.0 behind a promotion", m1("4.0", stream(50_045, 33_662, 16384), []string{unknown, behindID, "second_repl_offset:50004"}) +
			r("6380", "4.0", applied(50_003, "down")) + r("6381", "4.0", applied(30_000, "down")) + r("6382", "4.0", applied(50_045, "up"), []string{unknown}), "", "m1> SLAVEOF NO ONE"},
		{"one that went on beyond", m1("7.0", stream(50_145, 1, 1<<20), []string{unknown, behindID, "second_repl_offset:50004"}) +
			r("6380", "7.0", applied(50_010, "down")) + r("6381", "7.0", applied(50_003, "down")), "10.0.0.80:6380 is left out: it has gone on in a history that its master has left.", ""},
		{"a chain of 2.8", m1("2.8", stream(5_000, 2, 1<<20)) + r("6380", "2.8", applied(5_000, "up"), stream(900, 2, 1<<20), []string{"repl_backlog_active:1"}) +
			r("6381", "2.8", applied(900, "up"), []string{"master_host:10.0.0.80", onPort + "6380"}), "10.0.0.81:6381 is left out: before Redis 4.0 a replica has a stream of its own", ""},
	} {
		top := readTopology(c.text)
		if len(top.Problems) > 0 || top.Rebuilt.Script == "" {
			t.Errorf("%s: %q, %+v", c.name, top.Problems, top.Rebuilt)
			continue
		}
		left := strings.Join(top.Rebuilt.Left, "|")
		if !strings.Contains(strings.ToLower(left), strings.ToLower(c.left)) || c.left == "" && left != "" {
			t.Errorf("%s: differs by %q, want %q", c.name, left, c.left)
		}
		for line := range strings.SplitSeq(c.lines, "|") {
			if !strings.Contains(top.Rebuilt.Script, line) {
				t.Errorf("%s: no %q in\n%s", c.name, line, top.Rebuilt.Script)
			}
		}
		before := m.Script()
		do(m, OpenPanel{Panel: PanelTopology}, Pasted{c.text}, PlayPasted{})
		for range 10_000 {
			if !m.opening && m.file == nil {
				break
			}
			do(m, Frame{Elapsed: 16 * time.Millisecond})
		}
		if m.problem != "" || m.scenario != ownScenario || m.Script() == before {
			t.Errorf("%s: %s %s\n%s", c.name, m.problem, m.status, top.Rebuilt.Script)
			continue
		}
		names := map[string]string{}
		for who := range strings.SplitSeq(strings.TrimSuffix(strings.TrimPrefix(top.Rebuilt.Names, "Here "), "."), ", ") {
			there, here, _ := strings.Cut(who, " is ")
			names[there] = here
		}
		same := 0
		for _, row := range top.Rows {
			f, ok := m.world().Forecast(names[row.Replica])
			if !ok && row.When == "if it joins" {
				same++ // as it may, by REPLICAOF
			}
			if !ok {
				continue
			}
			same++
			why := verdictNumbers(f.Answer)
			switch { // as it is said
			case strings.Contains(left, row.Replica+" is 8,999"):
				row.Why = "4,194,304 B too late"
			case strings.Contains(left, row.Replica+" is 10 B further on"):
				row.Why = ": 10,000 B are sent"
			}
			if f.Answer.Continued() != (row.Answer == answerContinue) || !strings.Contains(row.Why, why) || f.Answer.Continued() && strings.Contains(row.Why, "master_replid2") != (f.Answer.Asked == f.Answer.ReplID2) {
				t.Errorf("%s: %s is answered %s (%s), want %s (%s)\n%s", c.name, row.Replica, f.Answer, why, row.Answer.Word, row.Why, top.Rebuilt.Script)
			}
		}
		if same+strings.Count(left, "left out") != len(top.Rows) {
			t.Errorf("%s: %d forecasts, %d rows; %q", c.name, same, len(top.Rows), left)
		}
	}
}

// More servers than a world holds are left out, and there is not a line for each.
func TestAPasteOfManyServersIsRebuiltInPart(t *testing.T) {
	slaves := ""
	for i := range 200 {
		slaves += fmt.Sprintf("slave%d:ip=10.0.1.%d,port=6379,state=online,offset=700,lag=0\n", i, i)
	}
	r := readTopology(infoOf("7.0 master", stream(700, 1, 1<<20)...) + slaves).Rebuilt
	if n := strings.Count(r.Script, "\nnode "); n != 128 || len(r.Left) != 9 || r.Left[8] != "and 65 more." {
		t.Errorf("%d servers, and %q", n, r.Left)
	}
	if _, err := script.Parse("many", r.Script); err != nil {
		t.Error(err)
	}
}

// verdictNumbers are the words of a paste's row that tell how many bytes an answer turns on.
func verdictNumbers(a engine.PsyncAnswered) string {
	switch a.Reason {
	case engine.PsyncOK:
		if a.Bytes == 0 {
			return "it lacks nothing"
		}
		return ": " + byteCount(a.Bytes) + " are sent"
	case engine.PsyncTooLate:
		return byteCount(int64(a.First-a.Want)) + " too late"
	case engine.PsyncNoHistory:
		return "no history"
	case engine.PsyncUnknownID:
		return "is neither master_replid"
	}
	return fmt.Sprint(a)
}
