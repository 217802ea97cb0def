package disk

import "sync/atomic"

// space is what is known of the free space.
type space struct {
	free atomic.Uint64
	low  atomic.Bool
	// blind is true while the free space cannot be read. It belongs to Run.
	blind bool
}

// Low reports whether there was less than Options.MinFree left when Run looked last. A disk that was low is so until a
// quarter more than that is free, so that what a node writes and gives back by itself does not change it to and fro.
func (d *Disk) Low() bool { return d.space.low.Load() }

// Wanted returns how many bytes must be free for the disk not to be low: Options.MinFree, and a quarter more while it is.
func (d *Disk) Wanted() uint64 { return wanted(d.o.MinFree, d.Low()) }

// Free returns the free space in bytes when Run looked last; zero when it is not known.
func (d *Disk) Free() uint64 { return d.space.free.Load() }

// look reads the free space. While that cannot be read, what was known last counts.
func (d *Disk) look() {
	if d.o.Free == nil {
		return
	}
	free, err := d.o.Free()
	if fake, ok := fakeFree(); ok {
		free, err = fake, nil
	}
	if err != nil {
		if !d.space.blind {
			d.o.Logger.Warn("free disk space cannot be read", "err", err)
		}
		d.space.blind = true
		return
	}
	d.space.blind = false
	d.space.free.Store(free)
	was, is := d.Low(), free < d.Wanted()
	d.space.low.Store(is)
	switch {
	case is && !was:
		d.o.Logger.Error("disk nearly full: messages and changes are refused", "free", free, "min", d.o.MinFree)
	case was && !is:
		d.o.Logger.Info("disk has room again", "free", free, "min", d.o.MinFree)
	}
}

func wanted(minFree uint64, low bool) uint64 {
	if low {
		return minFree + minFree/4
	}
	return minFree
}
