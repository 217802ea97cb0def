package hub_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/hub"
)

// sink is a session that does with a frame what a connection does, up to the writer: take a lock and keep it.
type sink struct {
	id    im.SessionID
	mu    sync.Mutex
	frame []byte
}

func (s *sink) ID() im.SessionID { return s.id }

func (s *sink) Close() {}

func (s *sink) Send(frame []byte) {
	s.mu.Lock()
	s.frame = frame
	s.mu.Unlock()
}

func (s *sink) SendAll(b hub.Batch, _ bool) { s.Send(b.Joined) }

// fullRoom returns a hub with that many listeners in the lounge, and one of them.
func fullRoom(listeners int) (*hub.Hub, *sink) {
	h := hub.New(hub.Options{})
	var last *sink
	for i := range listeners {
		user := im.UserID(fmt.Sprint("u", i))
		last = &sink{id: im.SessionID(user)}
		join(h, app, user, last)
		listen(h, user, lounge)
	}
	return h, last
}

// publish says something in the lounge, and waits until all have it.
func publish(h *hub.Hub, d *pb.Delivery) {
	h.Publish(loungeAddr, im.Epoch{}, d)
	h.Settle()
}

// A message in a room allocates what its frame takes, and nothing for whoever gets it. Fails when room.pass boxes
// something for each listener.
func TestHub_PassAllocatesNothingPerListener(t *testing.T) {
	allocs := func(listeners int) float64 {
		h, _ := fullRoom(listeners)
		message := spoken("")
		return testing.AllocsPerRun(100, func() { publish(h, message) })
	}
	const others = 5 // NB: of the runtime, and of a pool that drops what it likes under the race detector
	if few, many := allocs(10), allocs(1000); few == 0 || max(few-many, many-few) > others {
		t.Errorf("%v allocations for 10 listeners, %v for 1000; want them alike", few, many)
	}
}

// BenchmarkHub_Publish asks what a message in a room costs here by the number of its listeners, before the sockets: the
// time per listener should be that of a lock and a cache miss, and the allocations the same for every size.
func BenchmarkHub_Publish(b *testing.B) {
	for _, listeners := range []int{10, 100, 1_000, 10_000} {
		b.Run(fmt.Sprint("listeners=", listeners), func(b *testing.B) {
			h, last := fullRoom(listeners)
			message := spoken("")
			b.ReportAllocs()
			for b.Loop() {
				publish(h, message)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(listeners), "ns/listener")
			if last.frame == nil {
				b.Error("nobody got it")
			}
		})
	}
}

// BenchmarkHub_ComeAndGo asks whether a listener of a big room may come and go as cheaply as one of a small room: a
// restart lets all of them come back at once.
func BenchmarkHub_ComeAndGo(b *testing.B) {
	for _, listeners := range []int{10, 10_000} {
		b.Run(fmt.Sprint("listeners=", listeners), func(b *testing.B) {
			h, _ := fullRoom(listeners)
			s := &sink{id: "s"}
			b.ReportAllocs()
			for b.Loop() {
				join(h, app, jerry, s)
				listen(h, jerry, lounge)
				h.Leave(im.User(app, jerry), s)
			}
		})
	}
}

// writing is a session whose frames cost what a write to a socket does.
type writing struct{ sink }

func (w *writing) SendAll(b hub.Batch, now bool) {
	for began := time.Now(); time.Since(began) < 3*time.Microsecond; {
	}
	w.sink.SendAll(b, now)
}

// BenchmarkHub_GoWhileOthersTalk asks what it costs to come to a room and to go from it that is never quiet: a loop of sockets does
// the latter when a connection ends, and all others of the loop wait for that. Neither should grow with the room.
func BenchmarkHub_GoWhileOthersTalk(b *testing.B) {
	for _, listeners := range []int{10, 5_000} {
		b.Run(fmt.Sprint("listeners=", listeners), func(b *testing.B) {
			h := hub.New(hub.Options{})
			for i := range listeners {
				user := im.UserID(fmt.Sprint("u", i))
				join(h, app, user, &writing{sink{id: im.SessionID(user)}})
				listen(h, user, lounge)
			}
			var talk sync.WaitGroup
			quiet := make(chan struct{})
			talk.Go(func() {
				for message := spoken(""); ; h.Publish(loungeAddr, im.Epoch{}, message) {
					select {
					case <-quiet:
						return
					default:
					}
				}
			})
			var coming, going time.Duration
			tick := time.NewTicker(10 * time.Millisecond) // whoever comes and goes in one go would keep the others from talking
			defer tick.Stop()
			for b.Loop() {
				<-tick.C
				s := &sink{id: "s"}
				began := time.Now()
				join(h, app, jerry, s)
				listen(h, jerry, lounge)
				came := time.Now()
				h.Leave(im.User(app, jerry), s)
				coming, going = coming+came.Sub(began), going+time.Since(came)
			}
			close(quiet)
			talk.Wait()
			h.Settle()
			b.ReportMetric(float64(coming.Nanoseconds())/float64(b.N), "ns/come")
			b.ReportMetric(float64(going.Nanoseconds())/float64(b.N), "ns/go")
		})
	}
}
