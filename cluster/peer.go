package cluster

import (
	"fmt"

	"github.com/asynkron/protoactor-go/actor"
	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// peer is another node: the process behind all ids that have its name as their address. It is stateless.
type peer struct {
	node *Node
	name string
	// replies is where answers to the peer's calls go.
	replies *actor.PID
}

var _ actor.Process = (*peer)(nil)

func newPeer(n *Node, name string) *peer {
	return &peer{node: n, name: name, replies: actor.NewPID(name, repliesName)}
}

// send puts message into the link, as mail for the process to. The error says that the link did not take it.
func (p *peer) send(to *actor.PID, message any, sender *actor.PID) error {
	m := &pb.Mail{To: to.Id, Sender: sender.GetId()}
	switch body := message.(type) {
	case *pb.Command:
		m.Body = &pb.Mail_Command{Command: body}
	case *pb.Reply:
		m.Body = &pb.Mail_Reply{Reply: body}
	case *pb.Nudge:
		m.Body = &pb.Mail_Nudge{Nudge: body}
	case *pb.Activate:
		m.Body = &pb.Mail_Activate{Activate: body}
	case *pb.Activated:
		m.Body = &pb.Mail_Activated{Activated: body}
	case *pb.NoActor:
		m.Body = &pb.Mail_NoActor{NoActor: body}
	default:
		return im.E("cluster.send", im.Internal, fmt.Sprintf("%T does not travel", message))
	}
	return p.node.opts.Links.Send(p.name, &pb.Frame{Body: &pb.Frame_Mail{Mail: m}})
}

// SendUserMessage implements actor.Process: an actor of this node answers one of the peer's. What the link does not take is
// lost, as it would be with the link, and whoever waits for it has a time-out; but instead of an answer it takes an error, if it
// has room for that.
func (p *peer) SendUserMessage(to *actor.PID, envelope any) {
	_, message, sender := actor.UnwrapEnvelope(envelope)
	err := p.send(to, message, sender)
	if err == nil {
		return
	}
	p.node.opts.Logger.Debug("message to another node was dropped",
		"node", p.name, "type", fmt.Sprintf("%T", message), "err", err)
	if answer, is := message.(*pb.Reply); is {
		p.apologise(to, answer, err)
	}
}

// apologise answers a call whose answer the link refused, so that its caller does not wait in vain. An answer for which there was
// no room is Unavailable, not Overloaded: what was asked for may be done.
func (p *peer) apologise(to *actor.PID, answer *pb.Reply, refused error) {
	var kind im.ErrorKind
	switch im.KindOf(refused) { //nolint:exhaustive // a link that is down takes no apology
	case im.TooLong:
		kind = im.TooLong
		p.node.opts.Logger.Warn("an answer is too long for a link", "node", p.name, "bytes", proto.Size(answer))
	case im.Overloaded:
		kind = im.Unavailable
	default:
		return
	}
	apology := pb.NewError(&im.Error{Op: "cluster.answer", Kind: kind, Err: refused})
	apology.Call = answer.Call
	_ = p.send(to, apology, nil) // refused as well: the caller has a time-out
}

// SendSystemMessage implements actor.Process. Nodes do not watch or stop each other's actors.
func (p *peer) SendSystemMessage(*actor.PID, any) {}

// Stop implements actor.Process.
func (p *peer) Stop(*actor.PID) {}
