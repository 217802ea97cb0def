package eventlog

import (
	"io"
	"testing"
	"time"
)

// A log is kept while the shard is sent and as long again as who got it needs, but not for ever, and not when it is longer than
// what was sent.
func TestSending_KeepsWhatAMemberNeeds(t *testing.T) {
	var s sending
	now := time.Unix(1, 0)
	expect := func(what string, grown int64, want bool) {
		t.Helper()
		if got := s.keeps(grown, 100, now); got != want {
			t.Errorf("%s: a log of %d is kept: %v, want %v", what, grown, got, want)
		}
	}
	expect("nothing is sent", 10, false)
	s.begin(90, now)
	expect("it begins", 189, true)
	expect("a spare is passed", 190, false)
	if n, err := s.to(io.Discard).Write(make([]byte, 300)); n != 300 || err != nil {
		t.Fatal(n, err)
	}
	expect("300 are sent", 389, true)
	expect("more than that has grown", 390, false)
	s.begin(200, now)
	s.end(now.Add(time.Second))
	now = now.Add(time.Hour)
	expect("another is under way", 389, true)
	s.end(now.Add(time.Second))
	now = now.Add(time.Second - 1)
	expect("who got it catches up", 389, true)
	s.cut()
	expect("it was cut after all", 299, true)
	expect("it was cut after all", 300, false)
	now = now.Add(1)
	expect("it is late", 0, false)
	s.begin(7, now)
	expect("the next one", 106, true)
	expect("the next one", 107, false)
}
