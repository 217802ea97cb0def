package eventlog

import "github.com/parley-im/parley/im"

// Sealed returns the stamp that an entry of addr must have at least: the log refuses older ones. It is what this node has
// applied, and reads no disk.
func (l *Log) Sealed(addr im.Address) im.Millis { return l.store.Sealed(addr) }
