package system

import (
	"fmt"
	"strings"
	"time"

	"github.com/parley-im/parley/test/client"
)

// company draws who meets at p, and how they log in.
func (w *worker) company(p *place) []client.Options {
	a := w.user()
	first := w.options(a)
	second := w.options(friendOf(a))
	switch p.kind {
	case client.Stranger:
		second = w.options(strangerOf(a))
	case client.Passenger:
		k := w.rng.IntN(3 * regularsEach)
		second = w.options("")
		second.Passenger = fmt.Sprintf(`{"page":%d}`, w.visits)
		if k < regularsEach {
			first = w.options(user(w.number*own + k))
			second.Passenger = fmt.Sprintf(`{"page":%d,"id":"visitor-%d-%d"}`, w.visits, w.number, k)
		}
	}
	if w.rng.IntN(4) == 0 {
		return []client.Options{first, second, w.options(first.User)}
	}
	return []client.Options{first, second}
}

// Some passengers come again by their id, each to its user; others get a new one each time.
const (
	regularsEach = 3
	regulars     = regularsEach * workers
)

// departed notes that a passenger is gone whose id was drawn: it never comes again.
func (c *churn) departed(p *place, party []*guest) {
	if p.kind != client.Passenger || len(party) < 2 || strings.HasPrefix(party[1].user, "visitor-") {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.made[p.kind]++
	c.mu.ended[p.kind] = append(c.mu.ended[p.kind], time.Now())
}

// introduced notes who met as strangers.
func (c *churn) introduced(p *place, party []*guest) {
	if p.kind != client.Stranger {
		return
	}
	c.strangers.Add(1)
	for _, g := range party {
		c.met.Store(g.user, true)
	}
}

// count counts a login.
func (c *churn) count(o client.Options) {
	c.logins.Add(1)
	if o.Polling {
		c.polled.Add(1)
	}
	if o.Passenger != "" {
		c.passengers.Add(1)
	}
}

func friendOf(u string) string { return user(numberOf(u) ^ 1) }

// strangerOf returns the only one to whom u ever speaks as a stranger: of the same worker, and no friend.
func strangerOf(u string) string {
	i := numberOf(u)
	return user(i - i%own + (i%own+own/2)%own)
}

func numberOf(u string) (i int) {
	if _, err := fmt.Sscanf(u, "user%d", &i); err != nil {
		panic(err)
	}
	return i
}
