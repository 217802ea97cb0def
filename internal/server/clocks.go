package server

import (
	"context"
	"log/slog"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

const (
	// clocksEvery is how often a node says what its clock says.
	clocksEvery = time.Second
	// maxWindow bounds the windows that a member is believed: a hundred years.
	maxWindow = 100 * 365 * 24 * time.Hour
)

// clocks tells the other members what this node's clock says and how long it keeps messages, and hears that of others: nobody deletes
// anything whose clock is apart from those of the others, or while another one still shows it.
type clocks struct {
	log interface {
		Time() eventlog.Time
		HearTime(member uint64, t eventlog.Time)
	}
	// members and linked are as of views.
	members, linked func() map[uint64]string
	send            func(to string, f *pb.Frame) error
	logger          *slog.Logger
}

// newClocks returns what tells and hears for this node. The log and the followers must be there.
func (s *Server) newClocks() *clocks {
	return &clocks{log: s.journal, members: s.followers.members, linked: s.linkedMembers, send: s.links.Send, logger: s.logger}
}

// run tells until ctx ends.
func (c *clocks) run(ctx context.Context) {
	tick := time.NewTicker(clocksEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			c.tell()
		case <-ctx.Done():
			return
		}
	}
}

// tell says it to all. What a link has no room for is said the next time.
func (c *clocks) tell() {
	for _, name := range c.linked() {
		t := c.log.Time()
		_ = c.send(name, &pb.Frame{Body: &pb.Frame_Time{Time: &pb.Time{
			Wall: int64(t.Wall), Retention: t.Retention.Milliseconds(), RetentionStrangers: t.RetentionStrangers.Milliseconds(),
		}}})
	}
}

// hear takes what a member says of itself. Of a node that is no member, and with windows that there are none, it is dropped.
func (c *clocks) hear(from string, said *pb.Time) {
	t := eventlog.Time{
		Wall: im.Millis(said.GetWall()), Retention: window(said.GetRetention()), RetentionStrangers: window(said.GetRetentionStrangers()),
	}
	if t.Wall < 0 || t.Retention == 0 || t.RetentionStrangers == 0 {
		c.logger.Debug("what a node says of its clock is dropped", "peer", from, "wall", int64(t.Wall))
		return
	}
	for number, name := range c.members() {
		if name == from {
			c.log.HearTime(number, t)
		}
	}
}

// window returns a window of so many ms, 0 when there is no such window.
func window(ms int64) time.Duration {
	if ms <= 0 || ms > maxWindow.Milliseconds() {
		return 0
	}
	return time.Duration(ms) * time.Millisecond
}
