package disk

import (
	"errors"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Options configures New.
type Options struct {
	// Free returns the free space in bytes. Nil means that nobody watches it.
	Free func() (uint64, error)
	// MinFree is the free space in bytes below which the disk is Low. Zero means that it never is.
	MinFree uint64
	// OnBroken is told what broke the disk, once, from the goroutine of the operation. Nil means that an operation that
	// fails returns its error like any other, and the disk does not break.
	OnBroken func(error)
	// OnSync is told how long each sync took. Nil means that nobody asks.
	OnSync func(took time.Duration)
	// Logger takes warnings. Required.
	Logger *slog.Logger
}

// Disk is what one node knows of its disk.
type Disk struct {
	o Options
	// tell calls OnBroken once.
	tell   sync.Once
	broken atomic.Bool
	// hold keeps an operation from returning: for ever, but in tests.
	hold func()

	space space
	syncs syncs
}

// New returns a Disk that has looked at the free space once.
func New(o Options) *Disk {
	d := &Disk{o: o, hold: func() { select {} }}
	d.syncs.pending = make(map[*underway]struct{})
	d.look()
	return d
}

// watchEvery is how often Run looks. What a busy node writes in that time must be small beside the smallest sensible
// Options.MinFree.
const watchEvery = 250 * time.Millisecond

// Run watches the disk until done is closed.
func (d *Disk) Run(done <-chan struct{}) {
	t := time.NewTicker(watchEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			d.look()
			d.lookForSlow(time.Now())
		case <-done:
			return
		}
	}
}

// Do runs an operation that changes something on the disk. op is one word for it, path is what it is done to. When f
// fails the disk breaks and Do does not return, unless the error is an answer: that a file exists, does not exist, or
// was closed.
func (d *Disk) Do(op, path string, f func() error) error {
	err := inject(op, path)
	if err == nil {
		err = f()
	}
	return d.judge(op, path, err)
}

// Write is Do for writing p.
func (d *Disk) Write(path string, p []byte, write func([]byte) (int, error)) (n int, err error) {
	if err = inject(OpWrite, path); err == nil {
		n, err = write(p)
	} else {
		n, _ = write(p[:len(p)/2]) // as a disk that fills up does
	}
	return n, d.judge(OpWrite, path, err)
}

// Sync is Do for waiting until what was written is on the disk.
func (d *Disk) Sync(path string, sync func() error) error {
	u := d.syncs.begin(path)
	err := inject(OpSync, path)
	if err == nil {
		err = sync()
	}
	took := d.syncs.end(u)
	if d.o.OnSync != nil {
		d.o.OnSync(took)
	}
	return d.judge(OpSync, path, err)
}

// The operations that Write and Sync stand for.
const (
	OpWrite = "write"
	OpSync  = "sync"
)

// Break breaks the disk for what it holds: something that was read is not what was written. It does not return, unless nobody is
// to be told.
func (d *Disk) Break(err error) {
	if d.o.OnBroken == nil {
		return
	}
	d.broken.Store(true)
	d.tell.Do(func() { d.o.OnBroken(err) })
	d.hold()
}

// judge returns err when it is nil or an answer. Otherwise it breaks the disk and does not return.
func (d *Disk) judge(op, path string, err error) error {
	if d.o.OnBroken == nil {
		return err
	}
	if err != nil && !isAnswer(err) {
		d.broken.Store(true)
		d.tell.Do(func() { d.o.OnBroken(&BrokenError{Op: op, Path: path, Err: err}) })
	}
	if d.broken.Load() {
		d.hold()
	}
	return err
}

func isAnswer(err error) bool {
	return errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrClosed)
}

// Broken reports whether an operation has failed.
func (d *Disk) Broken() bool { return d.broken.Load() }
