package node

import (
	"errors"
	"fmt"
	"strings"

	"resync/engine/repl"
)

// DefaultConfigOf returns the configuration of a server of an era that was told nothing. The error says which eras there
// are.
//
// Source: redis/src/config.c and redis.c, initServerConfig, of each of them.
func DefaultConfigOf(era string) (Config, error) {
	e, ok := repl.EraNamed(era)
	if !ok {
		return Config{}, errNoEra(era)
	}
	c := DefaultConfig()
	c.Era = e.Name
	c.ReplBacklogSize = max(e.BacklogSize, minBacklogSize)
	c.ReplDisklessSync = e.DisklessSync
	c.ReplicaIgnoreMaxMemory = e.IgnoreMaxMemory
	if !e.SavePoints {
		c.Save = nil
	}
	if e.LazyFree {
		c.LazyEviction, c.LazyExpire, c.LazyUserDel, c.LazyServerDel, c.ReplicaLazyFlush = true, true, true, true, true
	}
	if !e.ShutdownWaits {
		c.ShutdownTimeout = 0
	}
	return c, nil
}

// InEra returns the configuration that a server of another era makes of the same lines of a redis.conf, at the same port and with
// the same master. The error is that of the first line that it does not know.
func (c *Config) InEra(era string) (Config, error) {
	as, err := DefaultConfigOf(era)
	if err != nil {
		return as, err
	}
	for _, d := range c.given {
		if err := as.Set(d.Name, d.Args...); err != nil {
			return as, fmt.Errorf("%s: %w", d.Name, err)
		}
	}
	as.Port, as.Replicaof = c.Port, c.Replicaof
	return as, nil
}

// Eras are the names of all eras, oldest first.
func Eras() []string { return repl.EraNames() }

func errNoEra(era string) error {
	return errors.New("there is no era '" + era + "': the eras are " + strings.Join(repl.EraNames(), ", "))
}

// era is that of the configuration. One that does not exist is refused by New.
func (c *Config) era() *repl.Era {
	if e, ok := repl.EraNamed(c.Era); ok {
		return e
	}
	e, _ := repl.EraNamed("")
	return e
}

// find returns the row of a name or alias in any case, and the one of the two that it is, where the era knows it.
func (c *Config) find(name string) (*setting, string) {
	s, is := findSetting(name)
	if s == nil || !c.knows(s, is) {
		return nil, ""
	}
	return s, is
}

// knows reports whether the era knows a setting by that name. Before 5.0 there are the aliases alone.
func (c *Config) knows(s *setting, name string) bool {
	e := c.era()
	return (!e.SlaveWords || s.alias == "" || name == s.alias) && e.Has(name)
}

// nameOf is what the era calls a setting, or "" when it does not have it.
func (c *Config) nameOf(s *setting) string {
	for _, name := range [...]string{s.name, s.alias} {
		if name != "" && c.knows(s, name) {
			return name
		}
	}
	return ""
}

// eraOf returns the era that a redis.conf names in a line "era 2.8", the last of them, or "".
func eraOf(text string) string {
	era := ""
	directives, _ := ParseConf(text)
	for _, d := range directives {
		if d.Name == "era" && len(d.Args) == 1 {
			era = d.Args[0]
		}
	}
	return era
}
