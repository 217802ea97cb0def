package chaos

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/ledger"
)

// elsewherePatience is how long a client of a node that a fault did not hit may wait for an acknowledgement.
const elsewherePatience = servertest.Slowdown * 15 * time.Second

// finish lets everybody come to an end, reads all histories from every node, and checks everything.
func (r *run) finish() {
	r.t.Helper()
	defer r.keep()
	r.quiet()
	r.calls.Wait()
	close(r.stop)
	servertest.Eventually(r.t, "everything has an answer", func() bool {
		_, open := r.journal.counts()
		return open == 0
	})
	var faults []error
	for _, o := range r.rosters {
		faults = append(faults, r.checkLists(o)...)
	}
	histories := r.histories()
	r.settle(histories)
	lives := r.lives()
	r.leave()
	r.talks.Wait()
	said := r.journal.said()
	faults = append(faults, r.check(said, histories, lives)...)
	for _, o := range r.rosters {
		faults = append(faults, checkLinear(o.objects)...)
	}
	r.summarize(said, lives)
	r.report(faults)
}

// report prints what is wrong, of each guarantee some.
func (r *run) report(faults []error) {
	r.t.Helper()
	const most = 15
	times := map[string]int{}
	for _, f := range faults {
		guarantee, _, _ := strings.Cut(f.Error(), ":")
		if times[guarantee]++; times[guarantee] <= most {
			r.t.Error(f)
		}
	}
	for guarantee, n := range times {
		r.t.Errorf("%s: %d faults", guarantee, n)
	}
}

// settle waits until all have heard the last of what others said. If they never do, check says what they miss.
func (r *run) settle(histories map[string][]ledger.Record) {
	deadline := time.Now().Add(servertest.Patience / 2)
	for !r.settled(histories) && time.Now().Before(deadline) {
		wait(r.t.Context(), breath)
	}
}

func (r *run) settled(histories map[string][]ledger.Record) bool {
	for c, history := range histories {
		for _, u := range r.members[c] {
			i := len(history) - 1
			for i >= 0 && history[i].Speaker == u.name {
				i--
			}
			if l := u.present(); i >= 0 && (l == nil || l.last(c) < history[i].N) {
				return false
			}
		}
	}
	return true
}

func (r *run) lives() (all []memory) {
	for _, u := range r.users {
		all = append(all, u.memories()...)
	}
	return all
}

// check returns everything that is wrong with what clients noted and the nodes say.
func (r *run) check(said map[string][]message, histories map[string][]ledger.Record, lives []memory) (faults []error) {
	faults = slices.Clone(r.journal.mu.faults) // nobody writes any more
	for c, list := range said {
		if c != r.room {
			faults = append(faults, checkOrder(list, histories[c])...)
			faults = append(faults, checkWriter(list)...)
			faults = append(faults, checkMinority(list, r.alone)...)
		}
	}
	for _, l := range lives {
		faults = append(faults, l.faults...)
		for c, history := range histories {
			if slices.ContainsFunc(r.members[c], func(u *user) bool { return u.name == l.user }) {
				faults = append(faults, checkHeard(l, c, said[c], history)...)
			}
		}
		faults = append(faults, checkRoom(l, r.room, said[r.room])...)
	}
	for _, f := range r.figures {
		if elsewhere, _, _ := f.worst(said); elsewhere > elsewherePatience {
			faults = append(faults, fmt.Errorf("%s (%s): somebody elsewhere waited %v for an acknowledgement", f.fault, strings.Join(f.hit, " "), elsewhere))
		}
	}
	return faults
}

// histories reads all conversations but the room from every node; they must agree.
func (r *run) histories() map[string][]ledger.Record {
	r.t.Helper()
	all := map[string][]ledger.Record{}
	for c, members := range r.members {
		if c == r.room {
			continue
		}
		for i, n := range r.Nodes {
			got := r.history(n, c, members[0])
			if i > 0 && !slices.Equal(got, all[c]) {
				r.t.Errorf("G3: %s: the history of %s has %d records, that of %s has %d others", c, n.Name, len(got), r.Nodes[0].Name, len(all[c]))
			}
			all[c] = got
		}
	}
	return all
}

func (r *run) history(n *servertest.Node, conversation string, member *user) (out []ledger.Record) {
	r.t.Helper()
	i := slices.IndexFunc(member.strands, func(s *strand) bool { return s.conversation == conversation })
	to := member.strands[i].to
	var records []client.Record
	var err error
	switch to.Type {
	case client.Group:
		records, err = rest(n).GroupHistory(r.t.Context(), to.ID)
	case client.Stranger:
		records, err = rest(n).StrangerHistory(r.t.Context(), member.name, to.ID)
	default:
		records, err = rest(n).History(r.t.Context(), member.name, to.ID)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	for _, m := range records {
		out = append(out, ledger.Record{N: m.N, TS: m.TS, Speaker: m.Speaker, Body: m.Text()})
	}
	return out
}
