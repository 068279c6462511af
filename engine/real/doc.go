// Package real runs scripts against real redis-server processes.
//
// Every node is a process with a directory of its own. The nodes reach each other only through paths of this package,
// which do to their connections what the script says. All of it lives on the loopback network of one machine, whose
// 16 million addresses make it unnecessary to translate ports: a world takes one of the nets 127.1.0.0/16 to
// 127.254.0.0/16 and in it
//
//	127.N.y.y   is where node y listens, on the port that it would have in the simulation
//	127.N.y.x   is node x as node y sees it: a door to the path between them
//
// A connection from x seems to y to come from 127.N.y.x as well, so the address in a master's INFO is one at which the
// master finds the replica, and FAILOVER works as it is. Texts say 10.0.0.x for it, as the simulation does: see
// names.go.
package real
