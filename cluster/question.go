package cluster

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// question is a process that takes one answer, as protoactor's future does. A future will not do: an answer that comes when
// its time is up is written while whoever waited reads it, which is a data race (asynkron/protoactor-go#1145), and the race
// detector reports it when a machine is busy enough that answers take as long as they may.
type question chan any // of one, so that the first answer has room and nobody waits to give it

var _ actor.Process = question(nil)

// askOnce asks who and waits for the answer, for patience at most; ok tells whether one came. What comes later is a dead letter.
func askOnce(system *actor.ActorSystem, who *actor.PID, what any, patience time.Duration) (answer any, ok bool) {
	q := make(question, 1)
	self, added := system.ProcessRegistry.Add(q, "question"+system.ProcessRegistry.NextID())
	if !added {
		return nil, false
	}
	defer system.ProcessRegistry.Remove(self)
	system.Root.RequestWithCustomSender(who, what, self)
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case answer = <-q:
		return answer, true
	case <-late.C:
		return nil, false
	}
}

// SendUserMessage implements actor.Process: the message is the answer.
func (q question) SendUserMessage(_ *actor.PID, message any) {
	_, answer, _ := actor.UnwrapEnvelope(message)
	select {
	case q <- answer:
	default: // it has one
	}
}

// SendSystemMessage implements actor.Process: a question has no life of its own.
func (question) SendSystemMessage(*actor.PID, any) {}

// Stop implements actor.Process.
func (question) Stop(*actor.PID) {}
