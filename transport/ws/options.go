package ws

import "time"

// Options are the limits of a Server. The zero value of each field means its default.
type Options struct {
	// MaxMessageBytes bounds one received message, its fragments together. Default 1,000,000: what Engine.IO
	// announces as maxPayload.
	MaxMessageBytes int
	// MaxPendingBytes bounds what is queued for one connection, including what is being written. A frame is always
	// taken when nothing is queued. Overflow: the connection fails with ErrSlow. Default 4 MiB: four messages of the
	// largest size, lest two of them in a row cut whoever needs a moment for the first.
	MaxPendingBytes int
	// WriteTimeout is how long one write of what is queued may take before the connection fails with ErrSlow. Default
	// 20 s: a message of MaxMessageBytes at the pace of a poor mobile link.
	WriteTimeout time.Duration
	// CloseTimeout is how long a closed connection waits for the peer to close its side. Default 2 s.
	CloseTimeout time.Duration
	// Loops is how many event loops serve sockets. Default: one for each core that the process may use, 8 at most. Below 0
	// there are none: each connection has two goroutines, as those that are no plain sockets have anyway.
	Loops int
	// OnSlow is called for each connection that fails with ErrSlow. It must not block. Default: nothing.
	OnSlow func()
}

// EnsureDefaults sets what is unset.
func (o *Options) EnsureDefaults() {
	setDefault(&o.MaxMessageBytes, 1_000_000)
	setDefault(&o.MaxPendingBytes, 4<<20)
	setDefault(&o.WriteTimeout, 20*time.Second)
	setDefault(&o.CloseTimeout, 2*time.Second)
	if o.OnSlow == nil {
		o.OnSlow = func() {}
	}
}

func setDefault[T ~int | ~int64](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}
