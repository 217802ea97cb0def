package attendance

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Listen says which rooms the sessions of a user listen to, wherever they are. It is done when each hub that has some
// listens, and the owners of the rooms know that.
func (a *Attendance) Listen(user im.Address, only bool, joined, left []im.RoomID, done func(error)) (later bool, err error) {
	sh := a.shardOf(user)
	m := &pb.Listen{User: pb.NewAddress(user), Only: only, Joined: toStrings(joined), Left: toStrings(left)}
	sh.mu.Lock()
	t := sh.table
	if t == nil || !t.settled {
		defer sh.mu.Unlock()
		return a.waitLocked(sh, proto.Size(m), done, func(done func(error)) (bool, error) { return a.listen(sh, t, m, done) })
	}
	sh.mu.Unlock()
	return a.listen(sh, t, m, done)
}

// listen is Listen once it is known who is there.
func (a *Attendance) listen(sh *shard, t *table, m *pb.Listen, done func(error)) (later bool, err error) {
	sh.mu.Lock()
	if sh.table != t {
		sh.mu.Unlock()
		return false, im.E("attendance.listen", im.Retry, "")
	}
	nodes := t.having(m.GetUser().Addr())
	sh.mu.Unlock()
	all := &tally{done: done}
	a.listenHere(m, all)
	for _, node := range nodes {
		a.hand(node, &pb.Frame{Body: &pb.Frame_Listen{Listen: m}}, all)
	}
	return all.begun()
}

// listenHere has the sessions of a user on this node listen. all waits until the rooms' owners know.
func (a *Attendance) listenHere(m *pb.Listen, all *tally) {
	user := m.GetUser().Addr()
	a.opts.Hub.Listen(user, m.GetOnly(), toRooms(m.GetJoined()), toRooms(m.GetLeft()))
	var asked []*shard
	for _, id := range m.GetJoined() {
		sh := a.shardOf(im.Room(user.App, im.RoomID(id)))
		if !slices.Contains(asked, sh) {
			asked = append(asked, sh)
			a.await(sh, all)
		}
	}
}

// await has all wait until the owner of a shard knows what is so here, for AnswerTime at most.
func (a *Attendance) await(sh *shard, all *tally) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	n := &sh.announced
	if sh.table != nil || n.begun && n.complete && n.taken == n.sent {
		return
	}
	all.begin()
	w := &waiter{frame: n.sent}
	stop := a.after(AnswerTime, func() {
		sh.mu.Lock()
		n.giveUp(w)
		sh.mu.Unlock()
		all.end(im.E("attendance.listen", im.Unavailable, ""))
	})
	w.end = func(err error) { stop(); all.end(err) }
	n.waiting = append(n.waiting, w)
}

func toStrings[T ~string](ids []T) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return out
}

func toRooms(ids []string) []im.RoomID {
	out := make([]im.RoomID, len(ids))
	for i, id := range ids {
		out[i] = im.RoomID(id)
	}
	return out
}
