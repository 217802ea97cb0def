package clock

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/ledger"
)

// place is where some of the talkers talk: a dialog, a group or a room.
type place struct {
	// name is a dialog's pair, the id of a group or a room.
	name    string
	kind    int
	members []string
}

// from returns how a member addresses the place.
func (p *place) from(user string) client.To {
	if p.kind != client.Friend {
		return client.To{ID: p.name, Type: p.kind}
	}
	return client.To{ID: p.members[1-slices.Index(p.members, user)]}
}

// talk is four users who talk without a pause, at six places: who is friends with whom, all in a group, all in a room.
type talk struct {
	*node
	users  []string
	guests map[string]*guest
	places []*place
	book   ledger.Book
	stop   chan struct{}
	done   sync.WaitGroup
}

func newTalk(n *node) *talk {
	n.t.Helper()
	k := &talk{node: n, users: []string{"tom", "jerry", "spike", "tyke"}, guests: map[string]*guest{}, stop: make(chan struct{})}
	for i, a := range k.users {
		b := k.users[(i+1)%len(k.users)]
		n.befriend(a, b)
		k.places = append(k.places, &place{dialogOf(a, b), client.Friend, []string{a, b}})
	}
	k.places = append(k.places,
		&place{n.gather("/groups", k.users...), client.Group, k.users},
		&place{n.gather("/rooms", k.users...), client.Room, k.users})
	return k
}

func (k *talk) group() *place { return k.places[len(k.places)-2] }
func (k *talk) room() *place  { return k.places[len(k.places)-1] }

// begin lets everybody log in, and then talk until end.
func (k *talk) begin() {
	k.t.Helper()
	for _, u := range k.users {
		k.guests[u] = k.login(u)
	}
	for _, u := range k.users {
		k.done.Go(func() { k.chatter(k.guests[u]) })
	}
}

// pace bounds how fast each talks, so that histories stay short enough to be read as a whole many times.
const pace = 10 * time.Millisecond

// chatter says one message after the other, at one place of the user's after the other, each when the last was answered.
func (k *talk) chatter(g *guest) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-k.stop:
			return
		case <-tick.C:
		}
		p := k.places[i%len(k.places)]
		if !slices.Contains(p.members, g.user) {
			continue
		}
		body := fmt.Sprintf("%s %d 你好 😀", g.user, i)
		page := k.book.Send(p.name, g.user, body)
		m := client.TextTo(p.from(g.user), body)
		if i%2 == 0 {
			m.ID = fmt.Sprintf("%s-%d", g.user, i)
		}
		a, ok := g.ask(m)
		if !ok || !a.Success {
			k.t.Errorf("%s: %q to %s was answered with %+v, %v", g.user, body, p.name, a, ok)
			return
		}
		if err := page.Ack(a.N, a.TS); err != nil {
			k.t.Error(err)
		}
	}
}

// more waits until so many messages more were acknowledged.
func (k *talk) more(acks int) {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), servertest.Patience)
	defer cancel()
	before, _ := k.book.Counts()
	if err := k.book.Await(ctx, before+acks, 0); err != nil {
		k.t.Fatal(err)
	}
}

// end stops the talk. Everything that was said is then answered.
func (k *talk) end() {
	close(k.stop)
	k.done.Wait()
}

// history returns the history of a dialog or group, oldest first.
func (k *talk) history(p *place) []ledger.Record {
	k.t.Helper()
	var records []client.Record
	var err error
	if p.kind == client.Group {
		records, err = k.rest.GroupHistory(k.t.Context(), p.name)
	} else {
		records, err = k.rest.History(k.t.Context(), p.members[0], p.members[1])
	}
	if err != nil {
		k.t.Fatal(err)
	}
	out := make([]ledger.Record, 0, len(records))
	for _, r := range records {
		out = append(out, ledger.Record{N: r.N, TS: r.TS, Speaker: r.Speaker, Body: r.Text()})
	}
	return out
}

// check compares history as it is, while everybody talks, with what was acknowledged before.
func (k *talk) check(when string) {
	k.t.Helper()
	for _, p := range k.places {
		if p.kind == client.Room {
			continue
		}
		before := k.book.Sent(p.name)
		history := k.history(p)
		sent := k.book.Sent(p.name)
		for i := range sent { // what was acknowledged meanwhile may be there or not
			sent[i].Acked = sent[i].Acked && i < len(before) && before[i].Acked
		}
		report(k.t, when+": "+p.name, ledger.Check(sent, history))
	}
}

// checkAll compares, after the end, history with what was said, and what was heard with both.
func (k *talk) checkAll() {
	k.t.Helper()
	for _, p := range k.places {
		var all []ledger.Record
		if p.kind == client.Room {
			all = acknowledged(k.book.Sent(p.name))
		} else {
			all = k.history(p)
			report(k.t, p.name, ledger.Check(k.book.Sent(p.name), all))
		}
		for _, u := range p.members {
			want := slices.DeleteFunc(slices.Clone(all), func(r ledger.Record) bool { return r.Speaker == u })
			servertest.Eventually(k.t, u+" has heard everything", func() bool { return len(k.guests[u].heardAt(p.name)) >= len(want) })
			if heard := k.guests[u].heardAt(p.name); !slices.Equal(heard, want) {
				k.t.Errorf("%s heard something else at %s: %d messages instead of %d\n%v\n%v", u, p.name, len(heard), len(want), heard, want)
			}
		}
	}
}

// acknowledged is what all must have heard in a room, in the order of the stamps. No two may have the same.
func acknowledged(sent []ledger.Sent) (all []ledger.Record) {
	for _, s := range sent {
		if s.Acked {
			all = append(all, ledger.Record{TS: s.TS, Speaker: s.Speaker, Body: s.Body})
		}
	}
	slices.SortFunc(all, func(a, b ledger.Record) int { return int(a.TS - b.TS) })
	return all
}

func report(t *testing.T, where string, faults []ledger.Fault) {
	t.Helper()
	for _, f := range faults[:min(len(faults), 10)] {
		t.Errorf("%s: %v", where, f)
	}
}
