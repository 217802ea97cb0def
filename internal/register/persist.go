package register

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/parley-im/parley/im"
)

const (
	firstPause   = 10 * time.Millisecond
	longestPause = 200 * time.Millisecond
)

// persist repeats try while its error is one that passes: no leader, full queue, a rival's append. When ctx ends the
// error is im.Unavailable.
func persist(ctx context.Context, op string, try func() error) error {
	pause := firstPause
	for {
		err := try()
		if err == nil || !passing(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return &im.Error{Op: op, Kind: im.Unavailable, Err: errors.Join(context.Cause(ctx), err)}
		case <-time.After(pause/2 + rand.N(pause/2+1)):
		}
		pause = min(2*pause, longestPause)
	}
}

func passing(err error) bool {
	if errors.Is(err, errAgain) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	switch im.KindOf(err) {
	case im.Retry, im.Unavailable, im.Overloaded:
		return true
	default:
		return false
	}
}
