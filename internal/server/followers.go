package server

import (
	"sync"

	"github.com/parley-im/parley/cluster/attendance"
	"github.com/parley-im/parley/im"
)

// followers are those who follow the leaders, in the order in which they must hear of one. A node may lead before it is known
// here by its name: attendance, which knows nodes by their names, hears of it when it is.
type followers struct {
	attendance *attendance.Attendance
	// then is told after the attendance: actors that begin ask it.
	then func(shard im.ShardID, replica, term uint64)

	mu    sync.Mutex
	names map[uint64]string // of the members, by replica
	last  map[im.ShardID]leading
}

// leading is who leads a shard, by replica, and in which term.
type leading struct{ replica, term uint64 }

// LeaderChanged implements follower.
func (f *followers) LeaderChanged(shard im.ShardID, replica, term uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last == nil {
		f.last = map[im.ShardID]leading{}
	}
	f.last[shard] = leading{replica, term}
	f.attendance.LeaderChanged(shard, f.names[replica], term)
	f.then(shard, replica, term)
}

// setNames says who the members are from now on. The cluster.Node must know it already.
func (f *followers) setNames(names map[uint64]string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := f.names
	f.names = names
	for shard, l := range f.last {
		if name := names[l.replica]; name != before[l.replica] {
			f.attendance.LeaderChanged(shard, name, l.term)
		}
	}
}

// members are the names of the members, by replica. Nobody may change the map.
func (f *followers) members() map[uint64]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.names
}
