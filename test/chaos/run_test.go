package chaos

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
)

// run is one run: the cluster, who is on it, and what goes wrong.
type run struct {
	*servertest.Cluster
	t       *testing.T
	seed    uint64
	mesh    *mesh
	journal *journal
	users   []*user
	rosters []*roster
	shots   []*shot
	// members are the users of a conversation, by its name; room is the one that is a room, shards are those of the groups.
	members map[string][]*user
	room    string
	shards  []uint32

	figures []figure
	alone   []alone
	// quiet, stop end the rosters, and what strands say that is new; leave ends all.
	quiet, leave context.CancelFunc
	stop         chan struct{}
	calls, talks sync.WaitGroup
}

const (
	userCount  = 12
	groupLimit = userCount / 2
	shardCount = 16
	// strandPause and roomPause are the times between a success and the next message.
	strandPause = servertest.Slowdown * 100 * time.Millisecond
	roomPause   = servertest.Slowdown * 500 * time.Millisecond
)

// newRun starts a cluster and everybody on it, and returns when all are connected.
func newRun(t *testing.T, seed uint64) *run {
	t.Helper()
	r := &run{t: t, seed: seed, journal: newJournal(), members: map[string][]*user{}, stop: make(chan struct{})}
	r.Cluster = servertest.NewCluster(t, 3, "--shards", fmt.Sprint(shardCount), "--retention", "8760h",
		"--limit-group-members", fmt.Sprint(groupLimit), "--limit-room-members", fmt.Sprint(userCount))
	r.mesh = newMesh(t, r.Cluster)
	r.Launch()
	r.AwaitReady()
	r.invite()
	r.begin()
	return r
}

func (r *run) begin() {
	r.t.Helper()
	talk, leave := context.WithCancel(context.Background())
	call, quiet := context.WithCancel(talk)
	r.leave, r.quiet = leave, quiet
	r.t.Cleanup(func() { // also when the test ends early
		leave()
		r.calls.Wait()
		r.talks.Wait()
	})
	for _, u := range r.users {
		r.talks.Go(func() { u.run(talk, r.stop) })
	}
	for _, o := range r.rosters {
		r.calls.Go(func() { o.run(call) })
	}
	servertest.Eventually(r.t, "all talk", func() bool { return r.lagging(time.Time{}) == "" })
}

// lagging names somebody who had no success since then, or has not heard what they should have, "" = nobody.
func (r *run) lagging(since time.Time) string {
	for _, u := range r.users {
		l := u.present()
		if l == nil {
			return u.name + ", who is not connected"
		}
		if !l.latest(r.room).After(since) {
			return u.name + ", who hears nothing in the room"
		}
		for _, s := range u.strands {
			if at := s.acked.Load(); s.shot == nil && (at == 0 || began.Add(time.Duration(at)).Before(since)) {
				return u.name + " in " + s.conversation
			}
		}
	}
	for _, s := range r.shots {
		if lagging := s.lagging(); lagging != "" {
			return lagging
		}
	}
	return ""
}

// ended names the nodes that ended by themselves.
func (r *run) ended() (names []string) {
	for _, n := range r.Nodes {
		if !n.Running() {
			names = append(names, n.Name)
		}
	}
	return names
}

// keep writes what the nodes logged to files, when the test has failed.
func (r *run) keep() {
	if dir := os.Getenv("PARLEY_CHAOS_LOGS"); r.t.Failed() && dir != "" {
		for _, n := range r.Nodes {
			path := fmt.Sprintf("%s/%d-%s.log", dir, r.seed, n.Name)
			_ = os.WriteFile(path, []byte(strings.TrimSpace(n.Stderr())+"\n"), 0o644) // the test has failed anyway
		}
	}
}
