package gathering_test

import (
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/gathering"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// goOn is what the shell makes of what a gathering tells itself.
func goOn(from im.Address) *pb.Command {
	return &pb.Command{Body: &pb.Command_Tell{Tell: &pb.Tell{From: pb.NewAddress(from), Items: []*pb.Told{{Seq: 1}}}}}
}

// crowd is a group of so many users with the longest ids, and these.
func crowd(t *testing.T, size int) (*world, []string) {
	t.Helper()
	w := begin(gathering.Options{Limit: size, Owned: true})
	all := make([]string, size)
	for i := range all {
		all[i] = fmt.Sprintf("u%0*d", im.MaxIDLen-1, i)
	}
	w.must(t, create(all[0]))
	for part := range slices.Chunk(all, 8000) {
		w.must(t, join(part...))
	}
	return w, all
}

// checkFits complains unless the events of d fit into an append, and each into an entry.
func checkFits(t *testing.T, d core.Decision) {
	t.Helper()
	const maxBody, maxAppend = 1 << 20, 4 << 20
	sum := 0
	for _, ev := range d.Events {
		if size := proto.Size(ev.Body); size > maxBody {
			t.Errorf("an event of %d bytes", size)
		}
		sum += proto.Size(ev.Body)
	}
	if sum > maxAppend {
		t.Errorf("events of %d bytes", sum)
	}
}

// Everybody who is in hears of the end from its events alone, since nothing of the members is kept: what is left of a gathering
// takes a few bytes, however large it was, and its events fit into the log. Up to 10,000 leave with the command, whatever their ids;
// more do so one part after the other, each as the gathering tells itself once the one before is stored, and another start in between is no
// matter. From the first part on it answers like one that never was.
//
// Checked by breaking it: it fails when members, owner or attributes stay, when all leave by one event, when all leave by one
// command, when it is gone before all have left, and when it does not tell itself.
func TestGathering_LeavesNextToNothing(t *testing.T) {
	for _, c := range []struct{ size, parts int }{{10_000, 1}, {100_000, 7}} {
		w, all := crowd(t, c.size)
		w.must(t, leave(all[1]))
		w.must(t, set("name", `"crew"`))
		d := w.must(t, remove)
		if d.Record == nil || !d.Record.Gone {
			t.Errorf("%d members: the end is not found: %+v", c.size, d.Record)
		}
		parts := 1
		for ; !d.Gone && parts < 100; parts++ {
			checkFits(t, d)
			w.Try(t, "describe", describe, im.NotFound)
			w.Try(t, "what another tells it", goOn(im.User(address.App, "tom")), im.NotFound)
			w = restarted(t, w, c.size)
			d = w.must(t, goOn(address))
		}
		checkFits(t, d)
		if parts != c.parts || w.toItself != c.parts-1 {
			t.Errorf("%d members left in %d parts, and %d times it told itself; want %d parts", c.size, parts, w.toItself, c.parts)
		}
		if final := w.Marshal(); !d.Gone || len(final) > 64 {
			t.Errorf("gone: %v; %d bytes are left", d.Gone, len(final))
		}
		if d := w.must(t, goOn(address)); len(d.Events) > 0 {
			t.Errorf("told again it does %v", d.Events)
		}
		for i, u := range all {
			said := w.told[im.UserID(u)]
			if len(said) != 2 || !said[0] || said[1] {
				t.Fatalf("%d of %d was told %v, want that it is in, and that it is not", i, c.size, said)
			}
		}
	}
}

// restarted returns w as it is after another start.
func restarted(t *testing.T, w *world, limit int) *world {
	t.Helper()
	next := begin(gathering.Options{Limit: limit, Owned: true})
	if err := next.Unmarshal(w.Marshal()); err != nil {
		t.Fatal(err)
	}
	next.Head, next.told, next.toItself = w.Head, w.told, w.toItself
	return next
}

// A gathering that is there takes nothing that it would tell itself.
func TestGathering_GoesOnOnlyWithItsEnd(t *testing.T) {
	w := begin(owned)
	w.walk(t, []step{{"what never was", goOn(address), im.NotFound}, {"creation", create("tom"), done}, {"what is there", goOn(address), im.Unsupported}})
}

// A list that takes out tens of thousands, and lets thousands in, leaves events that fit into the log.
//
// Checked by breaking it: it fails when all are in one event.
func TestGathering_ReplacesManyByEventsThatFit(t *testing.T) {
	w, all := crowd(t, 20_000)
	d := w.must(t, replace("", append(slices.Clone(all[10_000:]), users(8000)...)...))
	checkFits(t, d)
	got := w.describe(t).Members
	if want := slices.Concat(all[:1], all[10_000:], users(8000)); !slices.Equal(got[:100], want[:100]) || len(got) != 18_001 {
		t.Errorf("%d members, first %v", len(got), got[:3])
	}
}
