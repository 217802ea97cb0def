package logtest

import "github.com/parley-im/parley/im"

// marks are how far an in-memory log has aged. Unlike the real one it has the same for all addresses, to the millisecond, and
// moves them when it is told to.
type marks struct{ sealed, watermark im.Millis }

// Seal has entries stamped before that refused from now on.
func (m *Memory) Seal(before im.Millis) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mu.marks.sealed = max(m.mu.marks.sealed, before)
}

// Expire has the log forget what is stamped before that, and seals it: bodies and ids of messages, and whole addresses that are
// gone and owe nothing.
func (m *Memory) Expire(before im.Millis) {
	m.Seal(before)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mu.marks.watermark = max(m.mu.marks.watermark, before)
	for a, r := range m.mu.data {
		if r.gone && r.head.TS < before && r.owes.First == 0 {
			delete(m.mu.data, a)
		}
	}
}

// Sealed is like eventlog.Log's.
func (m *Memory) Sealed(addr im.Address) im.Millis {
	if addr.Kind == im.KindCluster {
		return 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mu.marks.sealed
}

// strip takes out of entries what is forgotten of messages.
func (s marks) strip(entries []im.Entry) {
	for i := range entries {
		if e := &entries[i]; e.N > 0 && e.TS < s.watermark {
			e.ID, e.Body = "", nil
		}
	}
}

// end keeps the state that an append brings, and whether it was the last.
func (r *record) end(epoch im.Epoch, final []byte, gone bool) {
	if final != nil {
		r.snapshot(epoch, r.head.Seq, r.head.TS, final)
	}
	r.gone = gone
}
