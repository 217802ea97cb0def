package actors

import (
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
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
	if at.Seq > a.head.Seq {
		// NB: stored by an earlier epoch, whose answer nobody knew, after this one had read the log: what it owes is not in the
		// outbox, and would be told to nobody although it is acknowledged. Of what this activation wrote none is beyond its head.
		a.fail(env, im.E("actors.repeat", im.Retry, ""))
		a.reset()
		return true
	}
	reply, afterTold := repeater.Repeat(env.cmd, at)
	switch last := a.box.last(); {
	case reply == nil:
		return false
	case afterTold && at.Seq <= last:
		// NB: the first event of the command is at at, and where its last one is nobody knows: all that is open is waited for.
		a.hold(held{env: env, seq: last, reply: reply})
	default:
		a.answer(env, reply)
	}
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
