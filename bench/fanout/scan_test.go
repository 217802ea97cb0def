package fanout

import (
	"slices"
	"testing"
	"time"
)

// Servers that put several messages into one frame, and a body that is elsewhere than the last one was: each is found, once. Seen to
// fail when scan returns after the first body.
func TestEar_FindsEveryBodyOfAFrame(t *testing.T) {
	t.Parallel()
	p, err := NewMaxIM("http://127.0.0.1:1", "a", "k", 4)
	if err != nil {
		t.Fatal(err)
	}
	s := Typical()
	s.Members, s.Rate, s.Size = 2, 1, MinSize+10
	r := newRun(Options{Scenario: s, Protocol: p})
	e := newEar(r)
	v := newVoice(0, 0, 0, r.mark, s.Size)
	body := func(seq uint32) []byte {
		header{seq: seq, due: time.Millisecond}.put(v.body)
		return slices.Clone(v.body)
	}
	frame := func(parts ...[]byte) []byte {
		packet := []byte("42" + string(slices.Concat(parts...)))
		return append([]byte{0x81, 126, byte(len(packet) >> 8), byte(len(packet))}, packet...)
	}
	damaged := body(9)
	damaged[len(damaged)-1] = 'x'
	stream := slices.Concat(
		frame([]byte("[...long head..."), body(0), []byte(","), body(1), body(2), []byte("]")), frame(body(3)), frame([]byte("none")),
		frame([]byte("[...long head..."), body(4)), frame(damaged), frame(body(5)[:MinSize]),
	)
	for left := stream; len(left) > 0; { // with the half of the frames that come next, again and again
		n := min(100, len(left))
		for used := 0; used == 0; n = min(n+50, len(left)) {
			if used, err = e.Take(1, left[:n]); err != nil {
				t.Fatal(err)
			}
			left = left[used:]
		}
	}
	if e.heard.Load() != 5 || e.stray != 2 || e.doubled+e.outOfOrder != 0 || r.members[1].streams[0].next != 5 {
		t.Errorf("%d heard, %d damaged, %d doubled, %d out of order; want 5 and 2", e.heard.Load(), e.stray, e.doubled, e.outOfOrder)
	}
}
