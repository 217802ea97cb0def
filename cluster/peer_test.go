package cluster

import (
	"strings"
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// picky is a link that takes no answer with a text of 10 bytes.
type picky struct {
	Sender
	refuses im.ErrorKind
}

func (l picky) Send(to string, f *pb.Frame) error {
	if len(f.GetMail().GetReply().GetText()) == 10 {
		return im.E("picky.send", l.refuses, "")
	}
	return l.Sender.Send(to, f)
}

// An answer that a link refuses is answered with an error at once, without any time-out: one that is too long as such, and one
// for which there is no room as unknown, since the command was taken. Nothing stays in flight.
//
// Checked by breaking it: without apologise both calls wait.
func TestPeer_RefusedAnswersAreErrors(t *testing.T) {
	s := startSeveral(t, 2, Options{}, func(ctx actor.Context, _ string, cmd *pb.Command) {
		ctx.Respond(&pb.Reply{Call: cmd.Call, Text: strings.Repeat("x", 10)})
	})
	s.leadAll("node2", 1)
	owner, asker := s.nodes["node2"], s.nodes["node1"]
	links := owner.opts.Links
	for _, tt := range []struct{ refused, want im.ErrorKind }{
		{im.TooLong, im.TooLong},
		{im.Overloaded, im.Unavailable},
	} {
		owner.opts.Links = picky{links, tt.refused}
		ends(t, begin(asker, tom, "x"), tt.want)
		if !asker.idle() {
			t.Errorf("%v: the call is still in flight", tt.refused)
		}
	}
}
