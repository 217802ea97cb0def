package cluster

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// book is what the actors of all nodes write into, as into the log: which ids were done, and which attempts were taken.
type book struct {
	mu       sync.Mutex
	done     map[string]bool
	order    map[string][]int // by client
	attempts map[string]int
	refused  []string // attempts that were answered with Retry
}

func (b *book) refuse(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refused = append(b.refused, id)
}

// do is the actors' behaviour. A command is "client/number/attempt"; the id that is done once is without the attempt.
func (b *book) do(ctx actor.Context, _ string, cmd *pb.Command) {
	b.mu.Lock()
	id := cmd.Id[:strings.LastIndex(cmd.Id, "/")]
	b.attempts[cmd.Id]++
	if !b.done[id] {
		b.done[id] = true
		var client string
		var number int
		fmt.Sscanf(id, "%s %d", &client, &number) //nolint:errcheck // it is as client wrote it
		b.order[client] = append(b.order[client], number)
	}
	b.mu.Unlock()
	ctx.Respond(&pb.Reply{Call: cmd.Call})
}

// client does commands on one actor, one after the other, each again under its id until it is done, as the edge does, and
// returns how many. The book gets the attempts that are known to have had no effect.
func client(s *several, node string, number int, over <-chan bool, b *book) (done int, err error) {
	name := fmt.Sprintf("%s-%d", node, number)
	to := im.User("app", im.UserID(fmt.Sprint("user", number)))
	for ; len(over) == 0; done++ {
		for attempt := 0; ; attempt++ {
			id := fmt.Sprintf("%s %d/%d", name, done, attempt)
			answer := make(chan *pb.Reply, 1)
			s.nodes[node].Call(to, &pb.Command{Id: id}, soon, func(r *pb.Reply) { answer <- r })
			r := <-answer
			if r.Error == 0 {
				break
			}
			switch im.ErrorKind(r.Error - 1) { //nolint:exhaustive // others are wrong
			case im.Retry:
				b.refuse(id)
			case im.Unavailable:
			default:
				return done, fmt.Errorf("%s was answered %v", id, r)
			}
			if attempt == 10_000 {
				return done, fmt.Errorf("%s is not done: %v", id, r)
			}
			<-time.After(time.Millisecond)
		}
	}
	return done, nil
}

// Leaders move, links are cut, joined and held up, nodes hear of leaders at different times, while clients on all nodes
// call: everything that is repeated until it is done is done, in each client's order; no attempt is taken twice, and none is
// taken that was answered with Retry; in the end nothing is in flight.
//
// Checked by breaking it: with Retry instead of Unavailable in peerDown or expire an attempt is taken that was answered with
// it.
func TestNodes_MovesLoseAndDoubleNothing(t *testing.T) {
	for range 8 {
		seed := rand.Uint64()
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			moveAbout(t, rand.New(rand.NewPCG(seed, 0)))
		})
	}
}

func moveAbout(t *testing.T, r *rand.Rand) {
	const clients = 4
	b := &book{done: map[string]bool{}, order: map[string][]int{}, attempts: map[string]int{}}
	s := startSeveral(t, 3, Options{}, b.do)
	s.leadAll("node1", 1)
	over := make(chan bool, 1)
	var working sync.WaitGroup
	var did atomic.Int64
	for _, node := range s.names {
		for i := range clients {
			working.Go(func() {
				done, err := client(s, node, i, over, b)
				if did.Add(int64(done)); err != nil {
					t.Error(err)
				}
			})
		}
	}
	term := uint64(1)
	for step := range 40 {
		term++
		s.disturb(r, term)
		if step == 20 {
			s.strand(term + 1)
			term += 2
		}
		<-time.After(time.Duration(r.IntN(4)) * time.Millisecond)
	}
	s.settle(term + 1)
	over <- true
	working.Wait()
	b.check(t, s, int(did.Load()))
}

// disturb does one thing to the nodes or their links.
func (s *several) disturb(r *rand.Rand, term uint64) {
	a, b := s.names[r.IntN(3)], s.names[r.IntN(3)]
	switch do := r.IntN(8); {
	case do < 4: // those who are to hear of it now hear of it; others may never
		for _, n := range s.names {
			if n == a || r.IntN(3) > 0 {
				s.nodes[n].LeaderChanged(im.ShardID(1+r.IntN(4)), s.replica(a), term)
			}
		}
	case a == b:
	case do == 4:
		s.cut(a, b)
	case do == 5:
		s.hold(a, b, true)
	default:
		s.join(a, b)
		s.hold(a, b, false)
	}
}

// strand holds up what node1 has sent to node2, which does not hear that node3 leads in its stead, until it is given up.
func (s *several) strand(term uint64) {
	s.join("node1", "node2")
	s.hold("node1", "node2", false)
	s.leadAll("node2", term)
	<-time.After(10 * time.Millisecond)
	s.hold("node1", "node2", true)
	<-time.After(10 * time.Millisecond)
	for shard := range im.ShardID(4) {
		s.nodes["node1"].LeaderChanged(shard+1, 3, term+1)
		s.nodes["node3"].LeaderChanged(shard+1, 3, term+1)
	}
	<-time.After(moveGrace + 2*sweepEvery)
	s.hold("node1", "node2", false)
}

// settle lets everything go its way.
func (s *several) settle(term uint64) {
	for _, a := range s.names {
		for _, b := range s.names {
			if a != b {
				s.join(a, b)
				s.hold(a, b, false)
			}
		}
	}
	s.leadAll("node2", term)
}

func (b *book) check(t *testing.T, s *several, did int) {
	t.Helper()
	if len(b.done) != did || did == 0 {
		t.Errorf("%d commands were done, and %d answered", len(b.done), did)
	}
	for client, numbers := range b.order {
		for i, number := range numbers {
			if i != number {
				t.Fatalf("%s: command %d was done as number %d", client, number, i)
			}
		}
	}
	for _, id := range b.refused {
		if b.attempts[id] != 0 {
			t.Errorf("%s was taken, and answered with retry", id)
		}
	}
	for id, times := range b.attempts {
		if times > 1 {
			t.Errorf("%s was taken %d times", id, times)
		}
	}
	for name, n := range s.nodes {
		until(t, name+" has nothing in flight", n.idle)
	}
}
