package model

import (
	"slices"
	"time"
)

// forgetSignal makes sure that the next signal is for what comes from now on.
func (m *mail) forgetSignal() {
	select {
	case <-m.changed:
	default: // there is none
	}
}

// await returns when nothing is still to come, or at the first fault, or when patience ends. It returns the faults.
func (m *mail) await(patience time.Duration) []string {
	return m.awaitThat(patience, func() bool { return len(m.open) == 0 })
}

// awaitAnswers is await for the answers to letters alone.
func (m *mail) awaitAnswers(patience time.Duration, letters []*letter) []string {
	return m.awaitThat(patience, func() bool {
		return !slices.ContainsFunc(letters, func(l *letter) bool { return l.answer == nil })
	})
}

func (m *mail) awaitThat(patience time.Duration, doneLocked func() bool) []string {
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		if faults, done := m.state(doneLocked); done {
			return faults
		}
		select {
		case <-m.changed:
		case <-late.C:
			return m.missing()
		}
	}
}

func (m *mail) state(doneLocked func() bool) (faults []string, done bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.faults, len(m.faults) > 0 || doneLocked()
}

func (m *mail) missing() (out []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for l := range m.open {
		out = append(out, l.missing()...)
	}
	return append(out, m.faults...)
}
