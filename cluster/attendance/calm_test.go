package attendance_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// While one node leads and no link breaks nobody is evicted, whatever news of the leader comes, early, late or twice. It is
// the model of TestAttendance_WhatIsDoneHasArrived without its faults, so that eviction is none of the things that may be.
//
// Checked by breaking it: it fails at once when a blip takes leave of the owner (keepsOwnerLocked), and when one before the
// owner knows of its office does (leaveOwnerLocked).
func TestAttendance_NobodyIsEvictedForNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newborn()
		t.Repeat(map[string]func(*rapid.T){
			"login": m.login, "leave": m.leave, "say": m.say, "blip": m.blip, "learn": m.learnOne, "step": m.stepSome,
			"wait": m.passCalmly, "flow": m.flowAll,
			"": func(t *rapid.T) { m.check(t); m.checkNobodyIsEvicted(t) },
		})
		m.settleDown(t)
		m.checkNobodyIsEvicted(t)
	})
}

// passCalmly lets time pass in which the links bring what they have. Nodes learn of leaders sooner.
func (m *model) passCalmly(t *rapid.T) {
	m.learnAll()
	for range rapid.SampledFrom([]int{1, 3, 10, 30}).Draw(t, "tenths of a second") {
		m.flowAll(t)
		for end := m.clock.now + 100*time.Millisecond; m.clock.next(end); {
		}
	}
}

func (m *model) checkNobodyIsEvicted(t *rapid.T) {
	for _, s := range m.live {
		if s.evicted {
			t.Fatalf("session %d on %s is evicted, though nothing was lost", s.id, s.node.name)
		}
	}
}
