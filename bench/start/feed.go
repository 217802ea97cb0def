package start

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/parley-im/parley/bench/swarm"
)

const (
	// writers say the messages, each to a friend of its own who is not there.
	writers = 32
	// window is how many messages of a writer are not acknowledged: all together are less than a full queue of the node.
	window = 4
)

func writer(i int) string { return fmt.Sprintf("writer-%d", i) }
func reader(i int) string { return fmt.Sprintf("reader-%d", i) }

// befriend makes the pairs that talk.
func (r *run) befriend(ctx context.Context) error {
	api := r.rest()
	defer api.close()
	for i := range writers {
		if err := api.call(ctx, http.MethodPost, "/ctx/"+writer(i)+"/friends/"+reader(i), nil, nil); err != nil {
			return err
		}
	}
	return nil
}

// feed is messages on their way. It is the Ear of its swarm.
type feed struct {
	// slots has one token for each message of a writer that is not acknowledged.
	slots [writers]chan struct{}
	left  atomic.Int64
	acked atomic.Int64
	// onAck is told how many are acknowledged, from any goroutine.
	onAck func(acked int64)
	fail  context.CancelCauseFunc
}

// say has messages said and acknowledged. It returns how many were, also with an error.
func (r *run) say(ctx context.Context, messages int64, onAck func(acked int64)) (acked int64, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	f := &feed{onAck: onAck, fail: cancel}
	f.left.Store(messages)
	for i := range f.slots {
		f.slots[i] = make(chan struct{}, window)
	}
	o := r.login(writers, writer)
	o.NewEar = func() swarm.Ear { return f }
	o.OnEnd = func(member int, reason error) { cancel(fmt.Errorf("%s was cut off: %w", writer(member), reason)) }
	s, err := swarm.Open(ctx, o)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	var saying sync.WaitGroup
	for i := range writers {
		saying.Go(func() { f.write(ctx, s, i, r.opts.Size) })
	}
	saying.Wait()
	return f.acked.Load(), context.Cause(ctx)
}

// login is how so many log in.
func (r *run) login(members int, name func(int) string) swarm.Options {
	return swarm.Options{URL: r.node.URL, App: r.node.App, Key: r.node.Key, Revision: 4, Members: members, User: name}
}

// write says messages of one writer while there are any, and waits until its own are acknowledged.
func (f *feed) write(ctx context.Context, s *swarm.Swarm, i, size int) {
	take := func() bool {
		select {
		case f.slots[i] <- struct{}{}:
			return true
		case <-ctx.Done():
			return false
		}
	}
	for f.left.Add(-1) >= 0 {
		if !take() {
			return
		}
		if err := s.Send(i, sayPacket(reader(i), words(size))); err != nil {
			f.fail(err)
			return
		}
	}
	for range window {
		if !take() {
			return
		}
	}
}

// sayPacket is a `say` to a friend that asks for an answer.
func sayPacket(to, body string) []byte {
	return fmt.Appendf(nil, `42/chat,1["say",{"to":{"id":%q,"type":0},"content":{"media":0,"body":%q}}]`, to, body)
}

var (
	answered = []byte(`43/chat,1[`)
	accepted = []byte(`"success":true`)
)

// Begin implements swarm.Ear.
func (f *feed) Begin() {}

// End implements swarm.Ear.
func (f *feed) End() {}

// Hear implements swarm.Ear.
func (f *feed) Hear(member int, packet []byte) {
	switch {
	case !bytes.HasPrefix(packet, answered):
	case !bytes.Contains(packet, accepted):
		f.fail(errors.New("a message was refused: " + string(packet)))
	default:
		f.onAck(f.acked.Add(1))
		<-f.slots[member]
	}
}
