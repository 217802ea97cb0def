package system

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/storm"
)

// openSendings is how many sendings must be without an answer at each kill, or it proves little.
const openSendings = 20

// Friends, a group, strangers and a passenger send each message ten times, from five new connections at a time, all with the same ids,
// while the process is killed with SIGKILL at random moments and started again; at the end it is killed once more, and everything is sent
// an eleventh time. Each message is in history once, by time and by number, where each of its answers said, which call all but
// one of them a duplicate; numbers have no gaps; nobody's id takes the place of somebody else's; and no connection hears a message twice.
// With PARLEY_SOAK there are forty kills.
//
// Checked by breaking it: it fails when ids are not looked up (actors/repeat.go: answerRepeat), when those that are about to be
// stored are not known (actors/repeat.go: repeated), when a repeat is not called one, and when ids are not the speaker's own
// (transport/dispatch/ids.go: clientCommandID).
func TestStorm_EveryMessageTakesEffectOnce(t *testing.T) {
	kills, answers := 3, 500
	soak := os.Getenv("PARLEY_SOAK") != ""
	if soak {
		kills, answers = 40, 3000
	}
	began := time.Now()
	chance := seed(t)
	rng := rand.New(rand.NewPCG(chance, 1))
	n := servertest.Start(t)
	s := newStorm(t, n)
	var open []int
	for range kills {
		awaitStorm(t, s, answers)
		<-time.After(time.Duration(rng.IntN(10_000)) * time.Microsecond) // not a wait for something: the moment of the kill is random in time
		_, pending := s.Counts()
		open = append(open, pending)
		n.Kill()
		n.Restart()
	}
	awaitStorm(t, s, answers)
	s.Finish()
	n.Kill()
	n.Restart()
	if err := s.Repeat(); err != nil {
		t.Fatal(err)
	}
	faults, err := s.Check(t.Context(), rest(n))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults[:min(len(faults), 20)] {
		t.Error(f)
	}
	t.Logf("%d kills with %v sendings under way: %v, %d faults", kills+1, open, s.Figures(), len(faults))
	if soak && !t.Failed() {
		reportStorm(t, began, fmt.Sprintf("PARLEY_SEED=%d; %d kills, with %d to %d sendings under way, and one more.", chance, kills, slices.Min(open), slices.Max(open)), s.Figures())
	}
}

// newStorm begins a storm on a node.
func newStorm(t *testing.T, n *servertest.Node) *storm.Storm {
	t.Helper()
	befriend(t, n, storm.Friends[0], storm.Friends[1])
	group := found(t, n, "/groups", map[string]any{"owner": storm.Members[0], "members": storm.Members})
	ctx, cancel := context.WithCancel(t.Context())
	s := storm.New(ctx, storm.Options{
		Group: group, Patience: servertest.Patience,
		Dial: func(ctx context.Context, _ int, o client.Options) (*client.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, servertest.Patience)
			defer cancel()
			o.Addr, o.App, o.Sign = n.Listen, servertest.App, client.SignNow(servertest.ClientKey)
			return client.Dial(ctx, o)
		},
	})
	t.Cleanup(func() { // also when the test ends early
		cancel()
		s.Wait()
	})
	if err := s.Begin(); err != nil {
		t.Fatal(err)
	}
	return s
}

// awaitStorm waits until so many sendings more were answered, and enough are under way.
func awaitStorm(t *testing.T, s *storm.Storm, more int) {
	t.Helper()
	before, _ := s.Counts()
	servertest.Eventually(t, fmt.Sprintf("%d answers more", more), func() bool {
		answers, open := s.Counts()
		return answers >= before+more && open >= openSendings
	})
}

// reportStorm writes what a long run found to docs/reports, for committing.
func reportStorm(t *testing.T, began time.Time, what string, f storm.Figures) {
	t.Helper()
	var b strings.Builder
	b.WriteString("# Storm: every message eleven times, and kills\n\n")
	fmt.Fprintf(&b, "`make soak`, on %s, commit %s, took %v. %s\n\n", machine(), commit(), time.Since(began).Round(time.Second), what)
	fmt.Fprintf(&b, "Friends, a group, strangers and a passenger with a user; each message %d times, from %d new connections at a time, and\n"+
		"once more after the last restart. All speakers use the same ids.\n\n", storm.Repeats, storm.AtOnce)
	fmt.Fprintf(&b, "%v.\n\nLost, doubled, answered with another number, stamp or id, not called a duplicate, gaps, heard twice on a connection: 0.\n", f)
	path := filepath.Join("..", "..", "docs", "reports", "storm-"+began.UTC().Format(time.DateOnly)+".md")
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("wrote %s", path)
}
