package roster

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// member is node1 and so on; its data directory is its nth.
func member(number, nth int) Member {
	return Member{
		Name: fmt.Sprintf("node%d", number), NodeHostID: fmt.Sprintf("%08d-0000-4000-8000-%012d", number, nth),
		Raft: fmt.Sprintf("10.0.0.%d:7081", number), Actor: fmt.Sprintf("10.0.0.%d:7082", number),
	}
}

// cluster is one of so many first members.
func cluster(n int) Roster {
	var members []Member
	for i := range n {
		m := member(i+1, 1)
		m.Replica = uint64(i) + 1
		members = append(members, m)
	}
	return First(members)
}

// now is when things happen in these tests.
const now = im.Millis(1_000_000)

// then does what a rule says, which must not refuse.
func then(t *testing.T, r Roster, at im.Millis, rule func(Roster) ([]*pb.Event, error)) Roster {
	t.Helper()
	events, err := rule(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		r = r.fold(at, e)
	}
	return r
}

// refused checks that a rule refuses, with that kind and text.
func refused(t *testing.T, events []*pb.Event, err error, kind im.ErrorKind, text string) {
	t.Helper()
	if err == nil || im.KindOf(err) != kind || !strings.Contains(err.Error(), text) || len(events) > 0 {
		t.Errorf("%v, %v; want a refusal with %q", events, err, text)
	}
}

func up(names ...string) func(string) bool {
	return func(name string) bool { return slices.Contains(names, name) }
}

func all(string) bool { return true }

func (r Roster) hasLeft(m Member) bool {
	_, left := r.Gone(m.NodeHostID)
	return left
}

func invite(name string) func(Roster) ([]*pb.Event, error) {
	return func(r Roster) ([]*pb.Event, error) { return r.Invite(name, now) }
}

func admit(m Member, at im.Millis) func(Roster) ([]*pb.Event, error) {
	return func(r Roster) ([]*pb.Event, error) { return r.Admit(m, at) }
}

// who writes the members for a comparison.
func who(r Roster) string {
	var out []string
	for _, m := range r.Members {
		out = append(out, fmt.Sprintf("%s=%d", m.Name, m.Replica))
	}
	return strings.Join(out, " ")
}

// Who asks to be let in waits until its name is invited, is a member then, once, with the next number, and another node of
// that name is not let in by the same invitation.
//
// Checked by breaking it: without Invited the first Admit lets it in.
func TestAdmit_OnlyWhoIsInvited(t *testing.T) {
	t.Parallel()
	r := then(t, cluster(1), now, admit(member(2, 1), now))
	if who(r) != "node1=1" {
		t.Fatalf("an uninvited node is in: %s", who(r))
	}
	r = then(t, r, now, invite("node2"))
	r = then(t, r, now, admit(member(3, 1), now))
	r = then(t, r, now, admit(member(2, 1), now))
	again, err := r.Admit(member(2, 1), now)
	if who(r) != "node1=1 node2=2" || r.Invited("node2", now) || err != nil || len(again) > 0 {
		t.Errorf("%s, invited %v, asked again: %v %v", who(r), r.Invited("node2", now), again, err)
	}
	if r = then(t, r, now, admit(member(2, 2), now)); who(r) != "node1=1 node2=2" {
		t.Errorf("a second node2 is in: %s", who(r))
	}
}

func TestAdmit_InvitationsEnd(t *testing.T) {
	t.Parallel()
	r := then(t, cluster(1), now, invite("node2"))
	day := im.Millis(InvitationTime.Milliseconds())
	if got := then(t, r, now+day, admit(member(2, 1), now+day)); who(got) != "node1=1" {
		t.Errorf("after a day: %s", who(got))
	}
	if got := then(t, r, now+day-1, admit(member(2, 1), now+day-1)); who(got) != "node1=1 node2=2" {
		t.Errorf("before: %s", who(got))
	}
	if events, _ := r.Invite("node2", now+im.Millis(time.Minute.Milliseconds())); len(events) != 0 {
		t.Error("who repeats the command writes once more")
	}
	r = then(t, r, now, func(r Roster) ([]*pb.Event, error) { return r.Remove("node2", all) })
	if r.Invited("node2", now) || who(r) != "node1=1" {
		t.Errorf("withdrawn: %v, %s", r.Invitations, who(r))
	}
}

// A node that joins under the name of a member takes its place with a number of its own; the old data directory never gets
// back in, whatever is invited. Numbers of members that left are not used again.
//
// Checked by breaking it: with the number of members + 1 the second replacement has a number that was there.
func TestReplace_TakesThePlaceForGood(t *testing.T) {
	t.Parallel()
	r := cluster(3)
	replace := func(r Roster) ([]*pb.Event, error) { return r.Replace("node2", now, up("node1", "node3")) }
	r = then(t, then(t, r, now, replace), now, admit(member(2, 2), now))
	if who(r) != "node1=1 node3=3 node2=4" {
		t.Errorf("replaced: %s", who(r))
	}
	r = then(t, then(t, r, now, replace), now, admit(member(2, 3), now))
	if who(r) != "node1=1 node3=3 node2=5" || !r.hasLeft(member(2, 1)) || !r.hasLeft(member(2, 2)) || r.hasLeft(member(2, 3)) {
		t.Errorf("replaced twice: %s, left %v", who(r), r.Left)
	}
	r = then(t, r, now, replace)
	events, err := r.Admit(member(2, 1), now)
	refused(t, events, err, im.Conflict, "begin with an empty one")
	events, err = r.Replace("node9", now, all)
	refused(t, events, err, im.NotFound, "no node \"node9\"")
}

// What does not fit beside the members is refused with the reason, and no invitation helps.
func TestAdmit_RefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	r := then(t, cluster(2), now, invite("node3"))
	for name, c := range map[string]struct {
		change func(*Member)
		kind   im.ErrorKind
		want   string
	}{
		"an address of another":     {func(m *Member) { m.Actor = "10.0.0.1:7081" }, im.Conflict, "is the address of node1"},
		"one address for both":      {func(m *Member) { m.Actor = m.Raft }, im.Invalid, "both"},
		"no host":                   {func(m *Member) { m.Raft = ":7081" }, im.Invalid, "HOST:PORT"},
		"every host":                {func(m *Member) { m.Raft = "0.0.0.0:7081" }, im.Invalid, "HOST:PORT"},
		"no port":                   {func(m *Member) { m.Actor = "10.0.0.3:0" }, im.Invalid, "HOST:PORT"},
		"a long host":               {func(m *Member) { m.Actor = strings.Repeat("x", 300) + ":1" }, im.Invalid, "HOST:PORT"},
		"no id":                     {func(m *Member) { m.NodeHostID = "x" }, im.Invalid, "is none"},
		"the directory of a member": {func(m *Member) { m.NodeHostID = member(1, 1).NodeHostID }, im.Conflict, "is node1's"},
	} {
		m := member(3, 1)
		c.change(&m)
		events, err := r.Admit(m, now)
		t.Run(name, func(t *testing.T) { refused(t, events, err, c.kind, c.want) })
	}
	full := cluster(MaxMembers)
	events, err := full.Invite("node8", now)
	refused(t, events, err, im.Full, "7 members")
	full.Invitations = map[string]im.Millis{"node8": now, "node7": now} // as if invited while there was room
	events, err = full.Admit(member(8, 1), now)
	refused(t, events, err, im.Full, "7 members")
	if r := then(t, full, now, admit(member(7, 2), now)); len(r.Members) != MaxMembers {
		t.Errorf("a replacement in a full cluster: %s", who(r))
	}
	for _, name := range []string{"", "node 2", strings.Repeat("x", 65), "ä"} {
		events, err := r.Invite(name, now)
		refused(t, events, err, im.Invalid, "1-64 characters")
	}
}

// The last member stays, and so does every member without which the others have no majority that is up.
//
// Checked by breaking it: with "at least half" in place of "more than half" node3 of three may go with node2 down.
func TestRemove_LeavesAMajority(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		members int
		name    string
		up      []string
		refusal string // "" = it goes
	}{
		{1, "node1", []string{"node1"}, "the only member"},
		{2, "node2", []string{"node1"}, ""},
		{2, "node2", []string{"node2"}, "of the 1 others 0 are up"},
		{3, "node3", []string{"node1", "node2"}, ""},
		{3, "node3", []string{"node1", "node3"}, "of the 2 others 1 are up"},
		{4, "node4", []string{"node1", "node2"}, ""},
		{4, "node4", []string{"node1", "node4"}, "of the 3 others 1 are up"},
		{5, "node1", []string{"node2", "node3"}, "of the 4 others 2 are up"},
		{5, "node1", []string{"node2", "node3", "node4"}, ""},
	} {
		r := cluster(c.members)
		events, err := r.Remove(c.name, up(c.up...))
		replaced, rerr := r.Replace(c.name, now, up(c.up...))
		if c.refusal != "" {
			refused(t, events, err, im.Conflict, c.refusal)
			refused(t, replaced, rerr, im.Conflict, c.refusal)
			continue
		}
		if err != nil || rerr != nil || len(events) != 1 || len(replaced) != 1 {
			t.Errorf("%s of %d with %v up: %v, %v", c.name, c.members, c.up, err, rerr)
			continue
		}
		after := r.fold(now, events[0])
		gone, _ := r.Named(c.name)
		if again, err := after.Remove(c.name, all); err != nil || len(again) > 0 || !after.hasLeft(gone) || len(after.Members) != c.members-1 {
			t.Errorf("%s of %d: again %v %v, then %s, left %v", c.name, c.members, again, err, who(after), after.Left)
		}
	}
}

// A member that asks from elsewhere has moved, by its data directory, and only that is written.
func TestAdmit_KnownMemberMoves(t *testing.T) {
	t.Parallel()
	m := member(2, 1)
	m.Raft, m.Actor = "10.0.9.2:1", "10.0.9.2:2"
	r := then(t, cluster(3), now, admit(m, now))
	got, _ := r.Named("node2")
	if who(r) != who(cluster(3)) || got.Raft != m.Raft || got.Actor != m.Actor || got.Replica != 2 {
		t.Errorf("%+v of %s", got, who(r))
	}
	if events, err := r.Admit(m, now); len(events) > 0 || err != nil {
		t.Errorf("known, and again %v %v", events, err)
	}
	if events, err := r.Move(member(9, 9)); len(events) > 0 || err != nil {
		t.Errorf("no member, and %v %v", events, err)
	}
}

// Whoever is drained leaves somebody who can take over, and a majority.
func TestDrain_LeavesAnHeir(t *testing.T) {
	t.Parallel()
	drain := func(name string, on bool) func(Roster) ([]*pb.Event, error) {
		return func(r Roster) ([]*pb.Event, error) { return r.Drain(name, on, all) }
	}
	events, err := cluster(1).Drain("node1", true, all)
	refused(t, events, err, im.Conflict, "the only member")
	r := then(t, then(t, cluster(3), now, drain("node1", true)), now, drain("node2", true))
	events, err = r.Drain("node3", true, all)
	refused(t, events, err, im.Conflict, "no other node is left")
	events, err = r.Drain("node9", true, all)
	refused(t, events, err, im.NotFound, "node9")
	if again, err := r.Drain("node1", true, all); err != nil || len(again) > 0 {
		t.Errorf("drained, and again %v %v", again, err)
	}
	r = then(t, r, now, drain("node1", false))
	one, _ := r.Named("node1")
	two, _ := r.Named("node2")
	if one.Drained || !two.Drained {
		t.Errorf("node1 %v, node2 %v; want the second to be drained", one.Drained, two.Drained)
	}
}

// No rule changes the roster that it is asked about, nor does an event: others hold it.
func TestFold_ChangesNoRosterThatIsThere(t *testing.T) {
	t.Parallel()
	r := then(t, cluster(3), now, invite("node4"))
	before := fmt.Sprintf("%+v", r)
	for _, rule := range []func(Roster) ([]*pb.Event, error){
		invite("node5"), admit(member(4, 1), now), admit(Member{Name: "node2", NodeHostID: member(2, 1).NodeHostID, Raft: "h:1", Actor: "h:2"}, now),
		func(r Roster) ([]*pb.Event, error) { return r.Remove("node3", all) },
		func(r Roster) ([]*pb.Event, error) { return r.Remove("node4", all) },
		func(r Roster) ([]*pb.Event, error) { return r.Drain("node3", true, all) },
	} {
		after := then(t, r, now, rule)
		if fmt.Sprintf("%+v", after) == before || fmt.Sprintf("%+v", r) != before {
			t.Errorf("after %+v it is %+v, before %s", after, r, before)
		}
	}
}

// What a member is told of the others is what it is.
func TestEncoded_ComesBack(t *testing.T) {
	t.Parallel()
	if got := Decoded(Encoded(cluster(3).Members)); !slices.Equal(got, cluster(3).Members) {
		t.Errorf("%+v", got)
	}
}

// Who has left is present while a shard has it, unless its name is another's.
func TestPresent_WhoLeavesIsThereUntilNoShardHasIt(t *testing.T) {
	t.Parallel()
	r := then(t, cluster(3), now, func(r Roster) ([]*pb.Event, error) { return r.Remove("node2", all) })
	has := func(replicas ...uint64) func(uint64) bool {
		return func(r uint64) bool { return slices.Contains(replicas, r) }
	}
	for _, c := range []struct {
		r    Roster
		has  func(uint64) bool
		want string
	}{
		{r, has(1, 2, 3), "node1=1 node3=3 node2=2"},
		{r, has(1, 3), "node1=1 node3=3"},
		{then(t, then(t, r, now, invite("node2")), now, admit(member(2, 2), now)), has(1, 2, 3), "node1=1 node3=3 node2=4"},
	} {
		if got := who(Roster{Members: c.r.Present(c.has)}); got != c.want {
			t.Errorf("present are %s, want %s", got, c.want)
		}
	}
}
