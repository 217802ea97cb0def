package connect_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/parley-im/parley/bench/connect"
	"github.com/parley-im/parley/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// small is the run that is made for results, in a size for every day: who polls leaves by closing its socket, and the actors
// of users, which stay for two minutes, are not waited for.
func small(t *testing.T) connect.Options {
	return connect.Options{
		Binary: servertest.Binary(t), Members: 100, Transports: connect.Transports(), Revision: 3, Cut: true, Still: 200 * time.Millisecond,
	}
}

// The whole run, small, of both transports and revisions: every member has a session and is logged in when the node is looked at, and
// nothing of that is left afterwards, long before a node would have ended sessions that are silent. Checked by breaking it:
// with clients who poll and keep their sockets when they are to cut them, sessions are there for 85 s.
func TestRun_CountsWhatSessionsTakeAndThatItIsGone(t *testing.T) {
	t.Parallel()
	for revision, transports := range map[int][]connect.Transport{3: connect.Transports(), 4: {connect.Polling}} {
		o := small(t)
		o.Revision, o.Transports = revision, transports
		if err := o.Validate(); err != nil {
			t.Fatal(err)
		}
		r, err := connect.Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Transports) != len(transports) {
			t.Fatalf("measured %+v", r.Transports)
		}
		for i, m := range r.Transports {
			if m.Transport != transports[i] {
				t.Errorf("measured %s, want %s", m.Transport, transports[i])
			}
			wantSessions(t, o, m)
			if m.Connect.PerSecond <= 0 || m.LogIn.PerSecond <= 0 || m.SessionsGone <= 0 || m.ConnectionsGone <= 0 {
				t.Errorf("a figure is missing: %+v", m)
			}
			if m.SessionsGone > 60 {
				t.Errorf("%s: sessions were there for %v s after their sockets had been cut", m.Transport, m.SessionsGone)
			}
		}
	}
}

// loose is how many descriptors a sample may have more or less than its sessions explain, those for what pollers post included.
const loose = 40

// wantSessions checks that each sample is of as many sessions as there should be.
func wantSessions(t *testing.T, o connect.Options, m connect.Measurement) {
	t.Helper()
	for _, s := range []struct {
		name            string
		sample          connect.Sample
		sessions, users int
	}{
		{"before", m.Before, 0, 0},
		{"connected", m.Connected, o.Members, 0},
		{"logged in", m.LoggedIn, o.Members, o.Members},
		{"left", m.Left, 0, o.Members},
	} {
		more := s.sample.Descriptors - m.Before.Descriptors - s.sessions // what the node's parts open now and then
		if s.sample.Sessions != s.sessions || s.sample.Users < s.users || s.sample.Users > s.users+1 || more < -loose || more > loose {
			t.Errorf("%s, %s: %+v, want %d sessions, and actors of %d users, or one more, that readiness is tried on", m.Transport, s.name, s.sample, s.sessions, s.users)
		}
	}
	if _, err := os.Stat("/proc/self/status"); err == nil && (m.Before.RSS == 0 || m.Peak == 0) {
		t.Errorf("%s: no resident memory in %+v", m.Transport, m)
	}
	live := func(s connect.Sample) float64 { return float64(s.Live) }
	if m.LoggedIn.PerSession(m.Before, live) <= 0 {
		t.Errorf("%s: users who are logged in take no memory: %+v", m.Transport, m)
	}
}

// A run that is told to end does so, whatever it waits for, and leaves no goroutine and no node behind: that the package's
// tests end without either is checked when they are over.
func TestRun_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	for _, phase := range []string{"polling, connecting", "polling, logging in"} {
		o := small(t)
		ctx, cancel := context.WithCancel(t.Context())
		o.OnProgress = func(now string, done, _ int64) {
			if now == phase && done <= 50 {
				cancel()
			}
		}
		o.Transports = []connect.Transport{connect.Polling}
		if _, err := connect.Run(ctx, o); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", phase, err)
		}
		cancel()
	}
}
