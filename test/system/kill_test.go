package system

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/ledger"
)

const (
	pairs = 8 // conversations, both sides of which talk; half of them are groups
	// minAcks and minPending are what each kill must have behind and before it, or it proves little.
	minAcks    = 50
	minPending = 20
)

// The process is killed with SIGKILL at random moments while sixteen users talk, in pairs of friends and in groups. After every restart each message that
// was ever acknowledged must be in history exactly once, where its acknowledgement said, with n without gaps and ts
// growing, and what was heard live must be what history has, in its order. Half of the users send again, with the same
// ids, what was unanswered, and that must not be doubled. Nobody hears what an earlier connection of theirs said: it is told
// before the restarted process takes connections.
//
// Checked by breaking it: without catchUp in internal/server the speakers hear themselves.
func TestKill_NothingAcknowledgedIsLost(t *testing.T) {
	kills, wantAcks := 10, 2000
	if os.Getenv("PARLEY_SOAK") != "" {
		kills, wantAcks = 100, 20000
	}
	r := newRampage(t)
	for range kills {
		r.round()
	}
	r.finish(wantAcks)
	if os.Getenv("PARLEY_SOAK") != "" {
		r.report()
	}
}

// rampage is the state of the kill test.
type rampage struct {
	t        *testing.T
	node     *servertest.Node
	seed     uint64
	rng      *rand.Rand
	book     *ledger.Book
	speakers []*speaker
	kills    []killed
	began    time.Time
}

// killed is what is known of one kill.
type killed struct {
	acks    int           // since the kill before
	pending int           // sends without an answer, just before the kill or after it, whichever is fewer
	restart time.Duration // from the start of the process until it was ready
}

func newRampage(t *testing.T) *rampage {
	r := &rampage{t: t, node: servertest.New(t), seed: seed(t), book: &ledger.Book{}, began: time.Now()}
	r.rng = rand.New(rand.NewPCG(r.seed, 0))
	r.node.Restart()
	for i := range pairs {
		a, b := fmt.Sprintf("tom%d", i), fmt.Sprintf("jerry%d", i)
		toB, toA := client.To{ID: b}, client.To{ID: a}
		if i%4 < 2 {
			r.befriend(a, b)
		} else {
			toB = r.group(a, b)
			toA = toB
		}
		r.speakers = append(r.speakers,
			newSpeaker(r.book, a, toB, a+" "+b, i%2 == 0), newSpeaker(r.book, b, toA, a+" "+b, i%2 == 0))
	}
	return r
}

func (r *rampage) befriend(a, b string) {
	r.t.Helper()
	if err := rest(r.node).Befriend(r.t.Context(), a, b); err != nil {
		r.t.Fatal(err)
	}
}

// group makes a group of the two and returns it as a target.
func (r *rampage) group(owner, member string) client.To {
	r.t.Helper()
	body := map[string]any{"owner": owner, "members": []string{member}}
	status, answer, err := rest(r.node).Send(r.t.Context(), http.MethodPost, "/groups", body)
	var id string
	if err := errors.Join(err, json.Unmarshal(answer, &id)); err != nil || status != http.StatusOK {
		r.t.Fatalf("POST /groups: %d %s %v", status, answer, err)
	}
	return client.To{ID: id, Type: client.Group}
}

// seed returns the seed of this run and prints it.
func seed(t *testing.T) uint64 {
	s := rand.Uint64()
	if text := os.Getenv("PARLEY_SEED"); text != "" {
		var err error
		if s, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("PARLEY_SEED: %v", err)
		}
	}
	t.Logf("PARLEY_SEED=%d repeats this run's choices", s)
	return s
}

// round talks until the random moment, kills, restarts and checks.
func (r *rampage) round() {
	r.t.Helper()
	before, _ := r.book.Counts()
	after := before + minAcks + r.rng.IntN(300)
	moment := time.Duration(r.rng.IntN(10_000)) * time.Microsecond
	var pending int
	r.talkUntil(after, func() {
		<-time.After(moment) // not a wait for something: the moment of the kill is random in time
		_, pending = r.book.Counts()
		r.node.Kill()
	})
	acks, open := r.book.Counts()
	k := killed{acks: acks - before, pending: min(pending, open)}
	if k.acks < minAcks || k.pending < minPending {
		r.t.Fatalf("kill %d: %d acks since the last, %d pending, want %d and %d at least", len(r.kills)+1, k.acks, k.pending, minAcks, minPending)
	}
	started := time.Now()
	r.node.Restart()
	k.restart = time.Since(started)
	r.kills = append(r.kills, k)
	r.check()
}

// talkUntil lets everybody talk until acks messages were acknowledged in all and enough are pending, and calls then.
// It returns when all connections have ended.
func (r *rampage) talkUntil(acks int, then func()) {
	r.t.Helper()
	stop := make(chan struct{})
	var talking sync.WaitGroup
	var conns []*client.Conn
	for _, s := range r.speakers {
		c := login(r.t, r.node, s.name, s.options())
		conns = append(conns, c)
		talking.Go(func() { s.talk(c, stop) })
	}
	ctx, cancel := context.WithTimeout(r.t.Context(), servertest.Patience)
	defer cancel()
	if err := r.book.Await(ctx, acks, minPending); err != nil {
		r.t.Errorf("%v\n%s", err, r.node.Stderr())
	}
	then()
	close(stop)
	for _, c := range conns {
		c.Cut()
	}
	talking.Wait()
	if r.t.Failed() {
		r.t.FailNow()
	}
}

// finish talks until wantAcks messages were acknowledged in all, lets the answers come, and checks a last time.
func (r *rampage) finish(wantAcks int) {
	r.t.Helper()
	if acks, _ := r.book.Counts(); acks < wantAcks {
		r.talkUntil(wantAcks, func() {})
	}
	r.check()
	acks, _ := r.book.Counts()
	heard := 0
	for _, s := range r.speakers {
		heard += len(slices.Concat(s.heard()...))
	}
	if heard == 0 {
		r.t.Error("nothing was heard live")
	}
	r.t.Logf("%d kills, %d acks in all, %d messages heard live: %+v", len(r.kills), acks, heard, r.kills)
}

// check compares every conversation's history with what was sent and acknowledged.
func (r *rampage) check() {
	r.t.Helper()
	for _, s := range r.speakers {
		for _, err := range s.faults() {
			r.t.Error(err)
		}
	}
	for i := 0; i < len(r.speakers); i += 2 {
		a, b := r.speakers[i], r.speakers[i+1]
		history := r.history(a)
		faults := ledger.Check(r.book.Sent(a.conversation), history)
		for _, heard := range slices.Concat(a.heard(), b.heard()) {
			faults = append(faults, ledger.CheckHeard(heard, history)...)
		}
		for _, f := range faults {
			r.t.Errorf("kill %d, %s: %v", len(r.kills), a.conversation, f)
		}
	}
	if r.t.Failed() {
		r.t.Fatalf("the server's output:\n%s", r.node.Stderr())
	}
}

func (r *rampage) history(s *speaker) []ledger.Record {
	r.t.Helper()
	var records []client.Record
	var err error
	if s.to.Type == client.Group {
		records, err = rest(r.node).GroupHistory(r.t.Context(), s.to.ID)
	} else {
		records, err = rest(r.node).History(r.t.Context(), s.name, s.to.ID)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	out := make([]ledger.Record, 0, len(records))
	for _, m := range records {
		out = append(out, ledger.Record{N: m.N, TS: m.TS, Speaker: m.Speaker, Body: m.Text()})
	}
	return out
}
