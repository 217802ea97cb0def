package link

import (
	"bytes"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// What waits is bounded in bytes, with what the writer has taken; the frame that does not fit is refused, a smaller one
// that fits goes on, and there is room again when it is written. An empty queue takes a frame over the bound.
//
// Checked by breaking it: it fails when taken does not count.
func TestPending_IsBounded(t *testing.T) {
	p := newPending(1000)
	add := func(size int) error { return p.add(mail(0, size)) }
	want := func(what string, err error, kind im.ErrorKind) {
		t.Helper()
		if err == nil {
			t.Errorf("%s was taken", what)
			return
		}
		wantKind(t, err, kind)
	}
	if err := add(600); err != nil {
		t.Fatal(err)
	}
	want("a frame over the bound", add(600), im.Overloaded)
	if err := add(200); err != nil {
		t.Fatal(err)
	}
	batch := p.take(nil)
	want("a frame while those before are written", add(600), im.Overloaded)
	if got := p.bytes(); got != len(batch) {
		t.Errorf("%d bytes are pending, want %d", got, len(batch))
	}
	p.written()
	if err := add(5000); err != nil {
		t.Errorf("an empty queue: %v", err)
	}
	want("a frame behind a long one", add(1), im.Overloaded)
	want("a long frame", add(MaxFrameBytes), im.TooLong)
}

// What the writer has taken stays as it is while frames are added, and those are what it takes next; with its buffer back
// in use, too.
//
// Checked by breaking it: it fails when what is taken and what is added share a buffer.
func TestPending_TakenBytesAreTheWriters(t *testing.T) {
	p := newPending(1 << 20)
	var spare []byte
	for i := range uint64(5) {
		if err := p.add(mail(2*i+1, 100)); err != nil {
			t.Fatal(err)
		}
		batch := p.take(spare)
		want := bytes.Clone(batch)
		if err := p.add(mail(2*i+2, 100)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(batch, want) {
			t.Fatalf("round %d: what was taken has changed", i)
		}
		p.written()
		next := p.take(reusable(batch))
		if got, err := newFrameReader(bytes.NewReader(next)).next(); err != nil || got.Number != 2*i+2 {
			t.Fatalf("round %d: the writer takes %v next, %v", i, got, err)
		}
		p.written()
		spare = reusable(next)
	}
}

// A queue that has ended takes nothing, has nothing, and keeps no memory.
func TestPending_DropFreesAll(t *testing.T) {
	p := newPending(1 << 20)
	if err := p.add(mail(0, 1000)); err != nil {
		t.Fatal(err)
	}
	p.drop()
	wantKind(t, p.add(mail(0, 1)), im.Unavailable)
	if batch := p.take(nil); len(batch) > 0 || p.bytes() != 0 || p.mu.buf != nil {
		t.Errorf("%d bytes to write, %d pending, %d kept", len(batch), p.bytes(), cap(p.mu.buf))
	}
}

// The writer's buffers are used again, but for large ones.
func TestPending_KeepsNoLargeBuffer(t *testing.T) {
	if b := reusable(make([]byte, 10, maxKept)); b == nil || len(b) != 0 {
		t.Error("a buffer is not used again")
	}
	if reusable(make([]byte, 0, maxKept+1)) != nil {
		t.Error("a large buffer is kept")
	}
}

// Frames that many goroutines send at once arrive whole, and those of each in its order.
func TestSend_FromManyGoroutines(t *testing.T) {
	const senders, each = 8, 500
	a, b := pair(t, nil)
	var sending sync.WaitGroup
	for s := range uint64(senders) {
		sending.Go(func() {
			for i := range uint64(each) {
				if err := a.Send("b", mail(s<<32|i, int(i)%300)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	sending.Wait()
	b.await(t, "got a", senders*each)
	var next [senders]uint64
	for _, f := range b.framesOf("a") {
		s, i := f.Number>>32, f.Number&(1<<32-1)
		if i != next[s] {
			t.Fatalf("sender %d: frame %d, want %d", s, i, next[s])
		}
		next[s]++
	}
}

// Send to a peer that takes nothing does not block: it takes what the bound allows, then refuses, without any time
// passing. When the link goes down what waited is dropped: the next link begins with what is sent then.
//
// Checked by breaking it: it fails when add does not look at the bound.
func TestSend_OverloadedByAPeerThatTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		a := newNode(t, "a", n.listen("a"), func(o *Options) { n.use(o); o.MaxPendingBytes = 10_000 })
		ln := n.listen("b")
		a.SetPeer("b", "b")
		a.Open()
		conn := answerAs(t, ln, "b", "a")
		defer conn.Close()
		a.await(t, "up b", 1)
		began, taken := time.Now(), 0
		for a.Send("b", mail(1, 1000)) == nil {
			taken++
		}
		wantKind(t, a.Send("b", mail(1, 1000)), im.Overloaded)
		if frame := proto.Size(mail(1, 1000)) + frameHead; taken != 10_000/frame || a.States()[0].PendingBytes != taken*frame {
			t.Errorf("%d frames were taken, %d bytes are pending", taken, a.States()[0].PendingBytes)
		}
		if passed := time.Since(began); passed > 0 {
			t.Errorf("Send took %v", passed)
		}
		a.await(t, "down b", 1)
		if got := a.States()[0].PendingBytes; got != 0 {
			t.Errorf("%d bytes are pending without a link", got)
		}
		second := answerAs(t, ln, "b", "a")
		defer second.Close()
		a.await(t, "up b", 2)
		a.mustSend(t, "b", &pb.Frame{Number: 2})
		if f, err := newFrameReader(second).next(); err != nil || f.Number != 2 {
			t.Errorf("the first frame of the second link is %v, %v", f, err)
		}
		go io.Copy(io.Discard, second)
		a.Close()
	})
}
