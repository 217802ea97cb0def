package attendance

import "github.com/parley-im/parley/im"

// becomeCertainLocked notes when who is not there has been away for long enough: at once where nobody can be elsewhere.
func (a *Attendance) becomeCertainLocked(sh *shard, t *table) {
	if t.certain = len(t.columns) == 0; t.certain {
		return
	}
	t.stop = a.after(awayTime, func() {
		sh.mu.Lock()
		defer sh.mu.Unlock()
		t.certain = true
	})
}

// Away reports whether nobody is there of a user, on any node, and has not been for as long as a user without sessions is
// online. It is not certain for a while after this node became the owner, while a linked node is waited for that may have
// somebody, nor of a user whose actor is to be woken; nor while a session is let in, which the actor will hear of.
func (a *Attendance) Away(user im.Address) (away, certain bool) {
	sh := a.shardOf(user)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	t := sh.table
	if t == nil || !t.certain || t.sleepers.users[user] != nil || a.mayBeElsewhereLocked(t, user) {
		return false, false
	}
	seen := sh.seenLocked(user)
	return !seen.Entered, !seen.Entered || seen.Sessions > 0
}

// mayBeElsewhereLocked reports whether a node may have sessions of a user that it has not told of, or not again.
func (a *Attendance) mayBeElsewhereLocked(t *table, user im.Address) bool {
	for _, c := range t.columns {
		if c.lost[user].Entered || !c.heard && a.isUp(c.node) {
			return true
		}
	}
	return false
}
