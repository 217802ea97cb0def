package actors

import (
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// repeated answers a command that is stored already, or about to be, and reports whether it was one.
func (a *activation) repeated(env envelope) bool {
	id := env.cmd.Id
	repeater, ok := a.core.(core.Repeater)
	if !ok || id == "" || !env.cmd.Retried && !repeater.MayRepeat(env.cmd) {
		return false
	}
	if seq, pending := a.pendingIDs[id]; pending {
		a.writes = append(a.writes, write{env: env, seq: max(seq, a.head.Seq), repeatOf: id})
		return true
	}
	return a.answerRepeat(env, repeater)
}

// answerRepeat looks the id up in the store: the only read that an activation waits for, made for retries and for
// commands whose id the client drew.
func (a *activation) answerRepeat(env envelope, repeater core.Repeater) bool {
	at, found, err := a.host.opts.Journal.Lookup(a.addr, env.cmd.Id)
	if err != nil {
		a.fail(env, &im.Error{Op: "actors.lookup", Kind: im.Internal, Err: err})
		return true
	}
	if !found {
		return false
	}
	reply := repeater.Repeat(env.cmd, at)
	if reply == nil {
		return false
	}
	a.answer(env, reply)
	return true
}

// repeatStored answers a repeat whose first sending was stored meanwhile.
func (a *activation) repeatStored(w *write) {
	if !a.answerRepeat(w.env, a.core.(core.Repeater)) {
		a.fail(w.env, im.E("actors.repeat", im.Retry, ""))
	}
}

func (a *activation) notePending(id string, seq uint64) {
	if id == "" {
		return
	}
	if a.pendingIDs == nil {
		a.pendingIDs = map[string]uint64{}
	}
	a.pendingIDs[id] = seq
}

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
