package rest_test

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/dispatch"
)

// world is a fake of everything behind the API: one app, its users, friendships and history.
type world struct {
	mu       sync.Mutex
	users    map[im.UserID]bool
	friends  map[im.Address]dispatch.Friendship
	history  map[im.Address][]im.Entry
	sessions map[im.UserID]int
	// reconnecting are online without a session.
	reconnecting map[im.UserID]bool
	installs     map[im.InstallID]im.UserID
	// gatherings are the groups and rooms; those in vanished are gone although their members' profiles list them.
	gatherings map[im.Address]*dispatch.Gathering
	vanished   map[im.Address]bool
	// attributes are those of users and passengers, which exist when they have an entry; contacts are users'.
	attributes map[im.Address][]dispatch.Attribute
	contacts   map[im.UserID][]dispatch.Contact
	// changed, sent and cleared are what the last command of each sort said; records is what a search finds.
	changed dispatch.AttributeChange
	sent    []sent
	cleared im.Address
	records []im.Found
	query   im.Query
	// named are the members that the last command named.
	named []im.UserID
	// failing, when set, is what every command and read answers.
	failing error
	// unreadable, when set, is what Describe answers.
	unreadable error
	reading    int
	most       int // reads in flight at once
}

func newWorld() *world {
	return &world{
		users: map[im.UserID]bool{}, friends: map[im.Address]dispatch.Friendship{},
		history: map[im.Address][]im.Entry{}, sessions: map[im.UserID]int{}, installs: map[im.InstallID]im.UserID{},
		gatherings: map[im.Address]*dispatch.Gathering{}, vanished: map[im.Address]bool{},
		attributes: map[im.Address][]dispatch.Attribute{}, contacts: map[im.UserID][]dispatch.Contact{},
	}
}

const testApp = im.AppID("demo")

func (w *world) Profile(_ context.Context, app im.AppID, user im.UserID) (dispatch.Profile, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failing != nil {
		return dispatch.Profile{}, w.failing
	}
	if app != testApp || !w.users[user] && w.sessions[user] == 0 {
		return dispatch.Profile{}, im.E("world", im.NotFound, "")
	}
	p := dispatch.Profile{
		Updated: 5000, Sessions: w.sessions[user], Online: w.sessions[user] > 0 || w.reconnecting[user],
		Installs: w.installsOf(user), Attributes: w.attributes[im.User(app, user)], Contacts: w.contacts[user],
	}
	p.Groups, p.Rooms = w.gatheringsOf(user)
	for _, f := range w.friends {
		switch user {
		case f.From:
			p.Friends = append(p.Friends, dispatch.Friend{Peer: f.To, Since: f.Since})
		case f.To:
			p.Friends = append(p.Friends, dispatch.Friend{Peer: f.From, Since: f.Since})
		}
	}
	slices.SortFunc(p.Friends, func(a, b dispatch.Friend) int { return cmp.Compare(a.Peer, b.Peer) })
	return p, nil
}

func (w *world) Befriend(_ context.Context, app im.AppID, from, to im.UserID) (dispatch.Friendship, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failing != nil {
		return dispatch.Friendship{}, w.failing
	}
	if from == to {
		return dispatch.Friendship{}, im.E("world", im.Invalid, "")
	}
	addr := im.FriendDialog(app, from, to)
	if f, ok := w.friends[addr]; ok {
		return f, nil
	}
	w.users[from], w.users[to] = true, true
	w.friends[addr] = dispatch.Friendship{From: from, To: to, Since: 1000}
	return w.friends[addr], nil
}

func (w *world) Unfriend(_ context.Context, app im.AppID, by, other im.UserID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.friends, im.FriendDialog(app, by, other))
	return w.failing
}

func (w *world) Logout(_ context.Context, _ im.AppID, user im.UserID, install im.InstallID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.installs[install] == user {
		delete(w.installs, install)
	}
	return w.failing
}

func (w *world) installsOf(user im.UserID) []im.InstallID {
	ids := []im.InstallID{}
	for id, u := range w.installs {
		if u == user {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (w *world) Friendship(_ context.Context, app im.AppID, a, b im.UserID) (dispatch.Friendship, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, ok := w.friends[im.FriendDialog(app, a, b)]
	if !ok {
		return f, im.E("world", im.NotFound, "")
	}
	return f, nil
}

func (w *world) History(_ context.Context, addr im.Address, before im.Before, limit int) ([]im.Entry, error) {
	defer w.read()()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failing != nil {
		return nil, w.failing
	}
	return w.page(addr, before, limit), nil
}

func (w *world) StaleHistory(_ context.Context, addr im.Address, before im.Before, limit int) ([]im.Entry, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.page(addr, before, limit), nil
}

func (w *world) page(addr im.Address, before im.Before, limit int) (out []im.Entry) {
	for _, e := range slices.Backward(w.history[addr]) {
		if before.Admits(e.TS, e.N) && len(out) < limit {
			out = append(out, e)
		}
	}
	return out
}

// read counts a read that is in flight, until what it returns is called.
func (w *world) read() (done func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reading++
	w.most = max(w.most, w.reading)
	return func() { w.mu.Lock(); w.reading--; w.mu.Unlock() }
}

func (w *world) VerifySign(app im.AppID, sign string) error {
	return onlyFor(app == testApp && sign == "good-sign")
}

func (w *world) VerifyKey(app im.AppID, key string) error {
	return onlyFor(app == testApp && key == "key")
}

func onlyFor(ok bool) error {
	if ok {
		return nil
	}
	return im.E("world", im.NotPermitted, "")
}

// say adds a message to the history of two users.
func (w *world) say(t *testing.T, n uint64, ts im.Millis, from, to im.UserID, said *pb.Said) {
	t.Helper()
	w.sayAt(t, im.FriendDialog(testApp, from, to), n, ts, from, said)
}

// sayAt adds a message to the history of a conversation.
func (w *world) sayAt(t *testing.T, at im.Address, n uint64, ts im.Millis, from im.UserID, said *pb.Said) {
	t.Helper()
	said.Speaker = string(from)
	body, err := proto.Marshal(&pb.Event{Body: &pb.Event_Said{Said: said}})
	if err != nil {
		t.Fatal(err)
	}
	w.history[at] = append(w.history[at], im.Entry{Seq: n, N: n, TS: ts, Body: body})
}

func text(body string) *pb.Said { return &pb.Said{Content: &pb.Content{Body: []byte(body)}} }
