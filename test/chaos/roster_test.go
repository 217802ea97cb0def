package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/parley-im/parley/internal/servertest"
)

// roster is a series of objects of one kind, groups or rooms. Three clients, each of one node, join, leave, write and read one
// of them for a while, then go on to the next: calls that were never answered make the search for an order long.
type roster struct {
	path    string // "/groups" or "/rooms"
	limit   int
	nodes   []*servertest.Node
	journal *journal
	seed    uint64

	mu      sync.Mutex
	objects []object
}

const (
	// candidates may become members; in a group, the first is the owner.
	candidates = 8
	// term is how long an object is used.
	term = 8 * time.Second
	// mostUnknown is how many of an object's calls may be without an answer before it is left.
	mostUnknown = 6
	// callPause is the time between two calls of a client.
	callPause = 150 * time.Millisecond
	// callTimeout is how long an answer may take. It is shorter than most times that a node stands still, so that there are reads
	// which began meanwhile, after others had written elsewhere.
	callTimeout = servertest.Slowdown * 1500 * time.Millisecond
)

func candidate(i int) string { return fmt.Sprintf("candidate%d", i) }

// run goes from object to object until ctx ends.
func (r *roster) run(ctx context.Context) {
	for i := 0; ctx.Err() == nil; i++ {
		id, ok := r.found(ctx, r.nodes[i%len(r.nodes)])
		if !ok {
			wait(ctx, callPause)
			continue
		}
		r.use(ctx, id, uint64(i))
	}
}

// found makes an object with one member.
func (r *roster) found(ctx context.Context, n *servertest.Node) (id string, ok bool) {
	body := map[string]any{"owner": candidate(0), "members": []string{candidate(0)}}
	status, answer, err := r.send(ctx, n, http.MethodPost, r.path, body)
	return id, err == nil && status == http.StatusOK && json.Unmarshal(answer, &id) == nil
}

func (r *roster) use(ctx context.Context, id string, round uint64) {
	until, cancel := context.WithTimeout(ctx, term)
	defer cancel()
	o := object{name: r.path + "/" + id, limit: r.limit, first: state{members: 1}}
	var mu sync.Mutex
	var clients sync.WaitGroup
	unknown, values := 0, 0
	for i, n := range r.nodes {
		rng := rand.New(rand.NewPCG(r.seed, round*uint64(len(r.nodes))+uint64(i)))
		clients.Go(func() {
			for until.Err() == nil {
				mu.Lock()
				values++
				c := r.draw(rng, i, n.Name, values)
				mu.Unlock()
				known := r.do(ctx, n, o.name, &c)
				mu.Lock()
				if known != never {
					o.calls = append(o.calls, c)
				}
				if known == unclear && c.verb != read {
					unknown++
				}
				if unknown >= mostUnknown {
					cancel()
				}
				mu.Unlock()
				wait(until, callPause)
			}
		})
	}
	clients.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.objects = append(r.objects, o)
}

// draw chooses a call. The owner of a group stays in it.
func (r *roster) draw(rng *rand.Rand, i int, node string, value int) call {
	c := call{client: i, node: node, verb: read, member: 1 + rng.IntN(candidates-1), value: value}
	switch n := rng.IntN(10); {
	case n < 3:
		c.verb = join
	case n < 5:
		c.verb = leave
	case n < 6:
		c.verb = write
	}
	return c
}
