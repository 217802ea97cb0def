package hostile

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/transport/ws/wstest"
)

const (
	// listeners is how many are in the room beside the one that does not read and the one that speaks; fewer with the race
	// detector.
	listeners = 1000/servertest.Slowdown - 1
	// told is how much is said in the room at least.
	told = 200
)

// One of a thousand in a room reads nothing, while the room and a friend send to it. It is closed, with 1008 behind what
// it got; the 999 others get every message of the room, in order. What waits for it is counted until then. Fails when the slow are cut
// without a word.
func TestDeaf_OneOfAThousandIsCutAndNobodyNotices(t *testing.T) {
	s := lay(t, "--limit-room-members", fmt.Sprint(listeners+2))
	s.befriend("friend", "deaf")
	room := s.room(t)
	ears := s.listen()
	voice := &voice{t: t, Conn: s.dial("voice", client.Options{}), room: room}
	friend := s.dial("friend", client.Options{})
	deaf := s.enter(t, "deaf") // and it reads no more
	long := client.Text("deaf", strings.Repeat("x", 60_000))
	queued := 0.0
	var behind time.Time
	for m := s.Metrics(); m["parley_slow_disconnects_total"] == 0; m = s.Metrics() {
		if queued = max(queued, m["parley_connection_queued_bytes"]); queued > 0 && behind.IsZero() {
			behind = time.Now()
		}
		voice.speak()
		for range 10 {
			s.must(friend.Say(long, nil))
		}
		if voice.said > told*10 {
			t.Fatal("the one that does not read was not cut")
		}
	}
	if time.Since(behind) < 10*time.Second {
		deaf.WantClose(tooSlow)
	} else {
		t.Log("on this machine it may have been cut for the time that a write took (docs/limits.md, L23), which has no code")
	}
	for voice.said < told {
		voice.speak()
	}
	for _, e := range ears {
		e.wantAll(voice.said)
	}
	if n := s.Metrics()["parley_slow_disconnects_total"]; n != 1 {
		t.Errorf("%v were cut for being slow, want 1", n)
	}
	if queued == 0 || queued > (listeners+3)*(4<<20) {
		t.Errorf("%v bytes waited at most, want some, and no more than all may have", queued)
	}
	servertest.Eventually(t, "nothing waits", func() bool { return s.Metrics()["parley_connection_queued_bytes"] == 0 })
}

// room makes one of all of them.
func (s *siege) room(t *testing.T) client.To {
	t.Helper()
	members := []string{"voice", "deaf"}
	for i := range listeners {
		members = append(members, fmt.Sprint("ear", i))
	}
	status, body, err := s.rest().Send(t.Context(), http.MethodPost, "/rooms", map[string]any{"members": members})
	var id string
	if err != nil || status != http.StatusOK || json.Unmarshal(body, &id) != nil {
		t.Fatalf("%d %s %v", status, body, err)
	}
	return client.To{ID: id, Type: client.Room}
}

// voice says 1, 2, 3... in a room.
type voice struct {
	*client.Conn
	t    *testing.T
	room client.To
	said int
}

// speak says the next number and waits until it was passed on. It says it again when nobody knows whether it was.
func (v *voice) speak() {
	v.t.Helper()
	v.said++
	for !v.isPassedOn() {
	}
}

func (v *voice) isPassedOn() bool {
	v.t.Helper()
	answers := make(chan client.Answer, 1)
	if err := v.Say(client.TextTo(v.room, strconv.Itoa(v.said)), func(a client.Answer) { answers <- a }); err != nil {
		v.t.Fatal(err)
	}
	select {
	case a := <-answers:
		if !a.Success && a.Error != unavailable && a.Error != overloaded {
			v.t.Fatalf("answered %+v", a)
		}
		return a.Success
	case <-time.After(patience):
		v.t.Fatal("not answered")
		return false
	}
}

// ear hears what is said in the room, and expects 1, 2, 3...
type ear struct {
	*client.Conn
	t *testing.T
	// heard is the last number that was in order, wrong counts what was not.
	heard, wrong atomic.Int64
}

// listen logs all listeners in, some at a time.
func (s *siege) listen() (ears []*ear) {
	s.t.Helper()
	var all sync.WaitGroup
	turns := make(chan bool, 16)
	for i := range listeners {
		e := &ear{t: s.t}
		ears = append(ears, e)
		turns <- true
		all.Go(func() {
			defer func() { <-turns }()
			var err error
			if e.Conn, err = s.tryDial(fmt.Sprint("ear", i), client.Options{Revision: 3 + i%2, On: e.on}); err != nil {
				s.t.Error(err)
			}
		})
	}
	all.Wait()
	if s.t.Failed() {
		s.t.FailNow()
	}
	return ears
}

func (e *ear) on(_ string, arg json.RawMessage) {
	var m struct{ Content struct{ Body string } }
	next := strconv.FormatInt(e.heard.Load()+1, 10)
	switch err := json.Unmarshal(arg, &m); {
	case err == nil && m.Content.Body == next:
		e.heard.Add(1)
	case err == nil && m.Content.Body == strconv.FormatInt(e.heard.Load(), 10): // said again
	default:
		e.wrong.Add(1)
	}
}

// wantAll waits until all was heard.
func (e *ear) wantAll(said int) {
	e.t.Helper()
	servertest.Eventually(e.t, "all of the room was heard", func() bool { return e.heard.Load() == int64(said) || ended(e.Conn) })
	if e.heard.Load() != int64(said) || e.wrong.Load() > 0 || ended(e.Conn) {
		e.t.Errorf("an ear heard up to %d of %d, %d out of order, disconnected: %v", e.heard.Load(), said, e.wrong.Load(), ended(e.Conn))
	}
}

func ended(c *client.Conn) bool {
	select {
	case <-c.Done():
		return true
	default:
		return false
	}
}

// Whoever asks and asks and reads no answer is cut for it, too.
func TestDeaf_ItsOwnAnswersCutIt(t *testing.T) {
	s := lay(t)
	for name, packet := range map[string]string{
		"to pings":    "2" + strings.Repeat("x", 125),
		"to CONNECTs": "40/" + strings.Repeat("x", 200),
		"to says":     `42/chat,7["say",{}]`,
	} {
		t.Run(name, func(t *testing.T) {
			c := s.enter(t, "eve")
			s.must(c.Conn.SetWriteDeadline(time.Now().Add(servertest.Patience)))
			before := s.Metrics()["parley_slow_disconnects_total"]
			cut := func() bool { return s.Metrics()["parley_slow_disconnects_total"] > before }
			raw := []byte(strings.Repeat(masked(fin|wstest.Text, packet), 1000))
			var since time.Time // it may have been cut
			for {
				looked := time.Now()
				if cut() {
					break
				}
				since = looked
				if _, err := c.Conn.Write(raw); err != nil {
					break
				}
			}
			servertest.Eventually(t, "it is cut", cut)
			// With the race detector what comes before the close frame, 4 MiB, is not read in time either.
			if late := time.Since(since); late > farewell || servertest.RaceDetector {
				t.Logf("noticed too late for the close frame, %v after the cut at most", late)
				return
			}
			c.WantClose(tooSlow)
		})
	}
}

// farewell is how long one that is cut is surely heard of: after 2 s its connection is reset, close frame and all.
const farewell = time.Second
