package cluster

import (
	"fmt"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Receive takes mail from the node of that name. It does not block. Mail from one node must come in order, from one
// goroutine. What does not fit its receiver, or comes from nobody who is known, is dropped: nothing but owners, activations,
// calls and questions can be reached from outside.
func (n *Node) Receive(from string, m *pb.Mail) {
	p := n.peer(from)
	if p == nil || !n.deliver(p, m) {
		n.dropped.Add(1)
		n.opts.Logger.Debug("mail was dropped", "node", from, "type", fmt.Sprintf("%T", m.GetBody()))
	}
}

// deliver reports whether m is mail that may come.
func (n *Node) deliver(from *peer, m *pb.Mail) bool {
	switch body := m.GetBody().(type) {
	case *pb.Mail_Command:
		return n.takeCommand(from, m, body.Command)
	case *pb.Mail_Activate:
		return n.takeActivate(from, m, body.Activate)
	case *pb.Mail_Nudge:
		return n.takeNudge(m, body.Nudge)
	case *pb.Mail_Reply:
		return m.GetTo() == repliesName && n.calls.answered(from.name, body.Reply)
	case *pb.Mail_Activated:
		return n.questions.answered(from.name, m.GetTo(), body.Activated)
	case *pb.Mail_NoActor:
		return n.takeNoActor(from, m, body.NoActor)
	default:
		return false
	}
}

func (n *Node) takeCommand(from *peer, m *pb.Mail, cmd *pb.Command) bool {
	if cmd == nil || m.Sender != repliesName || !isActivation(m.To) {
		return false
	}
	if !n.hand(m.To, cmd, from.replies) {
		n.tell(from, from.replies, &pb.NoActor{Actor: m.To, Call: cmd.Call})
	}
	return true
}

func (n *Node) takeActivate(from *peer, m *pb.Mail, ask *pb.Activate) bool {
	if !isQuestion(m.Sender) || !n.owns(m.To, ask.GetAddress()) {
		return false
	}
	asker := actor.NewPID(from.name, m.Sender)
	if !n.hand(m.To, ask, asker) {
		n.tell(from, asker, &pb.NoActor{Actor: m.To})
	}
	return true
}

// takeNudge drops a nudge to an owner that is not there: it may be lost.
func (n *Node) takeNudge(m *pb.Mail, nudge *pb.Nudge) bool {
	if !n.owns(m.To, nudge.GetTo()) {
		return false
	}
	n.hand(m.To, nudge, nil)
	return true
}

func (n *Node) takeNoActor(from *peer, m *pb.Mail, nobody *pb.NoActor) bool {
	if m.To == repliesName {
		return n.calls.nobody(actor.NewPID(from.name, nobody.GetActor()), nobody.GetCall())
	}
	return n.questions.answered(from.name, m.To, nil)
}

// owns reports whether name is that of an owner of addr's shard. One of another shard would write into the wrong log.
func (n *Node) owns(name string, addr *pb.Address) bool {
	shard, ok := parseOwner(name)
	a := addr.Addr()
	return ok && a.Valid() && shard != im.ClusterShard && shard == a.Shard(n.opts.Shards)
}

// hand gives message to the process of that name, unless there is none.
func (n *Node) hand(name string, message any, sender *actor.PID) bool {
	process, found := n.system.ProcessRegistry.GetLocal(name)
	if found {
		process.SendUserMessage(nil, &actor.MessageEnvelope{Message: message, Sender: sender})
	}
	return found
}

// tell answers a peer; what the link does not take is lost.
func (n *Node) tell(to *peer, name *actor.PID, message any) { to.SendUserMessage(name, message) }
