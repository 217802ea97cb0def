package dispatch

import (
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Actors reaches the actor at an address, on whichever node it is.
type Actors interface {
	// Call sends a copy of cmd and calls done exactly once; it never blocks. No answer within timeout is an answer of
	// im.Unavailable; im.Retry asks for the command again.
	Call(to im.Address, cmd *pb.Command, timeout time.Duration, done func(*pb.Reply))
}

// Options configure a Dispatcher.
type Options struct {
	// Actors is where commands go. Required.
	Actors Actors
	// Patience returns Timeout and AttemptTimeout, where these may change; nil means that they do not.
	Patience func() (method, attempt time.Duration)
	// Timeout bounds a method, over all attempts; zero means 5 s.
	Timeout time.Duration
	// AttemptTimeout bounds one attempt, so that a command lost with its owner is sent again to the next one while
	// the caller waits; zero means 2 s, some failovers long. What has one attempt, as a live message, has all the time for it.
	AttemptTimeout time.Duration
	// NewID draws the id of a durable command: unique for the life of the cluster, at most im.MaxMessageIDLen bytes,
	// beginning with 'e' so that it cannot meet an id that a client drew. nil means random ones.
	NewID func() string
	// Broadcast hands a delivery to all sessions of an app. It does not block, and does not keep or change it. nil means
	// that there are none.
	Broadcast func(app im.AppID, d *pb.Delivery)
	// Now reads the clock, which stamps what is broadcast; nil = the machine's.
	Now func() im.Millis
	// ObserveSay is called with the time from Say to its answer, for those that were stored. May be nil.
	ObserveSay func(time.Duration)
}

// EnsureDefaults fills in the zero fields.
func (o *Options) EnsureDefaults() {
	if o.Timeout <= 0 {
		o.Timeout = 5 * time.Second
	}
	if o.AttemptTimeout <= 0 {
		o.AttemptTimeout = 2 * time.Second
	}
	if o.Patience == nil {
		o.Patience = func() (method, attempt time.Duration) { return o.Timeout, o.AttemptTimeout }
	}
	if o.NewID == nil {
		o.NewID = randomIDs()
	}
	if o.Broadcast == nil {
		o.Broadcast = func(im.AppID, *pb.Delivery) {}
	}
	if o.Now == nil {
		o.Now = func() im.Millis { return im.At(time.Now()) }
	}
	if o.ObserveSay == nil {
		o.ObserveSay = func(time.Duration) {}
	}
}
