package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// server is one that is polled, for one session of Engine.IO 3.
type server struct {
	mu     sync.Mutex
	events []string
	gets   chan string // what the next GETs are answered with
}

func (s *server) note(event string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, event)
}

func (s *server) noted() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.events)
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if r.Method == http.MethodPost {
		body, _ := io.ReadAll(r.Body)
		s.note(fmt.Sprintf("POST %s to %s", body, q.Get("sid")))
		io.WriteString(w, "ok") //nolint:errcheck // the client tells
		return
	}
	if q.Get("sid") == "" {
		s.note("handshake b64=" + q.Get("b64"))
	}
	select {
	case answer := <-s.gets:
		io.WriteString(w, answer) //nolint:errcheck // the client tells
	case <-r.Context().Done():
		s.note("broken poll")
	}
}

// A session is polled by its id, each packet that comes is answered, and what is cut breaks off its poll and says so.
//
// Checked by breaking it: with a cut that only waits for the next answer, the test hangs; without leave, the last POST is
// missing.
func TestPoll_IsBrokenOffAndSaysSo(t *testing.T) {
	s := &server{gets: make(chan string, 3)}
	h := httptest.NewServer(s)
	defer h.Close()
	for _, packets := range [][]string{{`0{"sid":"s1"}`, "40"}, {`42/chat,["login",{"success":true,"id":"tom"}]`}, {`42/chat,["x","é"]`, "6"}} {
		var answer string
		for _, p := range packets {
			answer += lengths.encode(p)
		}
		s.gets <- answer
	}
	heard := make(chan string, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c, err := Dial(ctx, Options{
		Addr: h.Listener.Addr().String(), Revision: 3, Polling: true,
		On: func(event string, arg json.RawMessage) { heard <- event + string(arg) },
	})
	if err != nil || c.ID() != "tom" {
		t.Fatalf("logged in as %q, %v", c.ID(), err)
	}
	if got := <-heard; got != `x"é"` {
		t.Errorf("heard %s", got)
	}
	if err := c.Logout(); err != nil {
		t.Error(err)
	}
	c.Cut()
	want := []string{"handshake b64=1", "POST 8:40/chat, to s1", `POST 18:42/chat,["logout"] to s1`}
	last := []string{"POST 1:1 to s1", "broken poll"} // in any order
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		got := s.noted()
		slices.Sort(got[min(len(want), len(got)):])
		if slices.Equal(got, slices.Concat(want, last)) {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("got  %q\nwant %q", got, slices.Concat(want, last))
		}
	}
}
