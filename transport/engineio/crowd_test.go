package engineio_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/engineio/polltest"
)

// Sessions that are polled are bounded, those included that wait for a last poll; WebSockets are not counted.
func TestPoll_SessionsAreBounded(t *testing.T) {
	t.Parallel()
	s := serveWith(t, engineio.Options{MaxPolling: 2})
	first, _ := s.poll(t, polltest.Rev4)
	_, second := s.poll(t, polltest.Text3)
	crowded := func() bool { return !s.opens(t, "") }
	if !crowded() {
		t.Error("a third session was opened")
	}
	s.dial(t, rev3)
	second.Close("refused")
	second.wantReason(t, "refused")
	if !crowded() {
		t.Error("one that lingers makes room")
	}
	s.clock.Advance(15 * time.Second)
	if crowded() || !crowded() {
		t.Error("one that was forgotten makes not room for one")
	}
	first.Upgrade()
	eventually(t, "one that was upgraded makes room", func() bool { return !crowded() })
	if !crowded() {
		t.Error("one that was upgraded makes room for more than one")
	}
}

// opens reports whether a session that is polled can be opened with query. If not, it fails the test unless it is told properly.
func (s *server) opens(t *testing.T, query string) bool {
	t.Helper()
	a, err := polltest.New(t, s.url, polltest.Binary3).Do(t.Context(), http.MethodGet, query, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if a.Status == http.StatusOK {
		<-s.sessions
		return true
	}
	if a.Status != http.StatusServiceUnavailable || a.Code != 5014 || a.Header.Get("Retry-After") != "1" {
		t.Errorf("got %+v", a)
	}
	return false
}

// The logins of sessions that are polled are bounded together, and make room when their session is upgraded or forgotten;
// those of WebSockets do not count.
//
// Checked by breaking it: when nothing is charged the third login is taken; when it is not given back, no other is.
func TestPoll_LoginsAreBounded(t *testing.T) {
	t.Parallel()
	s := serveWith(t, engineio.Options{MaxPollingAuthBytes: 100})
	login := func(n int) string { return "auth=" + strings.Repeat("x", n) }
	open := func(n int) (*polltest.Client, *listener) {
		c := polltest.Open(t, s.url, polltest.Rev4, login(n))
		return c, <-s.sessions
	}
	first, _ := open(30)
	_, second := open(60)
	s.dial(t, rev3+"&"+login(1000))
	if s.opens(t, login(11)) {
		t.Error("101 bytes are taken")
	}
	if !s.opens(t, login(10)) || !s.opens(t, "") {
		t.Error("what fits is refused")
	}
	first.Upgrade()
	eventually(t, "one that was upgraded makes room", func() bool { return s.opens(t, login(30)) })
	if s.opens(t, login(1)) {
		t.Error("one that was upgraded makes room for more than it took")
	}
	second.Close("refused")
	second.wantReason(t, "refused")
	s.clock.Advance(15 * time.Second)
	if s.opens(t, login(61)) || !s.opens(t, login(60)) || s.opens(t, login(1)) {
		t.Error("one that was forgotten makes not room for what it took")
	}
}
