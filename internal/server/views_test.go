package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// leadingLog is a log that leads some shards, in each of which these nodes vote.
type leadingLog map[im.ShardID][]uint64

func (l leadingLog) Views() (views []eventlog.View) {
	for _, shard := range slices.Sorted(maps.Keys(l)) {
		views = append(views, eventlog.View{Shard: shard, Leader: 1, Term: 7, Change: 9, Voting: l[shard]})
	}
	return views
}

func (l leadingLog) Membership(id im.ShardID) (voting, joining []uint64, ok bool) {
	return l[id], nil, true
}

func (leadingLog) Hear(eventlog.View) {}

// toldViews collects what was sent, as "name: shards", and counts looks at the links.
type toldViews struct {
	mu     sync.Mutex
	frames []string
	looks  int
	err    error
}

func (c *toldViews) views(l leadingLog, linked map[uint64]string) *views {
	return &views{
		log: l, changed: make(signal, 1),
		linked: func() map[uint64]string {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.looks++
			return linked
		},
		send: func(to string, f *pb.Frame) error {
			text := to + ":"
			for _, v := range f.GetShards().GetShards() {
				text += fmt.Sprintf(" %d", v.GetShard())
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			c.frames = append(c.frames, text)
			return c.err
		},
	}
}

// Each member that is linked hears, in one frame, of the shards in which it does not vote, and of no other; a link that has no
// room keeps nobody else from hearing. Where all vote, and where nothing is led, nothing is sent.
//
// Checked by breaking it: it fails when those who vote are told, too, and when the first error ends it.
func TestViews_TellWhoDoesNotVote(t *testing.T) {
	t.Parallel()
	linked := map[uint64]string{2: "node2", 4: "node4", 5: "node5"}
	for _, tt := range []struct {
		name string
		log  leadingLog
		want string
	}{
		{"all vote", leadingLog{0: {1, 2, 4, 5}, 3: {1, 2, 4, 5}}, ""},
		{"nothing is led", nil, ""},
		{"some do not", leadingLog{0: {1, 2, 4, 5}, 1: {1, 2, 4}, 2: {1, 4, 5}, 3: {1, 3, 4}}, "node2: 2 3; node5: 1 3"},
	} {
		told := toldViews{err: errors.New("no room")}
		told.views(tt.log, linked).tell()
		slices.Sort(told.frames)
		if got := strings.Join(told.frames, "; "); got != tt.want {
			t.Errorf("%s: told %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Views are repeated once a second, told at once when they change, but not more often than every 20 ms; when nothing happens nobody
// looks in between.
//
// Checked by breaking it: it fails without the rest after a change, and with a tick of half a second.
func TestViews_AreToldWhenTheyChangeAndEachSecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told toldViews
		v := told.views(leadingLog{1: {1, 3, 4}}, map[uint64]string{2: "node2"})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			v.run(ctx)
			close(ended)
		}()
		passed := func(d time.Duration, want int) {
			t.Helper()
			<-time.After(d)
			synctest.Wait()
			told.mu.Lock()
			defer told.mu.Unlock()
			if len(told.frames) != want || told.looks != want {
				t.Errorf("after %v: %d frames with %d looks, want %d", d, len(told.frames), told.looks, want)
			}
		}
		passed(999*time.Millisecond, 0)
		passed(time.Millisecond, 1)
		passed(3*time.Second, 4)
		for range 100 { // over 10 ms
			v.changed.notify()
			<-time.After(100 * time.Microsecond)
		}
		passed(0, 5)
		passed(20*time.Millisecond, 6)
		passed(20*time.Millisecond, 6)
		cancel()
		<-ended
	})
}

// view is what the leader of shard 3 may say.
func view(change func(v *pb.ShardView)) *pb.ShardView {
	v := &pb.ShardView{
		Shard: 3, Leader: 2, Term: 5, Change: 40, Voting: []uint64{2, 3, 1<<32 | 1}, Joining: []uint64{4}, Removed: []uint64{1, 5},
	}
	change(v)
	return v
}

// badViews are what no leader says of one of the shards 0 to 4.
var badViews = map[string]func(v *pb.ShardView){
	"no such shard":            func(v *pb.ShardView) { v.Shard = 5 },
	"a shard far off":          func(v *pb.ShardView) { v.Shard = 1 << 31 },
	"nobody leads":             func(v *pb.ShardView) { v.Leader = 0 },
	"no term":                  func(v *pb.ShardView) { v.Term = 0 },
	"nobody votes":             func(v *pb.ShardView) { v.Voting = nil },
	"voters of no change":      func(v *pb.ShardView) { v.Change = 0 },
	"joining of no change":     func(v *pb.ShardView) { v.Change, v.Voting, v.Removed = 0, nil, nil },
	"removed of no change":     func(v *pb.ShardView) { v.Change, v.Voting, v.Joining = 0, nil, nil },
	"out of order":             func(v *pb.ShardView) { v.Voting = []uint64{3, 2} },
	"a replica without id":     func(v *pb.ShardView) { v.Joining = []uint64{0, 4} },
	"twice in one list":        func(v *pb.ShardView) { v.Voting = []uint64{2, 2} },
	"voting and removed":       func(v *pb.ShardView) { v.Removed = []uint64{1, 2} },
	"joining and voting":       func(v *pb.ShardView) { v.Joining = []uint64{3} },
	"more than can take part":  func(v *pb.ShardView) { v.Voting = upTo(10, maxReplicas+10) },
	"more than are told of":    func(v *pb.ShardView) { v.Removed = upTo(10, viewsRemoved+11) },
	"joining beyond the bound": func(v *pb.ShardView) { v.Joining = upTo(10, maxReplicas+10) },
}

// upTo returns the ids from a to b-1.
func upTo(a, b uint64) (ids []uint64) {
	for id := a; id < b; id++ {
		ids = append(ids, id)
	}
	return ids
}

// What a leader says arrives as it was said; what none says is refused, for each rule there is.
//
// Checked by breaking it: a row fails for each condition that is left out of decodeView and checkReplicas.
func TestDecodeView_RefusesWhatNoLeaderSays(t *testing.T) {
	t.Parallel()
	for name, change := range badViews {
		if got, err := decodeView(view(change), 4); err == nil {
			t.Errorf("%s: taken as %+v", name, got)
		}
	}
	for name, want := range map[string]eventlog.View{
		"usual":          {Shard: 3, Leader: 2, Term: 5, Change: 40, Voting: []uint64{2, 3, 1<<32 | 1}, Joining: []uint64{4}, Removed: []uint64{1, 5}},
		"nothing known":  {Shard: 4, Leader: 2, Term: 5},
		"the most there": {Shard: 0, Leader: 2, Term: 5, Change: 1, Voting: upTo(1, maxReplicas+1), Removed: upTo(100, 100+viewsRemoved)},
	} {
		got, err := decodeView(encodeView(want), 4)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, want)
		}
	}
}

// hearing is a log that notes what it hears.
type hearing struct {
	leadingLog
	heard []string
}

func (h *hearing) Hear(v eventlog.View) {
	h.heard = append(h.heard, fmt.Sprintf("%d by %d", v.Shard, v.Leader))
}

// A node is believed what it says of shards that it leads itself, and nothing else: not of what another one leads, not as a node that
// is not known, not what cannot be; of a frame with more than there are shards the rest is not looked at. What is dropped leaves
// a line for debugging.
//
// Checked by breaking it: it fails without the look at the sender's name, and without the bound.
func TestViews_HearLeadersOnly(t *testing.T) {
	t.Parallel()
	by := func(leader uint64, shards ...uint32) *pb.Shards {
		said := &pb.Shards{}
		for _, shard := range shards {
			said.Shards = append(said.Shards, view(func(v *pb.ShardView) { v.Shard, v.Leader = shard, leader }))
		}
		return said
	}
	for _, tt := range []struct {
		name, from string
		said       *pb.Shards
		want       string
		dropped    int
	}{
		{"a leader", "node2", by(2, 3, 0), "[3 by 2 0 by 2]", 0},
		{"of another's shard", "node3", by(2, 3), "[]", 1},
		{"of a node that is not known", "node9", by(9, 3), "[]", 1},
		{"of no shard", "node2", by(2, 5, 4), "[4 by 2]", 1},
		{"more than there are", "node2", by(2, 1, 2, 3, 4, 0, 1, 2), "[1 by 2 2 by 2 3 by 2 4 by 2 0 by 2]", 0},
		{"nothing", "node2", nil, "[]", 0},
	} {
		var log hearing
		var text strings.Builder
		v := views{
			log: &log, shards: 4, logger: slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug})),
			members: func() map[uint64]string { return map[uint64]string{1: "node1", 2: "node2", 3: "node3"} },
		}
		v.hear(tt.from, tt.said)
		if got := fmt.Sprint(log.heard); got != tt.want || strings.Count(text.String(), "dropped") != tt.dropped {
			t.Errorf("%s: heard %s, want %s with %d dropped; logged %q", tt.name, got, tt.want, tt.dropped, text.String())
		}
	}
}

// Of replicas that were removed, those with the highest ids are told, and no list is told in another order than the rule's.
//
// Checked by breaking it: it fails when the first ones are told.
func TestEncodeView_BoundsAndSorts(t *testing.T) {
	t.Parallel()
	v := eventlog.View{Shard: 1, Leader: 2, Term: 5, Change: 9, Voting: []uint64{3, 2}, Joining: []uint64{5, 4}, Removed: upTo(10, 12+viewsRemoved)}
	got, err := decodeView(encodeView(v), 1)
	if err != nil || !slices.Equal(got.Voting, []uint64{2, 3}) || !slices.Equal(got.Joining, []uint64{4, 5}) ||
		!slices.Equal(got.Removed, upTo(12, 12+viewsRemoved)) || v.Voting[0] != 3 {
		t.Errorf("got %+v, %v of %+v", got, err, v)
	}
}

// Whatever another node says of a shard, what is taken is within the bounds, and said again it is the same.
func FuzzView(f *testing.F) {
	f.Add(marshal(f, view(func(*pb.ShardView) {})))
	for _, change := range badViews {
		f.Add(marshal(f, view(change)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var said pb.ShardView
		if proto.Unmarshal(data, &said) != nil {
			return
		}
		got, err := decodeView(&said, 4)
		if err != nil {
			return
		}
		if got.Shard > 4 || got.Leader == 0 || len(got.Voting)+len(got.Joining) > maxReplicas || len(got.Removed) > viewsRemoved {
			t.Errorf("%v was taken as %+v", &said, got)
		}
		again, err := decodeView(encodeView(got), 4)
		if err != nil || fmt.Sprint(again) != fmt.Sprint(got) {
			t.Errorf("said again %+v is %+v, %v", got, again, err)
		}
	})
}

func marshal(f *testing.F, m proto.Message) []byte {
	f.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		f.Fatal(err)
	}
	return b
}
