package actors_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/actors"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// deaf is the way of tells to jerry, who answers none of the next few: each runs into its time-out.
type deaf struct {
	actors.Caller
	mu   sync.Mutex
	left int
	// limits are the time-outs of the tells, and pauses what lay between the end of one and the next.
	limits, pauses []time.Duration
	ended          time.Time
}

// Call implements actors.Caller.
func (d *deaf) Call(to im.Address, cmd *pb.Command, timeout time.Duration, done func(*pb.Reply)) {
	if cmd.GetTell() != nil && to.ID == "jerry" && d.fails(timeout) {
		time.AfterFunc(timeout, func() { done(pb.NewError(im.E("test.call", im.Unavailable, ""))) })
		return
	}
	d.Caller.Call(to, cmd, timeout, done)
}

func (d *deaf) fails(timeout time.Duration) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.ended.IsZero() {
		d.pauses = append(d.pauses, time.Since(d.ended))
	}
	d.limits = append(d.limits, timeout)
	d.ended = time.Time{}
	if d.left == 0 {
		return false
	}
	d.left--
	d.ended = time.Now().Add(timeout)
	return true
}

// next makes the next few tells fail, and forgets what was noted.
func (d *deaf) next(failures int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.left, d.limits, d.pauses = failures, nil, nil
}

// withoutDelay runs a test whose time passes as soon as everybody waits for it.
func withoutDelay(t *testing.T, test func(*testing.T)) {
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { <-time.After(time.Hour) }) // comes last: protoactor's throttles end with their next tick
		test(t)
	})
}

// An attempt to tell has two seconds; the pauses between attempts begin with 10 ms, double and end at a second, and begin
// anew once something was told. Nothing is lost.
//
// Checked by breaking it: with half a minute for maxTellBackoff, with another tellTimeout, and without backoff = 0 in done,
// the figures are others.
func TestShell_TellsAreRepeatedAfterPauses(t *testing.T) {
	withoutDelay(t, func(t *testing.T) {
		way := &deaf{left: 10}
		l := begin(t, newLog(t), newHub(), 1, func(l *life, o *actors.Options) {
			way.Caller = l
			o.Caller = way
		})
		l.must(pair, befriend("tom", "jerry"))
		<-time.After(time.Minute)
		var pauses []time.Duration
		for _, ms := range []time.Duration{10, 20, 40, 80, 160, 320, 640, 1000, 1000, 1000} {
			pauses = append(pauses, ms*time.Millisecond)
		}
		way.expect(t, pauses)
		way.next(1)
		l.must(pair, say("a", "tom", "jerry"))
		<-time.After(time.Minute)
		way.expect(t, pauses[:1])
		if got := l.hub.numbers("jerry", pair); !slices.Equal(got, []uint64{1}) {
			t.Errorf("jerry heard %v, want message 1", got)
		}
	})
}

// expect compares what was noted.
func (d *deaf) expect(t *testing.T, pauses []time.Duration) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.Equal(d.pauses, pauses) {
		t.Errorf("pauses %v, want %v", d.pauses, pauses)
	}
	if want := slices.Repeat([]time.Duration{2 * time.Second}, len(pauses)+1); !slices.Equal(d.limits, want) {
		t.Errorf("time-outs %v, want %v", d.limits, want)
	}
}

// An activation that retired sends its callers away for ten seconds, and is gone at its owner's next look, within five.
//
// Checked by breaking it: with a second for retireFor it is gone too soon, with a minute it is still there.
func TestShell_RetiredActorsEnd(t *testing.T) {
	withoutDelay(t, func(t *testing.T) {
		log := newLog(t)
		l := begin(t, log, newHub(), 1, func(_ *life, o *actors.Options) {
			o.Journal = &outcomes{Journal: log, lie: func(count int) im.Outcome {
				if count == 2 {
					return im.Moved
				}
				return 0
			}}
		})
		l.must(pair, befriend("tom", "jerry"))
		old := l.activation(pair)
		l.must(pair, say("a", "tom", "jerry"))
		if young := l.activation(pair); young.Id == old.Id {
			t.Fatal("nothing retired: the test would prove nothing")
		}
		<-time.After(9900 * time.Millisecond)
		reply, err := l.system.Root.RequestFuture(old, say("b", "tom", "jerry"), patient).Result()
		if err != nil || reply.(*pb.Reply).Error != uint32(im.Retry)+1 {
			t.Errorf("after 9.9 s it answered %v, %v, want retry", reply, err)
		}
		<-time.After(5200 * time.Millisecond)
		reply, err = l.system.Root.RequestFuture(old, say("c", "tom", "jerry"), patient).Result()
		if !errors.Is(err, actor.ErrDeadLetter) {
			t.Errorf("after 15.1 s it answered %v, %v, want none", reply, err)
		}
	})
}

// activation returns the actor that owns an address, which it wakes if need be.
func (l *life) activation(of im.Address) *actor.PID {
	l.t.Helper()
	ask := &pb.Activate{Address: pb.NewAddress(of)}
	res, err := l.system.Root.RequestFuture(l.owner(of), ask, patient).Result()
	if err != nil {
		l.t.Fatal(err)
	}
	return actor.NewPID(l.system.Address(), res.(*pb.Activated).Actor)
}
