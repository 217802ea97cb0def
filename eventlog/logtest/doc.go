// Package logtest has what tests of and around the replicated log need: Memory, an in-memory log with the methods and
// the meaning of eventlog.Log and with hooks to hold, fail and reopen it; and Run, the conformance suite that both pass.
//
// It is for tests only: no program links it.
package logtest

import (
	"context"

	"github.com/parley-im/parley/im"
)

// Log is the log as its users see it; eventlog.Log documents each method.
type Log interface {
	Append(im.Append) error
	Snapshot(addr im.Address, epoch im.Epoch, seq uint64, ts im.Millis, state []byte, done func(im.Outcome)) error
	Told(addr im.Address, through uint64)
	Load(addr im.Address, done func(im.Load, error))
	Confirm(addr im.Address, seq uint64, epoch im.Epoch, done func(error))
	Lookup(addr im.Address, id string) (im.StoredAt, bool, error)
	Owed(shard im.ShardID, done func([]im.Address, error))
	History(ctx context.Context, addr im.Address, before im.Before, limit int) ([]im.Entry, error)
	StaleHistory(addr im.Address, before im.Before, limit int) ([]im.Entry, error)
	Read(ctx context.Context, addr im.Address, after uint64, limit int) ([]im.Entry, error)
	Search(ctx context.Context, q im.Query) ([]im.Found, error)
	Close() error
}
