package system

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

const (
	crowd   = 200 // users, every two of whom are friends
	workers = 20  // each brings users of its own
	phones  = 100 // installations, which go from hand to hand
	tenths  = 10  // everybody leaves after each tenth of the logins
)

// Users log in over and over, on both revisions of Engine.IO, by WebSocket or polling, and with installations that pass
// between them; they join groups and rooms, or meet a friend, a stranger or a passenger, say something, hear each other,
// leave or stay members, log out, say goodbye or vanish, some of them before their login was answered. Groups and rooms are
// made and deleted while they are visited; most passengers get an id and never come again. After each tenth everybody
// leaves, and nothing of them may remain: no connection, goroutine or descriptor, no actor but those of users, devices,
// pairs who talk, and groups, rooms and passengers that exist or did a short while ago; and the heap must stay where it was
// after the first tenth, apart from what those take. No user may have a session, and the lists of users must show those
// groups and rooms that exist and have them as members, and the strangers they met. In the end the long run waits until all
// actors are asleep. PARLEY_LOGINS sets the number of logins.
//
// It fails when the hub does not take out sessions, when a deletion does not tell the members, when a connection that ends
// is not counted, leaves a goroutine, or stays in the server's table, and, long, when actors do not fall asleep; when a
// polled session that ends is not counted or leaves a goroutine, when what a passenger logged in with is kept, and when only
// one of two strangers learns of the other.
func TestChurn_LeavesNothingBehind(t *testing.T) {
	logins := 4_000 / servertest.Slowdown
	if os.Getenv("PARLEY_SOAK") != "" {
		logins = 100_000
	}
	if text := os.Getenv("PARLEY_LOGINS"); text != "" {
		var err error
		if logins, err = strconv.Atoi(text); err != nil {
			t.Fatalf("PARLEY_LOGINS: %v", err)
		}
	}
	c := newChurn(t)
	for i := range tenths {
		c.work(int64(logins * (i + 1) / tenths))
		c.rest()
	}
	c.finish()
	if os.Getenv("PARLEY_SOAK") != "" {
		c.sleep()
		c.report()
	}
}

// churn is the state of the churn test.
type churn struct {
	t     *testing.T
	node  *servertest.Node
	seed  uint64
	http  *http.Transport
	api   client.REST
	began time.Time

	workers []*worker
	slots   []*slot
	// before is how the node was when nobody had come.
	before vitals
	// levels are how it was after each tenth.
	levels []level

	// met holds the users who talked as strangers.
	met sync.Map

	logins, polled, passengers, strangers, visits, heard, vanished atomic.Int64

	mu struct {
		sync.Mutex
		made  map[int]int         // groups and rooms, and passengers whose id was drawn, by kind
		ended map[int][]time.Time // when they were deleted, or left
	}
}

func newChurn(t *testing.T) *churn {
	c := &churn{
		t: t, node: servertest.Start(t), seed: seed(t), began: time.Now(),
		http: &http.Transport{MaxIdleConnsPerHost: 2 * workers},
	}
	t.Cleanup(c.http.CloseIdleConnections)
	c.api = rest(c.node)
	c.api.HTTP = &http.Client{Transport: c.http}
	c.mu.made, c.mu.ended = make(map[int]int), make(map[int][]time.Time)
	for i := range 2 * slotsPerKind {
		c.slots = append(c.slots, &slot{kind: client.Group + i%2})
	}
	for i := range workers {
		c.workers = append(c.workers, &worker{churn: c, number: i, rng: rand.New(rand.NewPCG(c.seed, uint64(i)))})
	}
	for i := 0; i < crowd; i += 2 {
		if err := c.api.Befriend(t.Context(), user(i), user(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	c.before = c.vitals()
	return c
}

func user(i int) string { return fmt.Sprintf("user%d", i) }

// work lets the workers bring users until there were that many logins in all.
func (c *churn) work(logins int64) {
	c.t.Helper()
	var working sync.WaitGroup
	for _, w := range c.workers {
		working.Go(func() {
			for c.logins.Load() < logins && !c.t.Failed() {
				if err := w.visit(); err != nil {
					c.t.Errorf("worker %d, at its visit %d: %v", w.number, w.visits, err)
				}
			}
		})
	}
	working.Wait()
	if c.t.Failed() {
		c.t.Fatalf("the server's output:\n%s", c.node.Stderr())
	}
}

// rest waits until the node is as it was, and keeps how it is.
func (c *churn) rest() {
	c.t.Helper()
	c.compareLists()
	c.http.CloseIdleConnections()
	c.settle(servertest.Patience, c.bounds)
}

// sleep waits until all actors are asleep, since nobody is there for whom they would be awake.
func (c *churn) sleep() {
	c.t.Helper()
	c.http.CloseIdleConnections()
	c.settle(asleepAfter, func() map[string]float64 { return nil })
}

// settle waits until the node is at rest, within the bounds of its actors.
func (c *churn) settle(patience time.Duration, bounds func() map[string]float64) {
	c.t.Helper()
	l := level{logins: c.logins.Load()}
	late := time.After(patience)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		l.bounds = bounds()
		l.at, l.vitals = time.Since(c.began), c.vitals()
		if c.atRest(l) {
			break
		}
		select {
		case <-tick.C:
		case <-late:
			c.t.Fatalf("something is left: %v\nafter the first tenth: %v\nbefore: %v", l, c.levels[:min(len(c.levels), 1)], c.before)
		}
	}
	c.t.Log(l)
	c.levels = append(c.levels, l)
}

// finish checks that the test proved something.
func (c *churn) finish() {
	c.t.Helper()
	c.t.Logf("%d logins, %d of them polled, %d of passengers, %d visits, %d messages heard, %d vanished during the login, %d groups and %d rooms made",
		c.logins.Load(), c.polled.Load(), c.passengers.Load(), c.visits.Load(), c.heard.Load(), c.vanished.Load(), c.mu.made[client.Group], c.mu.made[client.Room])
	last := c.levels[len(c.levels)-1]
	if c.levels[0].actors["user"] == 0 || last.actors["passenger"] == 0 {
		c.t.Error("no user or passenger was awake: the bounds of actors prove nothing")
	}
	if c.polled.Load() == 0 || c.strangers.Load() == 0 {
		c.t.Error("nobody was polled, or no strangers met")
	}
	if c.heard.Load() < c.logins.Load() || len(c.mu.ended[client.Group]) == 0 || len(c.mu.ended[client.Room]) == 0 {
		c.t.Error("too little was heard, or nothing deleted")
	}
}

// ask sends one request and decodes its answer into v, unless that is nil. An answer that has another status is a
// *statusError.
func (c *churn) ask(method, path string, body any, want int, v any) error {
	ctx, cancel := context.WithTimeout(c.t.Context(), servertest.Patience)
	defer cancel()
	status, answer, err := c.api.Send(ctx, method, path, body)
	switch {
	case err != nil:
		return err
	case status != want:
		return &statusError{method + " " + path, status, string(answer)}
	case v != nil:
		return json.Unmarshal(answer, v)
	}
	return nil
}

// statusError is an answer that was not expected.
type statusError struct {
	request string
	status  int
	answer  string
}

// Error tells the answer.
func (e *statusError) Error() string { return fmt.Sprintf("%s: %d %s", e.request, e.status, e.answer) }
