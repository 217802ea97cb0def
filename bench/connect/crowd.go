package connect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// crowd is the clients of one transport. Its steps are taken in this order, by one goroutine.
type crowd interface {
	// connect opens a session for each member. None logs in.
	connect(ctx context.Context) error
	// logIn logs them in.
	logIn(ctx context.Context) error
	// leave leaves the sessions without a word: it closes all sockets when it is to cut, else it keeps them and says nothing
	// more. Who is left by the node before that has failed.
	leave(cut bool)
	// close ends what is left and waits for all goroutines. It may come at any time.
	close()
}

// abreast is how many members connect or log in at a time: enough to keep both sides busy, few enough for the node's
// listen queue.
const abreast = 64

func user(member int) string { return fmt.Sprintf("u%06d", member) }

// gather returns the clients of a transport. fail is told why one of them was left by the node.
func (r *run) gather(t Transport, fail context.CancelCauseFunc) crowd {
	d := desk{run: r, fail: fail, turns: make(chan struct{}, abreast), logged: make(chan struct{}, abreast)}
	if t == Polling {
		return newPollers(&d)
	}
	return &sockets{desk: &d}
}

// desk is where the logins of a crowd are counted.
type desk struct {
	run  *run
	fail context.CancelCauseFunc
	// turns has an element for each login that is under way, logged one for each that was accepted and not counted.
	turns, logged chan struct{}
}

// logIn asks for the login of all members and returns when all are accepted.
func (d *desk) logIn(ctx context.Context, ask func(member int) error) error {
	members := d.run.opts.Members
	asked, counted := 0, 0
	for counted < members {
		turns := d.turns
		if asked == members {
			turns = nil
		}
		select {
		case turns <- struct{}{}:
			if err := ask(asked); err != nil {
				return fmt.Errorf("log in %s: %w", user(asked), err)
			}
			asked++
		case <-d.logged:
			<-d.turns
			counted++
			d.run.progress("logging in", int64(counted))
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

var (
	loginEvent   = []byte(`42/chat,["login",`)
	errDismissed = errors.New("the node told the session to leave")
)

// hear takes a message that the node sent to a member, type character included.
func (d *desk) hear(member int, packet []byte) {
	answer, ok := bytes.CutPrefix(packet, loginEvent)
	if !ok {
		return
	}
	var login struct {
		Success bool
		Error   int
	}
	err := json.Unmarshal(bytes.TrimSuffix(answer, []byte("]")), &login)
	if err == nil && !login.Success {
		err = fmt.Errorf("refused with %d", login.Error)
	}
	if err != nil {
		d.fail(fmt.Errorf("log in %s: %w", user(member), err))
		return
	}
	select {
	case d.logged <- struct{}{}:
	default: // more answers than were asked for
		d.fail(fmt.Errorf("%s was logged in twice", user(member)))
	}
}

// each calls do for every member, abreast of them at a time, and returns the first error.
func (d *desk) each(ctx context.Context, do func(ctx context.Context, member int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	members := d.run.opts.Members
	var next, done atomic.Int64
	var working sync.WaitGroup
	for range min(abreast, members) {
		working.Go(func() {
			for m := int(next.Add(1)) - 1; m < members && ctx.Err() == nil; m = int(next.Add(1)) - 1 {
				if err := do(ctx, m); err != nil {
					cancel(fmt.Errorf("connect %s: %w", user(m), err))
					return
				}
				d.run.progress("connecting", done.Add(1))
			}
		})
	}
	working.Wait()
	return context.Cause(ctx)
}
