package gathering_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/parley-im/parley/actors/gathering"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// A command that would take a gathering over its limit is refused whole; the limit itself may be reached, and who is in
// is no addition.
func TestGathering_IsNeverOverItsLimit(t *testing.T) {
	t.Run("at creation", func(t *testing.T) {
		limit := gathering.Options{Limit: 50, Owned: true}
		begin(limit).walk(t, []step{
			{"the owner and 50 others", create("tom", users(50)...), im.Full},
			{"the owner and 49 others", create("tom", users(49)...), done},
		})
		begin(limit).walk(t, []step{{"50 of which the owner is one", create("u1", users(50)...), done}})
		begin(limit).walk(t, []step{{"50, all named twice", create("u1", append(users(50), users(50)...)...), done}})
		begin(gathering.Options{Limit: 50}).walk(t, []step{
			{"51 without an owner", create("", users(51)...), im.Full},
			{"50 without an owner", create("", users(50)...), done},
		})
	})
	t.Run("later", func(t *testing.T) {
		w := begin(gathering.Options{Limit: 50, Owned: true})
		w.walk(t, []step{
			{"creation with 49", create("u1", users(49)...), done},
			{"two more", join("u50", "u51"), im.Full},
			{"one more, named twice, and one who is in", join("u50", "u1", "u50"), done},
			{"the 51st", join("u51"), im.Full},
			{"who is in", join("u50"), done},
			{"a new owner from outside", give("u51"), im.Full},
			{"a new owner from inside", give("u50"), done},
			{"a list of 51 with the owner", replace("", append(users(49), "x", "y")...), im.Full},
			{"a list of 50 without the owner", replace("", append(users(49), "x")...), im.Full},
			{"a list of 49 without the owner", replace("", users(49)...), done},
			{"a new owner from outside, and a list of 49", replace("u51", users(49)...), done},
			{"one leaves", leave("u1"), done},
			{"one joins instead", join("u1"), done},
			{"one more", join("u2", "u50"), im.Full},
		})
		if got := len(w.describe(t).Members); got != 50 {
			t.Errorf("members = %d, want 50", got)
		}
	})
}

// A limit that was lowered lets nobody in, and sends nobody away.
func TestGathering_LoweredLimitSendsNobodyAway(t *testing.T) {
	w := begin(gathering.Options{Limit: 9})
	w.must(t, create("", users(9)...))
	lowered := begin(gathering.Options{Limit: 5})
	if err := lowered.Unmarshal(w.Marshal()); err != nil {
		t.Fatal(err)
	}
	lowered.walk(t, []step{
		{"who is in", join("u1"), done},
		{"one more", join("x"), im.Full},
		{"fewer, but still too many", replace("", users(7)...), done},
		{"fewer, and somebody else", replace("", "u1", "u2", "u3", "u4", "u5", "x"), im.Full},
		{"as many as may be", replace("", "u1", "u2", "u3", "u4", "x"), done},
	})
}

// A group always has an owner, who is a member; a room never has one.
func TestGathering_OwnerIsAMember(t *testing.T) {
	w := begin(owned)
	w.walk(t, []step{
		{"creation without an owner", create("", "tom"), im.Invalid},
		{"creation", create("tom", "jerry"), done},
		{"the owner removed", leave("jerry", "tom"), im.Invalid},
		{"a list without the owner", replace("", "jerry"), done},
		{"a new owner from outside", give("spike"), done},
		{"the former owner removed", leave("tom"), done},
		{"the new owner removed", leave("spike"), im.Invalid},
		{"a new owner, and a list without either", replace("butch", "jerry"), done},
	})
	got := w.describe(t)
	if want := []string{"jerry", "butch"}; got.Owner != "butch" || !slices.Equal(got.Members, want) {
		t.Errorf("owner %s of %v, want butch of %v", got.Owner, got.Members, want)
	}
	begin(free).walk(t, []step{
		{"creation of a room with an owner", create("tom", "jerry"), im.Invalid},
		{"creation of a room", create("", "tom"), done},
		{"an owner for a room", give("tom"), im.Invalid},
		{"the last one removed", leave("tom"), done},
	})
}

// Members stand in the order of joining, an owner first; who leaves and comes back is last, who stays keeps its place.
func TestGathering_KeepsTheOrderOfJoining(t *testing.T) {
	w := begin(owned)
	for _, s := range []struct {
		cmd  *pb.Command
		want string
	}{
		{create("tom", "jerry", "spike", "jerry"), "tom jerry spike"},
		{create("tom"), "tom jerry spike"}, // refused
		{join("butch", "jerry", "tyke"), "tom jerry spike butch tyke"},
		{leave("jerry", "nobody", "tyke", "jerry"), "tom spike butch"},
		{join("jerry"), "tom spike butch jerry"},
		{replace("", "x", "jerry", "spike"), "tom spike jerry x"},
		{give("jerry"), "tom spike jerry x"},
		{give("y"), "tom spike jerry x y"},
		{replace("z", "x", "tom"), "tom x z"},
		{replace(""), "z"},
	} {
		w.do(s.cmd)
		if got := strings.Join(w.describe(t).Members, " "); got != s.want {
			t.Fatalf("after %v: members = %s, want %s", s.cmd, got, s.want)
		}
	}
}

// Ids that nobody can have are refused wherever they stand.
func TestGathering_RefusesMalformedIDs(t *testing.T) {
	for _, bad := range []string{"", "a b", "a/b", strings.Repeat("x", im.MaxIDLen+1)} {
		w := begin(owned)
		w.walk(t, []step{
			{"member at creation", create("tom", bad), im.Invalid},
			{"owner at creation", create(bad, "tom"), im.Invalid},
			{"creation", create("tom"), done},
			{"joining", join("jerry", bad), im.Invalid},
			{"leaving", leave(bad), im.Invalid},
			{"list", replace("", bad), im.Invalid},
		})
		if bad != "" { // "" = the owner stays
			w.walk(t, []step{{"new owner", give(bad), im.Invalid}})
		}
	}
}
