package system

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// fullRoom says how large a room gets, and what is done in it on the way.
type fullRoom struct {
	// sizes are the numbers of members at which it is measured; the last one is the most that the server allows.
	sizes []int
	// every is how many members come to one with a socket; the first ten have one, too.
	every int
	// turns is how often somebody joins and leaves at each size, said how many messages are said there.
	turns, said int
	// leavers and comers have sockets, and leave and come when all are there.
	leavers, comers int
}

func soaking() bool { return os.Getenv("PARLEY_SOAK") != "" }

func howFull() fullRoom {
	if soaking() {
		return fullRoom{sizes: []int{10, 1000, 10_000, 50_000, 100_000}, every: 25, turns: 300, said: 40, leavers: 400, comers: 100}
	}
	return fullRoom{sizes: []int{10, 1000, 3000}, every: 50, turns: 10, said: 5, leavers: 10, comers: 5}
}

// atATime is how many join by one call, and hands how many log in at a time.
const (
	atATime = 3000
	hands   = 16
)

// A room is filled to the most that it may have, with sockets spread evenly over the order of joining. On the way one user after the
// other joins and leaves; what is said is heard by everybody in it who is connected, once and in order; who left hears nothing any more,
// who came hears what is said from then on. Full, it takes nobody else, and its pages name everybody in the order of joining. Deleted,
// nobody is in it. With PARLEY_SOAK there are 100,000 members, 4,000 of them connected, a join and a leave may take the server twice at
// the most what they took it with 1,000, and a report is written.
//
// Checked by breaking it: it fails when a room hands what is said to all listeners but one (transport/hub/batch.go: give), when who left
// goes on listening (transport/hub/listen.go: leaveLocked), and when a page begins one member too late (actors/gathering/read.go).
func TestRooms_FullOnesWork(t *testing.T) {
	t.Parallel()
	how := howFull()
	most := how.sizes[len(how.sizes)-1]
	n := servertest.Start(t, "--limit-room-members", strconv.Itoa(most))
	c := gather(t, n, how)
	c.connect(most)
	before := c.rest()
	for _, size := range how.sizes {
		c.fill(size - 1)
		c.levels = append(c.levels, c.measure(size))
		t.Log(c.levels[len(c.levels)-1])
	}
	c.fill(most)
	c.refuses("one-more")
	c.readAll()
	full := c.rest()
	c.change()
	c.readAll()
	c.delete()
	gone := c.rest()
	t.Logf("MiB of heap: %.0f with the sockets alone, %.0f with the room, %.0f when it was deleted", before.liveMiB, full.liveMiB, gone.liveMiB)
	if !soaking() {
		return
	}
	asleep := c.fallsAsleep(before.liveMiB + heapSlackMiB + float64(most*perRoomHeap)/(1<<20))
	c.growsNot()
	if !t.Failed() {
		c.report(before, full, gone, asleep)
	}
}

// multitude is a room and those who are in it, or will be.
type multitude struct {
	t         *testing.T
	n         *servertest.Node
	api       client.REST
	how       fullRoom
	path, id  string
	began     time.Time
	members   []string // in the order of joining
	listeners map[string]*listener
	speaker   *client.Conn // the first member's
	said      int
	heard     int // how often, by all
	levels    []sized
	readIn    time.Duration // all pages, the last time
}

// listener is a member with a socket.
type listener struct {
	conn *client.Conn
	// wants is what was said while it was in the room.
	wants []string

	mu    sync.Mutex
	heard []string
}

func gather(t *testing.T, n *servertest.Node, how fullRoom) *multitude {
	t.Helper()
	c := &multitude{t: t, n: n, api: rest(n), how: how, began: time.Now(), listeners: map[string]*listener{}}
	c.id = found(t, n, "/rooms", map[string]any{"name": "all of them"})
	c.path = "/rooms/" + c.id + "/members"
	return c
}

// nameOf returns who joins after so many others.
func nameOf(place int) string { return fmt.Sprintf("member-%06d", place) }

// connect logs in those of so many members who have sockets, and those who come later.
func (c *multitude) connect(most int) {
	var names []string
	for i := range most {
		if i < 10 || i%c.how.every == 0 {
			names = append(names, nameOf(i))
		}
	}
	for i := range c.how.comers {
		names = append(names, fmt.Sprint("comer-", i))
	}
	for _, name := range names {
		c.listeners[name] = &listener{}
	}
	var all sync.WaitGroup
	for part := range slices.Chunk(names, (len(names)+hands-1)/hands) {
		all.Go(func() {
			for _, name := range part {
				l := c.listeners[name]
				l.conn = login(c.t, c.n, name, client.Options{On: l.hear})
			}
		})
	}
	all.Wait()
	c.speaker = c.listeners[nameOf(0)].conn
}

func (l *listener) hear(event string, arg json.RawMessage) {
	var h client.Heard
	var content struct{ Body string }
	what := event + " " + string(arg)
	if event == "message" && json.Unmarshal(arg, &h) == nil && json.Unmarshal(h.Content, &content) == nil {
		what = content.Body
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = append(l.heard, what)
}

// all is what was heard.
func (l *listener) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.heard)
}

// fill lets so many be members, and waits until those of them with sockets know it.
func (c *multitude) fill(size int) {
	c.t.Helper()
	var joining []string
	for i := len(c.members); i < size; i++ {
		joining = append(joining, nameOf(i))
	}
	for part := range slices.Chunk(joining, atATime) {
		servertest.Eventually(c.t, "they join", func() bool {
			status, text := c.call(http.MethodPost, c.path, map[string]any{"members": part})
			if status != http.StatusCreated && status != http.StatusServiceUnavailable { // those before are still being told
				c.t.Fatalf("%d %s", status, text)
			}
			return status == http.StatusCreated
		})
	}
	c.members = append(c.members, joining...)
	c.know(joining, `["`+c.id+`"]`)
}

// know waits until those of users who are connected are in these rooms.
func (c *multitude) know(users []string, rooms string) {
	c.t.Helper()
	for i, u := range users {
		if c.listeners[u] == nil && i%1000 != 999 && i != len(users)-1 {
			continue
		}
		servertest.Eventually(c.t, u+" is in "+rooms, func() bool {
			status, text := c.call(http.MethodGet, "/ctx/"+u+"/rooms", nil)
			return status == http.StatusOK && strings.TrimSpace(string(text)) == rooms
		})
	}
}

func (c *multitude) call(method, path string, body any) (int, []byte) {
	status, text, err := c.api.Send(c.t.Context(), method, path, body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return status, text
}

func (c *multitude) must(method, path string, body any, want int) time.Duration {
	c.t.Helper()
	from := time.Now()
	if status, text := c.call(method, path, body); status != want {
		c.t.Fatalf("%s %s: %d %.200s", method, path, status, text)
	}
	return time.Since(from)
}

// say lets the first member say so many messages, waits until everybody who is in the room has heard them, and returns how many that are.
func (c *multitude) say(times int) (listeners int) {
	c.t.Helper()
	var present []*listener
	for _, u := range c.members[1:] {
		if l := c.listeners[u]; l != nil {
			present = append(present, l)
		}
	}
	for range times {
		c.said++
		body := strconv.Itoa(c.said)
		for _, l := range present {
			l.wants = append(l.wants, body)
		}
		c.heard += len(present)
		sayAndWait(c.t, c.speaker, client.TextTo(to(c.id, client.Room), body))
	}
	c.allHear()
	return len(present)
}

// allHear waits until everybody has heard something for all that they want, and checks that it is that.
func (c *multitude) allHear() {
	c.t.Helper()
	for name, l := range c.listeners {
		var heard []string
		servertest.Eventually(c.t, name+" hears it", func() bool {
			heard = l.all()
			return len(heard) >= len(l.wants)
		})
		if !slices.Equal(heard, l.wants) {
			c.t.Fatalf("%s heard %v, want %v", name, heard, l.wants)
		}
	}
}

// refuses checks that nobody else gets in.
func (c *multitude) refuses(user string) {
	c.t.Helper()
	if status, text := c.call(http.MethodPost, c.path+"/"+user, nil); status != http.StatusBadRequest || client.ErrorCode(text) != 5008 {
		c.t.Errorf("a full room answers %d %s", status, text)
	}
}

// readAll checks that the pages name the members.
func (c *multitude) readAll() {
	c.t.Helper()
	from := time.Now()
	met, _ := readPages(c.t, c.n, strings.TrimSuffix(c.path, "/members"), 1000)
	c.readIn = time.Since(from)
	sameList(c.t, "read in pages", met, c.members)
}

// change lets some leave who are connected, half of them by a call each, and others come; and says something.
func (c *multitude) change() {
	c.t.Helper()
	var leavers, comers []string
	step := len(c.listeners) / c.how.leavers
	connected := slices.DeleteFunc(slices.Clone(c.members), func(u string) bool { return c.listeners[u] == nil })
	for i := 1; len(leavers) < c.how.leavers; i += max(1, min(step, len(connected)/(c.how.leavers+1))) {
		leavers = append(leavers, connected[i])
	}
	half := len(leavers) / 2
	for _, u := range leavers[:half] {
		c.must(http.MethodDelete, c.path+"/"+u, nil, http.StatusNoContent)
	}
	c.must(http.MethodDelete, c.path, map[string]any{"members": leavers[half:]}, http.StatusNoContent)
	for i := range c.how.comers {
		comers = append(comers, fmt.Sprint("comer-", i))
		c.must(http.MethodPost, c.path+"/"+comers[i], nil, http.StatusCreated)
	}
	left := map[string]bool{}
	for _, u := range leavers {
		left[u] = true
	}
	c.members = append(slices.DeleteFunc(c.members, func(u string) bool { return left[u] }), comers...)
	c.know(leavers, "[]")
	c.know(comers, `["`+c.id+`"]`)
	c.say(c.how.said)
}

// delete ends the room: nobody can say anything there, hears anything, or is in it.
func (c *multitude) delete() {
	c.t.Helper()
	took := c.must(http.MethodDelete, "/rooms/"+c.id, nil, http.StatusNoContent)
	c.t.Logf("deleted in %v", took)
	servertest.Eventually(c.t, "it is gone", func() bool {
		status, _ := c.call(http.MethodGet, c.path, nil)
		return status == http.StatusNotFound
	})
	c.know(c.members, "[]")
	answers := make(chan client.Answer, 1)
	if err := c.speaker.Say(client.TextTo(to(c.id, client.Room), "hello?"), func(a client.Answer) { answers <- a }); err != nil {
		c.t.Fatal(err)
	}
	if a := <-answers; a.Success {
		c.t.Error("something is said in a room that is deleted")
	}
	c.allHear()
}

// fallsAsleep waits until nobody is awake who has no socket, and the heap has no more than so many MiB.
func (c *multitude) fallsAsleep(mostMiB float64) (v vitals) {
	c.t.Helper()
	over := time.Now().Add(5 * time.Minute)
	for time.Now().Before(over) {
		<-time.After(2 * time.Second)
		v = c.rest()
		if v.actors["room"] == 0 && int(v.actors["user"]) <= len(c.listeners) && v.liveMiB <= mostMiB {
			return v
		}
	}
	c.t.Errorf("something of the room is awake, or the heap has more than %.0f MiB: %+v", mostMiB, v)
	return v
}

// rest is how the server is, after a collection of garbage.
func (c *multitude) rest() vitals { return vitalsOf(c.n) }
