package cluster

import (
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// question is a process that takes one answer, as protoactor's future does. A future will not do: an answer that comes when
// its time is up is written while whoever waited reads it, which is a data race (asynkron/protoactor-go#1145), and the race
// detector reports it when a machine is busy enough that answers take as long as they may.
type question struct {
	owner *actor.PID
	shard im.ShardID
	// answer is of one, so that the first answer has room and nobody waits to give it. Nil says that none will come.
	answer chan *pb.Activated
}

var _ actor.Process = (*question)(nil)

// questions are those that wait. There are no more than calls in flight.
type questions struct {
	node *Node

	mu     sync.Mutex
	last   uint64 // see names.go
	open   map[string]*question
	closed bool
}

func newQuestions(n *Node) *questions {
	return &questions{node: n, last: rand.Uint64(), open: map[string]*question{}}
}

// ask asks the owner of shard for an activation, and waits for the answer, for patience at most; nil when none came. What
// comes later is dropped.
func (qs *questions) ask(owner *actor.PID, shard im.ShardID, what *pb.Activate, patience time.Duration) *pb.Activated {
	q := &question{owner: owner, shard: shard, answer: make(chan *pb.Activated, 1)}
	name, ok := qs.enter(q)
	if !ok {
		return nil
	}
	defer qs.leave(name)
	registry := qs.node.system.ProcessRegistry
	self, _ := registry.Add(q, name)
	defer registry.Remove(self)
	if qs.node.send(owner, what, self) != nil {
		return nil
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case answer := <-q.answer:
		return answer
	case <-late.C:
		return nil
	}
}

func (qs *questions) enter(q *question) (name string, ok bool) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	if qs.closed {
		return "", false
	}
	qs.last++
	name = questionStart + strconv.FormatUint(qs.last, 10)
	qs.open[name] = q
	return name, true
}

func (qs *questions) leave(name string) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	delete(qs.open, name)
}

// answered gives the answer from another node to the question of that name, and reports whether there may be such a name.
func (qs *questions) answered(from, name string, answer *pb.Activated) bool {
	qs.mu.Lock()
	q := qs.open[name]
	qs.mu.Unlock()
	if q != nil && q.owner.Address == from {
		q.give(answer)
	}
	return isQuestion(name)
}

// end tells those who wait for certain questions that no answer will come.
func (qs *questions) end(which func(*question) bool) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	for _, q := range qs.open {
		if which(q) {
			q.give(nil)
		}
	}
}

// close ends all questions, and those that are asked later.
func (qs *questions) close() {
	qs.mu.Lock()
	qs.closed = true
	qs.mu.Unlock()
	qs.end(func(*question) bool { return true })
}

func (q *question) give(answer *pb.Activated) {
	select {
	case q.answer <- answer:
	default: // it has one
	}
}

// SendUserMessage implements actor.Process: the message is the answer, or says that there is nobody to give one.
func (q *question) SendUserMessage(_ *actor.PID, message any) {
	answer, _ := actor.UnwrapEnvelopeMessage(message).(*pb.Activated)
	q.give(answer)
}

// SendSystemMessage implements actor.Process: a question has no life of its own.
func (*question) SendSystemMessage(*actor.PID, any) {}

// Stop implements actor.Process.
func (*question) Stop(*actor.PID) {}
