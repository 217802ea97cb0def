package eventlog

import (
	"testing"
	"time"
)

// Who says that it leads is believed for five seconds: a leader says so each second. What an earlier one says later changes nothing.
//
// Checked by breaking it: without the age the leader is there for ever, and when any term counts the earlier one takes its place.
func TestViews_CountForAWhile(t *testing.T) {
	v, began := views{of: make([]heard, 2)}, time.Now()
	if got := v.leader(1, began); got != (leader{}) {
		t.Errorf("before anybody has said anything %+v leads", got)
	}
	v.hear(1, leader{3, 7}, began)
	v.hear(1, leader{2, 6}, began.Add(time.Second))
	for after, want := range map[time.Duration]leader{0: {3, 7}, viewAge - 1: {3, 7}, viewAge: {}} {
		if got := v.leader(1, began.Add(after)); got != want {
			t.Errorf("after %v %+v leads, want %+v", after, got, want)
		}
	}
	v.hear(1, leader{3, 7}, began.Add(viewAge))
	if got := v.leader(1, began.Add(viewAge+time.Second)); got != (leader{3, 7}) {
		t.Errorf("when it says so again %+v leads", got)
	}
}
