package fanout

import (
	"context"
	"crypto/rand"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-im/parley/bench/swarm"
)

// run is one measurement. Its steps follow one another in Run; what they find out is left in its fields.
type run struct {
	opts  Options
	rest  rest
	meter meter
	began time.Time

	// mark begins the body of a measured message, probe that of a probe, in a frame; both name the run.
	mark, probe []byte
	members     []member
	rooms       []string
	voices      []*voice
	// window is nil when the load is open.
	window *window
	// from and to bound the measurement, in nanoseconds since began. They are out of reach until load plans them.
	from, to atomic.Int64

	swarm           *swarm.Swarm
	loginsPerSecond float64
	version         string
	first, last     sample

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
	for _, step := range []func(context.Context) error{r.check, r.logIn, r.makeRooms, r.settle, r.load, r.drain} {
		if err := step(ctx); err != nil {
			return Measurement{}, err
		}
	}
	r.swarm.Close() // what the members have heard is at rest
	return r.result(), nil
}

func newRun(o Options) *run {
	id := make([]byte, digits)
	putNumber(id, drawn())
	r := &run{
		opts: o, rest: rest{url: o.URL, app: o.App, key: o.Key}, meter: meter{url: o.AdminURL}, began: time.Now(),
		mark: fmt.Appendf(nil, `"body":"~%s`, id), probe: fmt.Appendf(nil, `"body":"?%s`, id),
		members: make([]member, o.Rooms*o.Members),
	}
	r.whole, r.spoil = context.WithCancel(context.Background())
	r.from.Store(math.MaxInt64)
	r.to.Store(math.MaxInt64)
	if o.Window > 0 {
		r.window = newWindow(o.Window)
	}
	for i := range r.members {
		room, place := i/o.Members, i%o.Members
		r.members[i] = member{streams: make([]stream, o.Senders), first: uint32(room * o.Senders), self: -1}
		if place < o.Senders {
			r.members[i].self = place
		}
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

// check looks whether the server's metrics can be read, before anything is done to it.
func (r *run) check(ctx context.Context) error {
	s, err := r.meter.read(ctx)
	r.version = s.version
	return err
}

func user(member int) string { return fmt.Sprintf("bench-%06d", member+1) }

func (r *run) logIn(ctx context.Context) (err error) {
	r.enter(phase{name: "logging in", total: int64(len(r.members)), count: r.loggedIn.Load})
	begin := r.now()
	r.swarm, err = swarm.Open(ctx, swarm.Options{
		URL: r.opts.URL, App: r.opts.App, Key: r.opts.Key, Revision: r.opts.Revision,
		Members: len(r.members), User: user, NewEar: r.newEar,
		OnLogin: func() { r.loggedIn.Add(1) }, OnEnd: r.cutOff,
	})
	r.loginsPerSecond = float64(len(r.members)) / (r.now() - begin).Seconds()
	return err
}

func (r *run) newEar() swarm.Ear {
	e := &ear{run: r, latency: newHistogram()}
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

// cutOff notes that a connection ended.
func (r *run) cutOff(number int, reason error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.cutOff++
	if r.mu.trouble == nil {
		r.mu.trouble = fmt.Errorf("%s was cut off %.1f s after the first login: %w", user(number), r.now().Seconds(), reason)
	}
	r.spoil()
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
	if r.swarm != nil {
		r.swarm.Close()
	}
	for _, room := range r.rooms {
		_ = r.rest.deleteRoom(ctx, room) // a silent room more does no harm
	}
	r.spoil()
}
