package disk

import (
	"sync"
	"time"
)

// slowSync is after what time a sync that is under way counts as slow: thousands of times what a good disk takes, and a
// quarter of the time after which the outcome of an append is unknown.
const slowSync = time.Second

// calmAfter keeps a disk that is slow for hours from filling the log.
const calmAfter = 10 * time.Second

// syncs are the syncs under way: a handful, since the stores have few goroutines that wait for the disk.
type syncs struct {
	mu      sync.Mutex
	pending map[*underway]struct{}

	// slow is true since a slow sync was logged; longest is the age of the oldest seen since, and last is when one was
	// seen. They belong to Run.
	slow    bool
	longest time.Duration
	last    time.Time
}

// underway is one sync.
type underway struct {
	path  string
	begun time.Time
}

func (s *syncs) begin(path string) *underway {
	u := &underway{path: path, begun: time.Now()}
	s.mu.Lock()
	s.pending[u] = struct{}{}
	s.mu.Unlock()
	return u
}

func (s *syncs) end(u *underway) time.Duration {
	s.mu.Lock()
	delete(s.pending, u)
	s.mu.Unlock()
	return time.Since(u.begun)
}

// oldest returns the sync that has been under way for the longest time; ok is false when there is none.
func (s *syncs) oldest() (o underway, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for u := range s.pending {
		if !ok || u.begun.Before(o.begun) {
			o, ok = *u, true
		}
	}
	return o, ok
}

// Stalled returns for how long the oldest sync has been under way; zero when there is none.
func (d *Disk) Stalled() time.Duration {
	if o, ok := d.syncs.oldest(); ok {
		return time.Since(o.begun)
	}
	return 0
}

// lookForSlow logs when syncs become slow, and when none has been slow for calmAfter.
func (d *Disk) lookForSlow(now time.Time) {
	s := &d.syncs
	o, ok := s.oldest()
	age := now.Sub(o.begun)
	switch {
	case ok && age > slowSync:
		if !s.slow {
			s.slow, s.longest = true, 0
			d.o.Logger.Warn("disk is slow: what must be stored waits for it", "path", o.path, "since", age.Round(time.Millisecond).String())
		}
		s.longest, s.last = max(s.longest, age), now
	case s.slow && now.Sub(s.last) > calmAfter:
		s.slow = false
		d.o.Logger.Info("disk is no longer slow", "longest", s.longest.Round(time.Millisecond).String())
	}
}
