package gathering_test

import (
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/parley-im/parley/actors/core/coretest"
	"github.com/parley-im/parley/actors/gathering"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

var membersAfter = coretest.Members

func (w *world) page(t interface{ Fatal(...any) }, after uint64, limit uint32) *pb.MembersReply {
	d, err := w.do(membersAfter(after, limit))
	if err != nil || len(d.Events) > 0 {
		t.Fatal(err, d.Events)
	}
	return d.Reply.GetMembers()
}

// Pages are cut where they are asked for, in the order of joining, and say whether others follow; the numbers of who left are
// not used again, over a start, too.
//
// Checked by breaking it: it fails when after is on the page, when more says that the page is full, and when the snapshot
// forgets the last number.
func TestGathering_PagesByNumber(t *testing.T) {
	w := begin(gathering.Options{Limit: 9})
	w.must(t, create("", "a", "b", "c", "d"))
	w.must(t, leave("b"))
	w.must(t, join("e", "b"))
	w.must(t, leave("b"))
	for range 2 {
		for _, c := range []struct {
			after uint64
			limit uint32
			want  string
		}{
			{0, 1, "[a] 1 true"},
			{0, 2, "[a c] 3 true"},
			{0, 4, "[a c d e] 5 false"},
			{0, 1 << 31, "[a c d e] 5 false"},
			{1, 1, "[c] 3 true"},
			{2, 2, "[c d] 4 true"},
			{3, 2, "[d e] 5 false"},
			{5, 2, "[] 0 false"},
			{6, 2, "[] 0 false"},
			{1<<64 - 1, 2, "[] 0 false"},
		} {
			p := w.page(t, c.after, c.limit)
			if got := fmt.Sprint(p.Members, p.Last, p.More); got != c.want {
				t.Errorf("%d after %d: %s, want %s", c.limit, c.after, got, c.want)
			}
		}
		w.Gathering = reopened(t, w)
	}
	w.must(t, join("f"))
	if p := w.page(t, 5, 1); p.Last != 7 {
		t.Errorf("the next joining is the %dth, want the 7th", p.Last)
	}
	w.Try(t, "a page of nobody", membersAfter(0, 0), im.Invalid)
	begin(free).Try(t, "of what never was", membersAfter(0, 1), im.NotFound)
}

// reopened returns w, which has no owner, after another start.
func reopened(t *testing.T, w *world) gathering.Gathering {
	t.Helper()
	g := gathering.New(address, gathering.Options{Limit: 9})
	if err := g.Unmarshal(w.Marshal()); err != nil {
		t.Fatal(err)
	}
	return g
}

// A description names as many as it is asked for, and says where to go on.
func TestGathering_DescribesAsManyAsItIsAsked(t *testing.T) {
	w := begin(owned)
	w.must(t, create("tom", "jerry", "spike"))
	for _, c := range []struct {
		cmd  *pb.Describe
		want string
	}{
		{&pb.Describe{}, "[tom jerry spike] 3 false"},
		{&pb.Describe{Most: 2}, "[tom jerry] 2 true"},
		{&pb.Describe{Most: 3}, "[tom jerry spike] 3 false"},
		{&pb.Describe{Most: 1<<32 - 1}, "[tom jerry spike] 3 false"},
		{&pb.Describe{Memberless: true}, "[] 0 false"},
	} {
		g := w.must(t, &pb.Command{Body: &pb.Command_Describe{Describe: c.cmd}}).Reply.GetGathering()
		if got := fmt.Sprint(g.Members, g.Last, g.More); got != c.want || g.Owner != "tom" {
			t.Errorf("%v: %s of %s, want %s of tom", c.cmd, got, g.Owner, c.want)
		}
	}
}

// A page is of what a link between nodes takes, whoever asks for more.
func TestGathering_PagesAreBounded(t *testing.T) {
	w, all := crowd(t, 10_001)
	p := w.page(t, 0, 1<<32-1)
	if len(p.Members) != 10_000 || !p.More || proto.Size(p) > 2<<20 {
		t.Errorf("%d members, %d bytes, more: %v", len(p.Members), proto.Size(p), p.More)
	}
	if p := w.page(t, p.Last, 5); !slices.Equal(p.Members, all[10_000:]) || p.More {
		t.Errorf("the last page is %v, %v", p.Members, p.More)
	}
}

// Whoever goes from page to page while others come, go and come back, and the gathering starts again in between, meets
// everybody who stays, once, in the order of joining; and everybody else once for each joining at most.
//
// Checked by breaking it: it fails when who leaves moves others, when the gaps are closed under other numbers, and when a start
// numbers them anew.
func TestGathering_PagesMissNobodyWhoStays(t *testing.T) {
	opts := gathering.Options{Limit: 40}
	rapid.Check(t, func(t *rapid.T) {
		w := begin(opts)
		do := func(cmd *pb.Command) {
			if _, err := w.do(cmd); err != nil && im.KindOf(err) != im.Full {
				t.Fatal(err)
			}
		}
		some := rapid.SliceOfN(rapid.SampledFrom(users(40)), 0, 8)
		stir := func() {
			for range rapid.IntRange(0, 4).Draw(t, "changes") {
				switch rapid.IntRange(0, 4).Draw(t, "kind") {
				case 0:
					next := begin(opts)
					if err := next.Unmarshal(w.Marshal()); err != nil {
						t.Fatal(err)
					}
					next.Head, next.told, w = w.Head, w.told, next
				case 1:
					do(leave(some.Draw(t, "leaving")...))
				case 2:
					do(replace("", append(staying(w), some.Draw(t, "members")...)...))
				default:
					do(join(some.Draw(t, "joining")...))
				}
			}
		}
		do(create("", users(30)...))
		stir()
		before := w.list(t)
		left := map[string]int{} // how often each has left meanwhile
		var met []string
		for after, more := uint64(0), true; more; {
			p := w.page(t, after, uint32(rapid.IntRange(1, 9).Draw(t, "limit")))
			met, more = append(met, p.Members...), p.More
			if len(p.Members) > 0 && p.Last <= after {
				t.Fatalf("a page after %d ends with %d", after, p.Last)
			}
			after = max(after, p.Last)
			was := w.told
			w.told = map[im.UserID][]bool{}
			stir()
			for u, said := range w.told {
				for _, in := range said {
					if !in {
						left[string(u)]++
					}
				}
			}
			w.told = was
		}
		stayed := slices.DeleteFunc(before, func(u string) bool { return left[u] > 0 })
		for u, n := range count(met) {
			if n > 1+left[u] {
				t.Fatalf("%s was met %d times, and left %d times", u, n, left[u])
			}
		}
		met = slices.DeleteFunc(met, func(u string) bool { return !slices.Contains(stayed, u) })
		if !slices.Equal(met, stayed) {
			t.Fatalf("met %v, want %v, who stayed", met, stayed)
		}
	})
}

// staying are those whom a replacement keeps: every other member.
func staying(w *world) (list []string) {
	for i, tell := range w.TellMembers(nil) {
		if i%2 == 0 {
			list = append(list, tell.To.ID)
		}
	}
	return list
}

func (w *world) list(t *rapid.T) []string {
	d, err := w.do(describe)
	if err != nil {
		t.Fatal(err)
	}
	return d.Reply.GetGathering().Members
}

func count(list []string) map[string]int {
	n := map[string]int{}
	for _, u := range list {
		n[u]++
	}
	return n
}

// A snapshot from before joinings were numbered is read: who is in is numbered as it stands. One whose numbers cannot be
// is refused, and leaves what was there.
//
// Checked by breaking it: it fails without each of the checks.
func TestGathering_ReadsSnapshotsOfBefore(t *testing.T) {
	state := func(steps []uint64, last uint64, members ...string) []byte {
		b, err := proto.Marshal(&pb.GatheringState{Created: 1, Members: members, Steps: steps, Joinings: last})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	w := begin(free)
	if err := w.Unmarshal(state(nil, 0, "tom", "jerry")); err != nil {
		t.Fatal(err)
	}
	if p := w.page(t, 0, 9); fmt.Sprint(p.Members, p.Last) != "[tom jerry] 2" {
		t.Errorf("%v, the last the %dth", p.Members, p.Last)
	}
	w.must(t, join("spike"))
	if p := w.page(t, 2, 9); fmt.Sprint(p.Members, p.Last) != "[spike] 3" {
		t.Errorf("then %v, the last the %dth", p.Members, p.Last)
	}
	for name, foul := range map[string][]byte{
		"too few steps":     state([]uint64{1}, 2, "a", "b"),
		"too many":          state([]uint64{1, 1, 1}, 3, "a", "b"),
		"a step of nothing": state([]uint64{1, 0}, 2, "a", "b"),
		"an endless step":   state([]uint64{1, 1<<64 - 1}, 2, "a", "b"),
		"an endless number": state([]uint64{1, 1}, 1<<64-1, "a", "b"),
	} {
		if err := w.Unmarshal(foul); err == nil {
			t.Errorf("%s: taken", name)
		}
		if p := w.page(t, 0, 9); len(p.Members) != 3 {
			t.Errorf("%s: %v are left", name, p.Members)
		}
	}
}
