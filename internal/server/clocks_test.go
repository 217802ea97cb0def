package server

import (
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// timedLog is a log with a clock, which notes what it hears of others.
type timedLog struct {
	time  eventlog.Time
	heard []string
}

func (l *timedLog) Time() eventlog.Time { return l.time }

func (l *timedLog) HearTime(member uint64, t eventlog.Time) {
	l.heard = append(l.heard, fmt.Sprintf("%d: %d %v %v", member, t.Wall, t.Retention, t.RetentionStrangers))
}

// What a node says of its clock arrives at all that are linked as it was said, under the number of who says it.
//
// Checked by breaking it: it fails when one of the windows is left out, and when only the first member is told.
func TestClocks_ArriveAsTheyWereSaid(t *testing.T) {
	t.Parallel()
	names := map[uint64]string{1: "node1", 2: "node2", 3: "node3"}
	members := func() map[uint64]string { return names }
	there := &timedLog{}
	hearing := &clocks{log: there, members: members, logger: slog.New(slog.DiscardHandler)}
	var told []string
	here := &clocks{
		log:    &timedLog{time: eventlog.Time{Wall: 1_700_000_000_000, Retention: 70 * time.Second, RetentionStrangers: 8760 * time.Hour}},
		linked: func() map[uint64]string { return map[uint64]string{2: "node2", 3: "node3"} },
		send: func(to string, f *pb.Frame) error {
			told = append(told, to)
			hearing.hear("node1", f.GetTime())
			return nil
		},
	}
	here.tell()
	slices.Sort(told)
	want := "1: 1700000000000 1m10s 8760h0m0s"
	if !slices.Equal(told, []string{"node2", "node3"}) || !slices.Equal(there.heard, []string{want, want}) {
		t.Errorf("told %v, heard %q, want %q", told, there.heard, want)
	}
}

// What no member says is dropped: of a node that is not known, a time before 1970, windows that are none or longer than any. Windows are
// what keeps others from deleting, so one that is out of bounds must not count.
//
// Checked by breaking it: a row fails for each condition that is left out.
func TestClocks_HearMembersOnly(t *testing.T) {
	t.Parallel()
	const hour = int64(time.Hour / time.Millisecond)
	for _, tt := range []struct {
		name, from string
		said       *pb.Time
		want       string
	}{
		{"a member", "node2", &pb.Time{Wall: 5, Retention: hour, RetentionStrangers: 2 * hour}, "[2: 5 1h0m0s 2h0m0s]"},
		{"nobody", "node9", &pb.Time{Wall: 5, Retention: hour, RetentionStrangers: hour}, "[]"},
		{"before 1970", "node2", &pb.Time{Wall: -1, Retention: hour, RetentionStrangers: hour}, "[]"},
		{"no window", "node2", &pb.Time{Wall: 5, RetentionStrangers: hour}, "[]"},
		{"no window of strangers", "node2", &pb.Time{Wall: 5, Retention: hour}, "[]"},
		{"a window before the beginning", "node2", &pb.Time{Wall: 5, Retention: -hour, RetentionStrangers: hour}, "[]"},
		{"a window without end", "node2", &pb.Time{Wall: 5, Retention: math.MaxInt64, RetentionStrangers: hour}, "[]"},
		{"nothing", "node2", nil, "[]"},
	} {
		log := &timedLog{}
		var text strings.Builder
		c := &clocks{
			log: log, logger: slog.New(slog.NewTextHandler(&text, nil)),
			members: func() map[uint64]string { return map[uint64]string{1: "node1", 2: "node2"} },
		}
		c.hear(tt.from, tt.said)
		if got := fmt.Sprint(log.heard); got != tt.want {
			t.Errorf("%s: heard %s, want %s", tt.name, got, tt.want)
		}
	}
	if im.Millis(maxWindow.Milliseconds()) <= 0 {
		t.Error("the longest window is not one")
	}
}
