package chaos

import (
	"testing"
	"time"

	"github.com/parley-im/parley/test/client"
)

var answers = map[string]client.Answer{
	"same":        {Success: true, N: 1, TS: 10},
	"number":      {Success: true, N: 2, TS: 20},
	"unavailable": {Error: unavailable},
	"refused":     {Error: 5003},
}

// An answer that contradicts an earlier one to the same message, and a refusal that no client should get, are noted at once.
func TestJournal_NotesContradictions(t *testing.T) {
	for _, c := range []struct {
		name   string
		second string
		want   int
	}{
		{"the same again", `same`, 0},
		{"another number", `number`, 1},
		{"unavailable", `unavailable`, 0},
		{"not permitted", `refused`, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := newJournal()
			m := j.next("c", "tom", true)
			j.say(m, "node1")
			j.answer(m, answers["same"])
			j.answer(m, answers[c.second])
			if got := j.mu.faults; len(got) != c.want {
				t.Errorf("got %v, want %d faults", got, c.want)
			}
			if acks, open := j.counts(); acks != 1 || open != 0 {
				t.Errorf("got %d acknowledged and %d open, want 1 and 0", acks, open)
			}
		})
	}
}

// A friend who was said to be gone while a connection of theirs lasted flickered; one who came back later did not, nor one whose
// node was out of reach.
func TestFlickers_AreOfThoseWhoWereThere(t *testing.T) {
	watcher := memory{user: "tom", presence: []presence{{at: at(20), friend: "jerry"}, {at: at(20), friend: "kate"}, {at: at(21), friend: "kate", online: true}}}
	jerry := memory{user: "jerry", node: "node1", began: at(0), ended: at(40)}
	kate := memory{user: "kate", began: at(0), ended: at(18)}
	for node, want := range map[string]int{"node1": 0, "node2": 1} {
		figures := []figure{{hit: []string{node}, began: at(10), end: at(19)}}
		if got := flickers([]memory{watcher, jerry, kate}, figures); got != want {
			t.Errorf("%s was out of reach: got %d, want %d", node, got, want)
		}
	}
}

// The longest waits are told apart by where they were: at the node that was hit, or elsewhere; and are those of the time of the
// disturbance alone.
func TestFigure_TellsTheWorst(t *testing.T) {
	f := figure{fault: "x", hit: []string{"node1"}, began: at(10), end: at(20), recovered: time.Second}
	said := map[string][]message{"c": {
		{first: "node1", last: "node2", invoked: at(12), answered: at(19)},
		{first: "node2", last: "node2", invoked: at(12), answered: at(15)},
		{first: "node2", last: "node2", invoked: at(0), answered: at(9)},
		{first: "node2", last: "node2", invoked: at(22), answered: at(40)},
		{first: "node2", last: "node2", invoked: at(12)},
	}}
	elsewhere, all, acks := f.worst(said)
	if elsewhere != 3*time.Second || all != 7*time.Second || acks != 1 {
		t.Errorf("got %v, %v and %d, want 3s, 7s and 1", elsewhere, all, acks)
	}
}
