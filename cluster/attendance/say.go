package attendance

import (
	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// The methods of this file and of listen.go are those of actors.Hub: they are called on the node that leads the address's
// shard. On another one, what must be taken ends with im.Retry, and the rest is dropped.

// Deliver hands a message to the sessions of a user or passenger, wherever they are. It is done when the hub of each node that
// has some has taken it.
func (a *Attendance) Deliver(user, teller im.Address, d *pb.Delivery, done func(error)) (later bool, err error) {
	sh := a.shardOf(user)
	sh.mu.Lock()
	t := sh.table
	if t == nil || !t.settled {
		defer sh.mu.Unlock()
		return a.waitLocked(sh, proto.Size(d), done, func(done func(error)) (bool, error) {
			return a.deliver(sh, t, user, teller, d, done)
		})
	}
	if !t.isElsewhere(user) {
		sh.mu.Unlock()
		a.opts.Hub.Deliver(user, teller, d)
		return false, nil
	}
	sh.mu.Unlock()
	return a.deliver(sh, t, user, teller, d, done)
}

// deliver is Deliver once it is known who is there.
func (a *Attendance) deliver(sh *shard, t *table, user, teller im.Address, d *pb.Delivery, done func(error)) (bool, error) {
	all := &tally{done: done}
	sh.mu.Lock()
	if sh.table != t {
		sh.mu.Unlock()
		return false, im.E("attendance.deliver", im.Retry, "")
	}
	nodes := t.having(user)
	t.holdForLost(user, all)
	sh.mu.Unlock()
	a.opts.Hub.Deliver(user, teller, d)
	body := &pb.Frame_Deliver{Deliver: &pb.Deliver{User: pb.NewAddress(user), Teller: pb.NewAddress(teller), Delivery: d}}
	for _, node := range nodes {
		a.hand(node, &pb.Frame{Body: body}, all)
	}
	return all.begun()
}

// hand sends what node is to take.
func (a *Attendance) hand(node string, f *pb.Frame, all *tally) {
	all.begin()
	if err := a.calls.send(node, f, func(_ *pb.Done, err error) { all.end(unknown(err)) }); err != nil {
		all.end(unknown(err))
	}
}

// unknown is the error for what other nodes may have taken: nobody knows.
func unknown(err error) error {
	if err == nil {
		return nil
	}
	return &im.Error{Op: "attendance.hand", Kind: im.Unavailable, Err: err}
}

// waitLocked keeps what must be taken until the shard's table is settled. It says it to the next owner's caller when this
// node is not the owner.
func (a *Attendance) waitLocked(
	sh *shard, bytes int, done func(error), say func(done func(error)) (bool, error),
) (later bool, err error) {
	if sh.table == nil {
		return false, im.E("attendance.wait", im.Retry, "")
	}
	err = sh.table.queue.add(bytes, said{fail: done, say: func() {
		if later, err := say(done); !later {
			done(err)
		}
	}})
	return err == nil, err
}

// nodesOf returns the other nodes that have something of addr; ok = false when that is not certain yet, or not this node's
// to know.
func (a *Attendance) nodesOf(addr im.Address) (nodes []string, ok bool) {
	sh := a.shardOf(addr)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if t := sh.table; t != nil && t.settled {
		return t.having(addr), true
	}
	return nil, false
}

// tellLater says what may be lost once it is certain who is there. For want of room, or of the office, it is dropped.
func (a *Attendance) tellLater(to im.Address, bytes int, say func()) {
	if !a.queueUnlessSettled(to, bytes, say) {
		say() // it became certain just now
	}
}

// queueUnlessSettled reports false when it is certain who is there.
func (a *Attendance) queueUnlessSettled(to im.Address, bytes int, say func()) bool {
	sh := a.shardOf(to)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	switch {
	case sh.table == nil:
		a.opts.Logger.Debug("dropped: this node is not the owner", "addr", to)
	case sh.table.settled:
		return false
	default:
		if err := sh.table.queue.add(bytes, said{say: say}); err != nil {
			a.opts.Logger.Debug("dropped while the table is gathered", "addr", to, "err", err)
		}
	}
	return true
}

// Publish hands what was said in a room to its listeners: once to each node that has some. It waits while too much has not been
// handed to those of this node. What a link has no room for is dropped, and so is what another node has none for. epoch is that
// of the room's activation.
func (a *Attendance) Publish(room im.Address, epoch im.Epoch, d *pb.Delivery) {
	if nodes, ok := a.nodesOf(room); ok {
		a.opts.Hub.Publish(room, epoch, d)
		a.relay(nodes, room, epoch, d)
		return
	}
	// NB: no Publish then: whoever makes it certain who is there says this, a goroutine of a link for one.
	a.tellLater(room, proto.Size(d), func() {
		a.opts.Hub.Relay(room, epoch, d)
		a.relay(a.having(room), room, epoch, d)
	})
}

func (a *Attendance) relay(nodes []string, room im.Address, epoch im.Epoch, d *pb.Delivery) {
	if len(nodes) > 0 {
		p := &pb.Publish{Room: pb.NewAddress(room), Delivery: d, Term: epoch.Term, Activation: epoch.Activation}
		a.send(nodes, &pb.Frame{Body: &pb.Frame_Publish{Publish: p}})
	}
}

// having returns the other nodes that are known to have something of addr.
func (a *Attendance) having(addr im.Address) []string {
	sh := a.shardOf(addr)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.table == nil {
		return nil
	}
	return sh.table.having(addr)
}

// Announce says to the sessions of a user which friends are online; they hear what they do not know. It keeps m, and writes the
// user and the owner's term into it. An error says that sessions may not hear of it; on a node that is not the owner that is
// none: the owner's actor will say what is so.
func (a *Attendance) Announce(user im.Address, m *pb.Announce) error {
	sh := a.shardOf(user)
	sh.mu.Lock()
	t := sh.table
	if t == nil {
		sh.mu.Unlock()
		return nil
	}
	m.Term = sh.term
	if !t.settled {
		defer sh.mu.Unlock()
		return t.queue.add(proto.Size(m), said{say: func() { a.announceLate(user, m) }})
	}
	nodes := t.having(user)
	sh.mu.Unlock()
	return a.announce(nodes, user, m)
}

// announceLate announces what waited. If a link has no room for it, the user's actor is to look anew.
func (a *Attendance) announceLate(user im.Address, m *pb.Announce) {
	if err := a.announce(a.having(user), user, m); err != nil {
		a.opts.Nudge(&pb.Nudge{To: pb.NewAddress(user), Body: &pb.Nudge_Attend{Attend: &pb.Attend{Wake: true}}})
	}
}

func (a *Attendance) announce(nodes []string, user im.Address, m *pb.Announce) (err error) {
	a.opts.Hub.Announce(user, m)
	if len(nodes) == 0 {
		return nil
	}
	m.User = pb.NewAddress(user)
	for _, node := range nodes {
		if e := a.opts.Links.Send(node, &pb.Frame{Body: &pb.Frame_Announce{Announce: m}}); e != nil {
			err = e
		}
	}
	return err
}

// Proclaim tells all sessions of the user's app, on all nodes, that the user came online or went offline, but its own and
// those of its friends.
func (a *Attendance) Proclaim(user im.Address, online bool, friends []im.UserID) {
	a.opts.Hub.Proclaim(user, online, friends)
	p := &pb.Proclaim{User: pb.NewAddress(user), Online: online, Friends: toStrings(friends)}
	a.send(a.opts.Peers(), &pb.Frame{Body: &pb.Frame_Proclaim{Proclaim: p}})
}

// Broadcast hands what the app itself says to all its sessions, on all nodes. Any node may call it.
func (a *Attendance) Broadcast(app im.AppID, d *pb.Delivery) {
	a.opts.Hub.Broadcast(app, d)
	a.send(a.opts.Peers(), &pb.Frame{Body: &pb.Frame_Broadcast{Broadcast: &pb.Broadcast{App: string(app), Delivery: d}}})
}

// send sends what may be lost.
func (a *Attendance) send(nodes []string, f *pb.Frame) {
	for _, node := range nodes {
		if err := a.opts.Links.Send(node, f); err != nil {
			a.opts.Logger.Debug("not sent", "node", node, "err", err)
		}
	}
}

// Attended reports whether somebody is there for addr, on any node: admitted sessions of a user, or listeners of a room. It
// is false for any other address, and on a node that does not own addr. While the table is gathered, it is what is known.
func (a *Attendance) Attended(addr im.Address) bool {
	switch seen := a.seen(addr); addr.Kind {
	case im.KindUser:
		return seen.Sessions > 0
	case im.KindRoom:
		return seen.Entered
	default:
		return false
	}
}

// Sessions returns how many admitted sessions a user has, on all nodes; 0 on a node that does not own the user.
func (a *Attendance) Sessions(user im.Address) int { return a.seen(user).Sessions }

// NotifiesAll reports whether one of them asks that those who are no friends hear of the user's presence.
func (a *Attendance) NotifiesAll(user im.Address) bool { return a.seen(user).Loud }

func (a *Attendance) seen(addr im.Address) im.Interest {
	sh := a.shardOf(addr)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.seenLocked(addr)
}

// Settle is done when it is certain who is there for addr, and what was said before has been handed out.
func (a *Attendance) Settle(addr im.Address, done func(error)) (later bool, err error) {
	sh := a.shardOf(addr)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.table != nil && sh.table.settled {
		return false, nil
	}
	return a.waitLocked(sh, 0, done, func(func(error)) (bool, error) { return false, nil })
}
