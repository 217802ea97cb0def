package actors

import (
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// read is an answer that waits until its seq is stored and a barrier has shown that no other writer was here.
type read struct {
	env   envelope
	seq   uint64
	reply *pb.Reply
}

// read answers from the speculative state, once that is the true one.
func (a *activation) read(env envelope, reply *pb.Reply) {
	a.reads = append(a.reads, read{env: env, seq: a.head.Seq, reply: reply})
	a.confirmNext()
}

// confirmNext asks for one barrier for all reads whose seq is stored, unless one is under way.
func (a *activation) confirmNext() {
	if a.confirming > 0 {
		return
	}
	for a.confirming < len(a.reads) && a.reads[a.confirming].seq <= a.stored {
		a.confirming++
	}
	if a.confirming == 0 {
		return
	}
	self, root, epoch := a.self, a.root, a.epoch
	a.host.opts.Journal.Confirm(a.addr, a.stored, epoch, func(err error) {
		root.Send(self, &confirmed{epoch: epoch, err: err})
	})
}

// confirmed releases the reads that the barrier served. A state that is not the log's any more is thrown away.
func (a *activation) confirmed(err error) {
	if err != nil && im.KindOf(err) == im.Retry {
		a.reset()
		return
	}
	for _, r := range a.reads[:a.confirming] {
		if err != nil {
			a.fail(r.env, err)
			continue
		}
		a.answer(r.env, r.reply)
	}
	a.reads = dropFront(a.reads, a.confirming)
	a.confirming = 0
	a.confirmNext()
}
