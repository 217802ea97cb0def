package dispatch

import (
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// SayLive passes a message on in a room, whose messages are not stored. It never blocks: done is called exactly once,
// within Options.Timeout, with im.NotPermitted when From is no member and im.NotFound when there is no such
// room. done must not block; it may be called before SayLive returns, and on any goroutine.
//
// Messages that one goroutine sends to a room arrive in the order of its calls, however many are under way. Nothing is
// sent again, which would break that order: im.Unavailable leaves open whether anybody heard it.
func (d *Dispatcher) SayLive(s Say, done func(Said, error)) {
	const op = "dispatch.SayLive"
	if err := checkLive(op, s); err != nil {
		done(Said{}, err)
		return
	}
	cmd, _ := sayCommand(s) // no id: nothing is stored under it
	d.opts.Actors.Call(s.To, cmd, d.timeout(), func(r *pb.Reply) {
		if err := r.Err(op); err != nil {
			done(Said{}, notRetried(op, err))
			return
		}
		done(saidOf(r.GetSay()), nil)
	})
}

func checkLive(op string, s Say) error {
	if s.To.Kind != im.KindRoom {
		return im.E(op, im.Unsupported, "")
	}
	if err := checkSay(op, s); err != nil {
		return err
	}
	return checkGathering(op, s.To)
}

// notRetried turns Retry, which never leaves the edge, into what it means to a caller who has one attempt.
func notRetried(op string, err error) error {
	if im.KindOf(err) != im.Retry {
		return err
	}
	return &im.Error{Op: op, Kind: im.Unavailable, Err: err}
}
