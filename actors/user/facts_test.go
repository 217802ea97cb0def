package user_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/parley-im/parley/actors/user"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// A fact told again, or an older one told late, changes nothing: the newest seq of a teller wins, once; within a batch
// too, and for every kind of teller.
func TestUser_NotesAFactOnce(t *testing.T) {
	for _, teller := range []im.Address{jerry, crew, lobby, phone} {
		w := begin()
		for i, step := range []struct {
			items []*pb.Told
			want  int
		}{
			{[]*pb.Told{fact(teller, 1, true)}, 1},
			{[]*pb.Told{fact(teller, 1, true)}, 0},
			{[]*pb.Told{fact(teller, 4, false), fact(teller, 4, false)}, 1},
			{[]*pb.Told{fact(teller, 1, true)}, 0},
			{[]*pb.Told{fact(teller, 6, true), fact(teller, 5, true), fact(teller, 9, false)}, 2},
			{[]*pb.Told{fact(teller, 8, true), fact(teller, 6, true)}, 0},
		} {
			if got := len(w.do(t, tell(teller, step.items...)).Events); got != step.want {
				t.Errorf("%v, step %d: %d events, want %d", teller, i, got, step.want)
			}
		}
		if got := w.lists(t); got != "; ; ; " {
			t.Errorf("%v: lists = %q, want empty ones", teller, got)
		}
	}
}

// In whatever order and however often facts come, the newest of each teller is what stands: tellers do not mix.
func TestUser_NewestFactOfEachTellerStands(t *testing.T) {
	// Ids are unique within a kind alone.
	band, hall, tablet := im.Group("app", "lobby"), im.Room("app", "crew"), im.Device("app", "crew")
	everyone := rapid.SampledFrom([]im.Address{jerry, spike, crew, band, lobby, hall, phone, tablet})
	rapid.Check(t, func(t *rapid.T) {
		w := begin()
		w.do(t, login(""))
		newest := map[im.Address]uint64{}
		for range rapid.IntRange(1, 40).Draw(t, "tells") {
			teller, seq := everyone.Draw(t, "teller"), rapid.Uint64Range(1, 20).Draw(t, "seq")
			w.do(t, tell(teller, fact(teller, seq, seq%2 == 1)))
			newest[teller] = max(newest[teller], seq)
		}
		list := func(tellers ...im.Address) string { // in order of their ids
			var ids []string
			for _, teller := range tellers {
				if newest[teller]%2 == 1 {
					ids = append(ids, other(teller))
				}
			}
			return strings.Join(ids, " ")
		}
		want := strings.Join([]string{list(jerry, spike), list(crew, band), list(hall, lobby), list(tablet, phone)}, "; ")
		if got := w.lists(t); got != want {
			t.Fatalf("lists = %q, want %q", got, want)
		}
	})
}

const hour = im.Millis(60 * 60 * 1000)

// A relation that ended is remembered for an hour at least, so that a late repeat does not revive it, and not for ever;
// a friendship is, and so is what holds.
func TestUser_ForgetsWhatEndedLongAgo(t *testing.T) {
	for _, c := range []struct {
		teller     im.Address
		remembered bool
	}{{crew, false}, {lobby, false}, {phone, false}, {jerry, true}} {
		w := begin()
		end := 10*hour + 500
		w.Head.TS = end
		w.do(t, tell(c.teller, fact(c.teller, 1, true), fact(c.teller, 2, false)))
		w.do(t, tell(spike, fact(spike, 1, true)))
		repeat := tell(c.teller, fact(c.teller, 1, true))
		for i, at := range []im.Millis{end + 100, end + hour - 100} { // another hour of the clock, but not yet one since
			w.Head.TS = at
			w.do(t, tell(spike, fact(spike, uint64(2+i), true)))
			if d := w.do(t, repeat); len(d.Events) > 0 {
				t.Errorf("%v: forgotten %d ms after the end", c.teller, at-end)
			}
		}
		for i := range 4 { // of longer pauses, a quarter of an hour counts
			w.Head.TS = end + im.Millis(i+2)*hour
			w.do(t, tell(spike, fact(spike, uint64(9+i), true)))
		}
		if got := len(w.do(t, repeat).Events) == 0; got != c.remembered {
			t.Errorf("%v: remembered = %v hours later, want %v", c.teller, got, c.remembered)
		}
	}
}

// A clock that jumps ahead makes nobody forget what ended a moment ago, so that a late repeat does not revive it: neither
// at the jump, nor with the next events, wherever in an hour the jump led, nor at another jump.
//
// Checked by breaking it: it fails when pauses count in full, and when what ended is measured against the stamp of the
// event before instead.
func TestUser_JumpOfTheClockForgetsNothing(t *testing.T) {
	for _, teller := range []im.Address{crew, lobby, phone} {
		w := begin()
		w.Head.TS = 10*hour - 500
		w.do(t, tell(teller, fact(teller, 1, true), fact(teller, 2, false)))
		repeat := tell(teller, fact(teller, 1, true))
		for i, later := range []im.Millis{100, hour, 1000, 7 * 24 * hour, 1000, 10} {
			w.Head.TS += later
			w.do(t, tell(spike, fact(spike, uint64(1+i), true)))
			if d := w.do(t, repeat); len(d.Events) > 0 {
				t.Fatalf("%v: event %d after the end, %d ms later than the one before, made it forgotten", teller, i, later)
			}
		}
	}
}

// Forgetting is part of the fold: however the time goes by, a replay and a snapshot with its tail forget the same; and
// nothing stays that ended two hours ago, by what counts of them.
func TestUser_EveryReplayForgetsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, replayed, restored := begin(), user.New(address), user.New(address)
		for i := range rapid.IntRange(1, 40).Draw(t, "tells") {
			w.Head.TS += im.Millis(rapid.IntRange(0, int(hour)*2/3).Draw(t, "pause"))
			teller := tellers.Draw(t, "teller")
			for _, ev := range w.do(t, tell(teller, fact(teller, uint64(i+1), rapid.Bool().Draw(t, "holds")))).Events {
				ev.TS = w.Head.TS
				replayed.Apply(ev)
				restored.Apply(ev)
			}
			if rapid.Bool().Draw(t, "snapshot") {
				snapshot := restored.Marshal()
				restored = user.New(address)
				if err := restored.Unmarshal(snapshot); err != nil {
					t.Fatal(err)
				}
			}
			state := w.Marshal()
			if !bytes.Equal(state, replayed.Marshal()) || !bytes.Equal(state, restored.Marshal()) {
				t.Fatalf("after tell %d the states differ", i)
			}
			for _, at := range ended(t, state) {
				if at < w.Head.TS-2*hour {
					t.Fatalf("what ended %d ms ago is not forgotten", w.Head.TS-at)
				}
			}
		}
	})
}

// ended returns when the relations ended that a snapshot keeps in spite of that, friendships aside.
func ended(t *rapid.T, snapshot []byte) (at []im.Millis) {
	var state pb.UserState
	if err := proto.Unmarshal(snapshot, &state); err != nil {
		t.Fatal(err)
	}
	for _, m := range slices.Concat(state.Groups, state.Rooms) {
		if !m.Member {
			at = append(at, im.Millis(m.Since))
		}
	}
	for _, i := range state.Installs {
		if !i.Bound {
			at = append(at, im.Millis(i.Since))
		}
	}
	return at
}
