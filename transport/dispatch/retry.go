package dispatch

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

const (
	firstPause = 10 * time.Millisecond
	// longestPause is almost an election's time: by then a shard has a new owner to ask.
	longestPause = 200 * time.Millisecond
)

// do sends cmd until it is answered for good, the deadline is reached or ctx ends.
func (d *Dispatcher) do(ctx context.Context, op string, to im.Address, cmd *pb.Command) (*pb.Reply, error) {
	return d.repeat(ctx, op, to, cmd, repeatable)
}

// doOnce is do for what has no id under which a repeat would be known: it is not sent again once it may have had an effect.
func (d *Dispatcher) doOnce(ctx context.Context, op string, to im.Address, cmd *pb.Command) (*pb.Reply, error) {
	return d.repeat(ctx, op, to, cmd, func(err error) bool { return im.KindOf(err) == im.Retry })
}

func (d *Dispatcher) repeat(
	ctx context.Context, op string, to im.Address, cmd *pb.Command, repeatable func(error) bool,
) (*pb.Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout())
	defer cancel()
	pause := firstPause
	for {
		reply, err := d.attempt(ctx, op, to, cmd)
		if err == nil || !repeatable(err) {
			return reply, err
		}
		if !sleep(ctx, jittered(pause)) {
			return nil, givenUp(op, err, context.Cause(ctx))
		}
		cmd = again(cmd)
		pause = min(2*pause, longestPause)
	}
}

// attempt sends cmd once and waits for the answer.
func (d *Dispatcher) attempt(ctx context.Context, op string, to im.Address, cmd *pb.Command) (*pb.Reply, error) {
	if ctx.Err() != nil {
		return nil, &im.Error{Op: op, Kind: im.Unavailable, Err: ctx.Err()}
	}
	answer := make(chan *pb.Reply, 1)
	d.opts.Actors.Call(to, cmd, d.attemptTimeout(ctx), func(r *pb.Reply) { answer <- r })
	select {
	case r := <-answer:
		return r, r.Err(op)
	case <-ctx.Done():
		return nil, &im.Error{Op: op, Kind: im.Unavailable, Err: context.Cause(ctx)}
	}
}

func (d *Dispatcher) attemptTimeout(ctx context.Context) time.Duration {
	deadline, _ := ctx.Deadline()
	return max(min(d.attemptTime(), time.Until(deadline)), time.Millisecond)
}

// timeout is Options.Timeout as it is now, attemptTime Options.AttemptTimeout.
func (d *Dispatcher) timeout() time.Duration {
	method, _ := d.opts.Patience()
	return method
}

func (d *Dispatcher) attemptTime() time.Duration {
	_, attempt := d.opts.Patience()
	return attempt
}

// again returns cmd for the next attempt: same id, marked, with nothing of what the last attempt's Call wrote into it.
func again(cmd *pb.Command) *pb.Command {
	return &pb.Command{Id: cmd.GetId(), Retried: cmd.GetId() != "", Body: cmd.Body}
}

func repeatable(err error) bool {
	kind := im.KindOf(err)
	return kind == im.Retry || kind == im.Unavailable
}

// givenUp turns the last attempt's error into the caller's: Retry is between nodes and never leaves.
func givenUp(op string, last, cause error) error {
	return &im.Error{Op: op, Kind: im.Unavailable, Err: errors.Join(cause, last)}
}

// jittered returns between half of d and d, so that commands refused together do not come back together.
func jittered(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }

// sleep waits for d and reports true, or false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
