package store

import (
	"fmt"
	"log/slog"
	"strings"
)

// Stats are figures for metrics.
type Stats struct {
	// DiskBytes is what the store takes on disk.
	DiskBytes uint64
	// MemTableBytes is what waits in memory for a flush.
	MemTableBytes uint64
	// L0Files is the number of files not yet sorted in: hundreds mean that compactions do not keep up.
	L0Files int64
}

// Stats returns present figures.
func (s *Store) Stats() Stats {
	m := s.db.Metrics()
	return Stats{DiskBytes: m.DiskSpaceUsage(), MemTableBytes: m.MemTable.Size, L0Files: m.Levels[0].TablesCount}
}

// logger routes Pebble's messages: errors to slog, information nowhere.
type logger struct {
	l        *slog.Logger
	onDamage func(error)
}

func (logger) Infof(string, ...any) {}

func (l logger) Errorf(format string, args ...any) {
	l.l.Error("pebble", "msg", fmt.Sprintf(format, args...))
}

// Fatalf does not return: Pebble calls it when it cannot go on without harming the data.
func (l logger) Fatalf(format string, args ...any) {
	text, _, _ := strings.Cut(fmt.Sprintf(format, args...), "\n")
	if l.onDamage != nil {
		l.onDamage(fmt.Errorf("the store cannot go on: %s", text))
	}
	panic("pebble: " + text)
}
