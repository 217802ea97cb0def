package ws

import (
	"slices"
	"testing"
)

// What the writer has taken counts until it is written; what is dropped does not. Checked by breaking it: when replace or drop leave
// bytes as it is.
func TestQueue_CountsWhatIsNotWritten(t *testing.T) {
	t.Parallel()
	const frame = 10
	cost := func(frames int) int { return frames * (frame + frameOverhead) }
	q := newQueue(1000)
	want := func(after string, n int) {
		t.Helper()
		if got := q.queuedBytes(); got != n {
			t.Errorf("after %s: %d bytes, want %d", after, got, n)
		}
	}
	q.push(make([]byte, frame))
	q.push(make([]byte, frame))
	q.take()
	q.push(make([]byte, frame))
	want("two frames that are taken and one more", cost(3))
	q.replace(make([]byte, frame))
	want("replace", cost(3))
	q.written()
	want("written", cost(1))
	q.take()
	q.drop()
	want("drop", cost(1))
	q.written()
	want("the end", 0)
	q = newQueue(1000)
	q.push(make([]byte, frame))
	q.push(make([]byte, frame))
	q.replace(make([]byte, frame))
	want("replace of two by one", cost(1))
	q.drop()
	want("drop of all", 0)
}

// A pong goes before all that waits, but not before the answer to the handshake. Checked by breaking it: without begun it does.
func TestQueue_PongGoesBehindTheHandshake(t *testing.T) {
	t.Parallel()
	q := newQueue(1000)
	for _, want := range []string{"101 pong a", "pong 101 a"} {
		for _, frame := range []string{"101", "a"} {
			q.push([]byte(frame))
		}
		q.setPong([]byte("pong"))
		frames, _ := q.take()
		if got := string(slices.Concat(frames[0], []byte(" "), frames[1], []byte(" "), frames[2])); got != want {
			t.Errorf("%q is taken, want %q", got, want)
		}
		q.written()
	}
}
