package baddays

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// A sync takes two seconds, and then six, longer than the log waits for a proposal. What must be stored waits, and clients
// repeat it; what is live goes on with little delay; metrics and log say it while it lasts. Afterwards all goes on by
// itself, and nothing was stored twice.
//
// Checked by breaking it: without the look-up of ids (actors/repeat.go: answerRepeat) the ledger finds messages that are
// there twice after the six seconds; a room whose messages wait for the disk is too late in both rounds.
func TestSlowSync_HoldsUpWhatIsStoredAndNothingElse(t *testing.T) {
	n := servertest.Start(t)
	l := begin(t, n)
	r := enter(t, n)
	for _, delay := range []time.Duration{2 * time.Second, 6 * time.Second} {
		l.await(100)
		command(t, n, fmt.Sprintf(`{"syncDelay":%q}`, delay))
		servertest.Eventually(t, "the metrics say that the disk stands still", func() bool {
			return n.Metrics()["parley_disk_stalled_seconds"] > 0.2
		})
		command(t, n, good) // what has begun still takes its time
		if usual := r.chat(delay / 2); usual > delay/3 {
			t.Errorf("half of a room's messages took %v or more while the disk stood still for %v", usual, delay)
		}
		l.await(100)
	}
	if m := n.Metrics(); m[`parley_disk_sync_seconds_bucket{le="4.096"}`] >= m["parley_disk_sync_seconds_count"] {
		t.Error("no sync took longer than four seconds")
	}
	if !strings.Contains(n.Stderr(), "disk is slow") {
		t.Errorf("the log does not say that the disk was slow:\n%s", n.Stderr())
	}
	t.Logf("refused and repeated, by code: %v", l.finish())
}

// room is a room in which one user talks and another listens.
type room struct {
	t       *testing.T
	to      client.To
	speaker *client.Conn
	heard   chan string
}

func enter(t *testing.T, n *servertest.Node) *room {
	t.Helper()
	r := &room{t: t, heard: make(chan string, 1)}
	r.to = gather(t, n, "/rooms", map[string]any{"members": []string{"spike", "tyke", "butch"}}, client.Room)
	var once sync.Once
	for _, user := range []string{"spike", "tyke"} {
		conn, err := dial(t.Context(), n, user, func(o client.Options) client.Options {
			if user == "tyke" {
				o.On = r.hear
			}
			return o
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(conn.Cut)
		once.Do(func() { r.speaker = conn })
	}
	return r
}

func (r *room) hear(event string, arg json.RawMessage) {
	var h client.Heard
	var content struct{ Body string }
	if event == "message" && json.Unmarshal(arg, &h) == nil && json.Unmarshal(h.Content, &content) == nil {
		r.heard <- content.Body
	}
}

// chat says one message after the other for so long, wants each to be heard and answered, and returns how long the slowest
// took.
func (r *room) chat(long time.Duration) (median time.Duration) {
	r.t.Helper()
	said, took := 0, []time.Duration(nil)
	for end := time.Now().Add(long); time.Now().Before(end); said++ {
		began := time.Now()
		answered := make(chan client.Answer, 1)
		if err := r.speaker.Say(client.TextTo(r.to, fmt.Sprint(said)), func(a client.Answer) { answered <- a }); err != nil {
			r.t.Fatal(err)
		}
		for _, what := range []string{"heard", "answered"} {
			select {
			case body := <-r.heard:
				if body != fmt.Sprint(said) {
					r.t.Fatalf("heard %q, want %d", body, said)
				}
			case a := <-answered:
				if !a.Success {
					r.t.Fatalf("refused with %d", a.Error)
				}
			case <-time.After(servertest.Patience):
				r.t.Fatalf("message %d is not %s", said, what)
			}
		}
		took = append(took, time.Since(began))
	}
	if said == 0 {
		r.t.Fatal("nothing was said in the room")
	}
	slices.Sort(took)
	median = took[said/2]
	r.t.Logf("%d messages in the room in %v, half of them in %v, %v at most", said, long, median, took[said-1])
	return median
}
