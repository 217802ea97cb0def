package gathering_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-im/parley/actors/core"
)

// Taken back event by event from its last state, a gathering tells at each whom it told then: the members of that time.
//
// Checked by breaking it: it fails when Rewind forgets who joined, who left, or the creation.
func TestGathering_RewindsToTheMembersOfEachEvent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := begin(owned)
		var events []core.Event
		members := []string{w.members()}
		for range rapid.IntRange(1, 40).Draw(t, "commands") {
			d, _ := w.do(commands(owned).Draw(t, "command"))
			events = append(events, d.Events...)
			members = append(members, make([]string, len(d.Events))...)
			members[len(members)-1] = w.members() // in the middle of a command nobody looks
		}
		past := begin(owned)
		if err := past.Unmarshal(w.Marshal()); err != nil {
			t.Fatal(err)
		}
		for i, ev := range slices.Backward(events) {
			past.Rewind(ev)
			if want := members[i]; want != "" && past.members() != want {
				t.Fatalf("before event %d the members were %s, want %s", i, past.members(), want)
			}
		}
	})
}

// members returns who is told what is said, by id, and the word "nobody" for none.
func (w *world) members() string {
	var all []string
	for _, tell := range w.TellMembers(nil) {
		all = append(all, tell.To.ID)
	}
	slices.Sort(all)
	if len(all) == 0 {
		return "nobody"
	}
	return strings.Join(all, " ")
}
