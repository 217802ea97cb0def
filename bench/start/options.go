package start

import (
	"errors"
	"fmt"
)

// Options say how much there is, and how often to start.
type Options struct {
	// Binary is the parley executable.
	Binary string
	// Dir is made, filled and kept; it must not exist, or be empty. "" = one in the system's temporary directory, which is
	// removed.
	Dir string
	// Again says that an earlier run with the same Users and GroupSize has filled Dir: it is only started.
	Again bool
	// Users is how many users sleep in the log. Each is a member of one group; GroupSize of them, from 2 to MaxGroupSize,
	// share it.
	Users, GroupSize int
	// NameBytes is the length of a group's name, at most MaxNameBytes: the state of a group that is more than its members.
	NameBytes int
	// Bytes is the sum of the bodies of the messages that are stored, Size that of one, from 1 to MaxSize.
	Bytes int64
	Size  int
	// BurstBytes are said, and acknowledged, right before each SIGKILL.
	BurstBytes int64
	// Starts is how often to start in each way.
	Starts int
	// Samples is how many users are read, and how many others log in, after each start.
	Samples int
	// OnProgress is told how far a phase is, in units of its own, from several goroutines at once; nil = nobody.
	OnProgress func(phase string, done, total int64)
}

const (
	// MaxGroupSize is the most that a group of parley may be let to have, less its owner.
	MaxGroupSize = groupLimit - 1
	groupLimit   = 10_000
	// MaxNameBytes leaves room for the rest of what a server takes as the attributes of one object (64 KiB).
	MaxNameBytes = 60 << 10
	// MaxSize is what a server must take at least (MaxIM protocol, 5.3), less the rest of a `say`.
	MaxSize = 60 << 10
	// maxUsers and maxBytes are far beyond what a run has time for.
	maxUsers = 1 << 26
	maxBytes = 1 << 40
)

// Validate returns everything that is wrong with o, with the rules; nil when nothing is.
func (o *Options) Validate() error {
	return errors.Join(
		check(!o.Again || o.Dir != "", "again: needs the directory"),
		check(o.Users >= 2 && o.Users <= maxUsers, "users %d: from 2 to %d", o.Users, maxUsers),
		check(o.GroupSize >= 2 && o.GroupSize <= MaxGroupSize, "group-size %d: from 2 to %d", o.GroupSize, MaxGroupSize),
		check(o.NameBytes >= 0 && o.NameBytes <= MaxNameBytes, "name-bytes %d: at most %d", o.NameBytes, MaxNameBytes),
		check(o.Bytes >= 0 && o.Bytes <= maxBytes, "bytes %d: from 0 to %d", o.Bytes, int64(maxBytes)),
		check(o.Size >= 1 && o.Size <= MaxSize, "size %d: from 1 to %d bytes", o.Size, MaxSize),
		check(o.BurstBytes >= 1 && o.BurstBytes <= maxBytes, "burst %d: from 1 to %d bytes", o.BurstBytes, int64(maxBytes)),
		check(o.Starts >= 1, "starts %d: at least 1", o.Starts),
		check(o.Samples >= 1 && o.Samples <= o.Users/2, "samples %d: from 1 to half of the users", o.Samples),
	)
}

func check(holds bool, format string, args ...any) error {
	if holds {
		return nil
	}
	return fmt.Errorf(format, args...)
}
