package eventlog

import (
	"errors"
	"io/fs"
	"path/filepath"
	"time"
)

const (
	clockName = "clock.json"
	clockTemp = "clock.json.tmp"
	// clockEvery is the longest time between two writings of the clock.
	clockEvery = time.Minute
)

// newClocks returns the clocks of this node. The strict one goes on from what the life before has noted; the first life takes its wall
// clock for right.
func (l *Log) newClocks() *clocks {
	b := l.dir.m.buckets()
	step := min(maxStep, b.Usual/2, b.Strangers/2)
	c := &clocks{
		wall: l.o.Clock, elapsed: l.o.elapsed, others: map[uint64]heardTime{}, step: step,
		strict: newGuard(l.o.Clock, l.o.elapsed, l.o.believe(), step),
	}
	k, err := readClock(l.dir.path)
	switch {
	case err == nil:
		c.strict.resume(k)
	case !errors.Is(err, fs.ErrNotExist):
		l.o.Logger.Warn("what the clock said before is not known: it is taken for right", "file", filepath.Join(l.dir.path, clockName), "err", plain(err))
	}
	return c
}

// readClock returns what the life before has noted, or an error that is fs.ErrNotExist.
func readClock(dir string) (k kept, err error) {
	if err := readChecked(dir, clockName, &k); err != nil {
		return kept{}, err
	}
	if k.Believed <= 0 || k.Off < 0 || k.Ahead < 0 {
		return kept{}, errors.New("it names no time")
	}
	return k, nil
}

// keepClock notes what the clock said, for the next life.
func (l *Log) keepClock() error {
	return writeChecked(l.dir.path, clockName, clockTemp, l.clocks.strict.keep())
}
