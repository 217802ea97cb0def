package fanout

import (
	"context"
	"crypto/rand"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-im/parley/bench/readers"
)

// run is one measurement. Its steps follow one another in Run; what they find out is left in its fields.
type run struct {
	opts   Options
	proto  Protocol
	echoes bool
	meter  meter
	began  time.Time

	// mark begins the body of a measured message, probe that of a probe; both name the run.
	mark, probe []byte
	members     []member
	voices      []*voice
	// window is nil when the load is open.
	window *window
	// stage is which measurement it is. from and to are its bounds, in nanoseconds since began: out of reach until measure plans
	// them.
	stage    atomic.Int32
	from, to atomic.Int64

	sockets         *readers.Group
	answers         chan answer
	done            chan struct{} // closed by close
	tending         sync.WaitGroup
	loginsPerSecond float64
	version         string
	// empty is the server before anybody has logged in, full when all have.
	empty, full reading
	spans       [stages]bounds
	churn       churn
	slow        slow

	loggedIn, made, settled atomic.Int64
	// refusal is how the server answered a probe that it did not take.
	refusal atomic.Pointer[string]
	phase   atomic.Pointer[phase]

	mu struct {
		sync.Mutex
		ears []*ear
		// trouble is why the first connection ended that should not have; cutOff is how many did.
		trouble error
		cutOff  int
	}
	// whole ends with the first connection that ends.
	whole context.Context
	spoil context.CancelFunc
}

// Run measures. The error says why there is no measurement; that something was lost is none. o must be valid.
func Run(ctx context.Context, o Options) (Measurement, error) {
	r := newRun(o)
	defer r.close(ctx)
	defer r.report()()
	steps := []func(context.Context) error{r.check, r.logIn, r.makeRooms, r.settle, r.load, r.drain}
	if o.SlowPercent > 0 {
		steps = append(steps, r.stopSome, r.loadSlow, r.drain, r.resumeSome)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return Measurement{}, err
		}
	}
	r.sockets.Close(r.proto.Bye()) // what the members have heard is at rest
	return r.result(), nil
}

func newRun(o Options) *run {
	id := make([]byte, digits)
	putNumber(id, drawn())
	r := &run{
		opts: o, proto: o.Protocol, echoes: o.Protocol.Echoes(), meter: meter{url: o.AdminURL, pid: o.PID}, began: time.Now(),
		mark: append([]byte("~"), id...), probe: append([]byte("?"), id...), members: newMembers(&o.Scenario),
	}
	r.answers, r.done = make(chan answer, len(r.members)), make(chan struct{})
	r.whole, r.spoil = context.WithCancel(context.Background())
	r.from.Store(math.MaxInt64)
	r.to.Store(math.MaxInt64)
	if o.Window > 0 {
		r.window = newWindow(o.Window, o.Rooms*o.Senders)
	}
	return r
}

func drawn() (n uint32) {
	var b [4]byte
	rand.Read(b[:]) //nolint:errcheck // never fails
	for _, c := range b {
		n = n<<8 | uint32(c)
	}
	return n
}

// now is the time since the run began.
func (r *run) now() time.Duration { return time.Since(r.began) }

// check looks what the server uses before anything is done to it, and whether that can be read.
func (r *run) check(ctx context.Context) (err error) {
	r.empty, err = r.meter.read(ctx)
	r.version = r.empty.version
	return err
}

func (r *run) newEar() readers.Handler {
	e := newEar(r)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.ears = append(r.mu.ears, e)
	return e
}

// heard is how many deliveries were heard so far.
func (r *run) heard() (n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.mu.ears {
		n += e.heard.Load()
	}
	return n
}

// listeners is how many of each room are to hear what one of it says.
func (r *run) listeners() int {
	n := r.opts.Members - 1
	if r.stage.Load() > 0 {
		n -= r.opts.stopped()
	}
	return n
}

// cutOff notes that a connection ended.
func (r *run) cutOff(number int, reason error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.cutOff++
	if r.mu.trouble == nil {
		r.mu.trouble = fmt.Errorf("%s was cut off %.1f s after the first login: %w", r.nameOf(number), r.now().Seconds(), reason)
	}
	r.spoil()
}

func (r *run) nameOf(number int) string {
	return fmt.Sprintf("member %d of %d", number+1, len(r.members))
}

// trouble is why the first connection ended; nil = none has.
func (r *run) trouble() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mu.trouble
}

// goodbye bounds what is asked of the server when all is done.
const goodbye = 5 * time.Second

// close takes back what the run has made, also when ctx has ended.
func (r *run) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	if r.sockets != nil {
		r.sockets.Close(r.proto.Bye())
	}
	close(r.done)
	r.tending.Wait()
	r.spoil()
	r.proto.Done(ctx)
}
