package store

import "strconv"

// A Store is the numbered databases of one server.
type Store struct{ dbs []DB }

// New returns a store of so many empty databases. Redis has 16 unless told otherwise. At least one is needed.
func New(databases int) *Store {
	if databases < 1 {
		panic("store: a store has at least one database, not " + strconv.Itoa(databases))
	}
	s := &Store{dbs: make([]DB, databases)}
	for i := range s.dbs {
		s.dbs[i].usage = new(usage)
	}
	return s
}

// Databases returns how many databases there are; they are numbered from 0.
func (s *Store) Databases() int { return len(s.dbs) }

// DB returns database i. The pointer stays good, whatever is swapped or flushed: it names the number, not the keys.
func (s *Store) DB(i int) *DB { return &s.dbs[i] }

// Snapshot returns a store with the same keys, in time and memory that do not depend on their number. Both may be
// changed afterwards and do not see each other's changes. Entries handed out before stay readable and as they were.
func (s *Store) Snapshot() *Store {
	twin := &Store{dbs: make([]DB, len(s.dbs))}
	for i := range s.dbs {
		// Neither side is the writer of what is there now. Each finds a new name at its first change.
		s.dbs[i].weigh()
		s.dbs[i].writer = nil
		twin.dbs[i] = s.dbs[i]
		twin.dbs[i].usage = &usage{stamp: s.dbs[i].usage.stamp, lfu: s.dbs[i].usage.lfu}
	}
	return twin
}

// SwapDB exchanges the keys of two databases.
func (s *Store) SwapDB(i, j int) { s.dbs[i], s.dbs[j] = s.dbs[j], s.dbs[i] }

// FlushAll removes every key of every database.
func (s *Store) FlushAll() {
	for i := range s.dbs {
		s.dbs[i].Clear()
	}
}
