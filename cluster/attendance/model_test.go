package attendance_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// model is a cluster of three nodes whose sessions come and go, whose leaders change and whose links break, and what must
// hold of it. Actors of users and of a passenger are played by lanes: each tells its messages in order, and again until the hubs
// have taken them.
type model struct {
	*world
	// leader and term are the truth, belief what each node knows of it; news holds what it has yet to learn.
	leader string
	term   uint64
	belief map[string]string
	news   map[string][]election
	// broken holds the links that are cut, and since when.
	broken map[[2]string]time.Duration
	lanes  []*lane
	// awake holds, for each node, the users whose actors are awake there since it learned last of a leader.
	awake map[string]map[im.Address]bool
	// live are the sessions that may be there, lacking those that a message did not reach which is done.
	live    []*session
	lacking map[*session]uint64
}

type election struct {
	leader string
	term   uint64
}

// lane is what is told to one user or passenger.
type lane struct {
	who  im.Address
	last uint64
	// queue holds what is not done, flying how much of it is being told.
	queue  []*message
	flying int
}

type message struct {
	n uint64
	// there are the sessions that were let in before it was said first.
	there []*session
}

// newModel returns a cluster whose nodes all know their first leader.
func newModel() *model {
	m := newborn()
	m.learnAll()
	m.flow()
	return m
}

// newborn returns a cluster whose nodes have yet to learn of their first leader.
func newborn() *model {
	m := &model{
		world: trio(), belief: map[string]string{}, news: map[string][]election{},
		broken: map[[2]string]time.Duration{}, lacking: map[*session]uint64{},
		awake: map[string]map[im.Address]bool{},
	}
	for _, id := range []im.UserID{"tom", "jerry", "eve"} {
		m.lanes = append(m.lanes, &lane{who: im.User(app, id)})
	}
	m.lanes = append(m.lanes, &lane{who: im.Passenger(app, "guest")})
	for _, n := range m.nodes {
		m.awake[n.name] = map[im.Address]bool{}
		n.mail = func(from string, mail *pb.Mail) { m.take(n, from, mail) }
		n.wake = func(who im.Address) { m.activate(n, who) }
	}
	m.lead("a")
	return m
}

// A message that is done has reached every session that was let in before it was said, and is still there and was not
// evicted; nobody gets one twice or out of order. When all is well again, all that was said is done, the owner knows exactly
// who is there, their actors are awake, and when all have gone nothing is kept.
//
// Checked by breaking it: it fails within a hundred checks or a few without eviction (mendLocked), when the owner does not ask
// for it, when a node that was not heard in full does not evict, when what a link lost counts as taken, and when a deposed
// owner drops what waits; with -rapid.checks=4000 -rapid.steps=60 also without doubt (missed), and without deliveries that are
// held (holdForLost). With -rapid.checks=4000 -rapid.steps=20 it fails when the passenger is let in before its login is answered;
// in longer runs it is nearly always evicted for something else. Actors sleep when they are not noted as the table is settled
// (noteSleepersLocked), or later (noteLateLocked). With -rapid.checks=4000 -rapid.steps=80 it also fails when a link that breaks
// while nobody is known to lead does not end the round (loseNode), and when what changes then is kept back (announceLocked).
func TestAttendance_WhatIsDoneHasArrived(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newModel()
		t.Repeat(map[string]func(*rapid.T){
			"login": m.login, "leave": m.leave, "say": m.say, "elect": m.elect, "blip": m.blip, "learn": m.learnOne,
			"cut": m.cutOne, "notice": m.noticeOne, "leave out": m.leaveOut, "heal": m.healOne, "step": m.stepSome, "wait": m.pass, "flow": m.flowAll,
			"": m.check,
		})
		m.settleDown(t)
	})
}

func (m *model) anyNode(t *rapid.T, what string) *node {
	return rapid.SampledFrom(m.nodes).Draw(t, what)
}

func (m *model) anyUser(t *rapid.T) *lane {
	return m.lanes[rapid.IntRange(0, len(m.lanes)-1).Draw(t, "user")]
}

// login enters a session and sends its login to whom its node takes for the owner.
func (m *model) login(t *rapid.T) {
	m.loginOn(t, m.anyNode(t, "node"))
}

func (m *model) loginOn(t *rapid.T, n *node) {
	l := m.anyUser(t)
	s := m.enter(n.name, l.who)
	m.live = append(m.live, s)
	owner := m.belief[n.name]
	mail := &pb.Mail{To: "login", Sender: fmt.Sprint(s.id)}
	switch {
	case owner == n.name:
		m.take(n, n.name, mail)
	case owner == "" || n.Send(owner, &pb.Frame{Body: &pb.Frame_Mail{Mail: mail}}) != nil:
		n.hub.leave(s)
	}
}

// take plays the user's actor, and the session that waits for its answer.
func (m *model) take(n *node, from string, mail *pb.Mail) {
	i := slices.IndexFunc(m.live, func(s *session) bool { return fmt.Sprint(s.id) == mail.Sender })
	if i < 0 {
		return
	}
	s := m.live[i]
	switch mail.To {
	case "login":
		m.activate(n, s.who)
		answer := func(err error) {
			to := "admit"
			if err != nil {
				to = "refuse"
			}
			reply := &pb.Mail{To: to, Sender: mail.Sender}
			if from == n.name {
				m.take(n, from, reply)
			} else if err := n.Send(from, &pb.Frame{Body: &pb.Frame_Mail{Mail: reply}}); err != nil {
				return // its session waits for ever, as one whose login times out
			}
		}
		if later, err := n.Listen(s.who, true, []im.RoomID{"lounge"}, nil, answer); !later {
			answer(err)
		}
	case "admit":
		n.hub.admit(s)
	case "refuse":
		n.hub.leave(s)
	}
}

// activate plays an actor that wakes, and looks who is there.
func (m *model) activate(n *node, who im.Address) {
	m.awake[n.name][who] = true
	look := func(err error) {
		if err == nil {
			n.TakeOver(who)
		}
	}
	if later, err := n.Settle(who, look); !later {
		look(err)
	}
}

func (m *model) anySession(t *rapid.T) *session {
	m.live = slices.DeleteFunc(m.live, func(s *session) bool { return s.gone })
	if len(m.live) == 0 {
		t.Skip("nobody is there") // rapid draws another step
	}
	return rapid.SampledFrom(m.live).Draw(t, "session")
}

func (m *model) leave(t *rapid.T) {
	s := m.anySession(t)
	s.node.hub.leave(s)
}

func (m *model) say(t *rapid.T) {
	l := m.anyUser(t)
	l.last++
	said := &message{n: l.last}
	for _, s := range m.live {
		if s.who == l.who && s.admitted && !s.gone {
			said.there = append(said.there, s)
		}
	}
	l.queue = append(l.queue, said)
	m.tell(l)
}

// tell tells what is not done on the node that is the owner and knows it.
func (m *model) tell(l *lane) {
	n := m.node(m.leader)
	if l.flying > 0 || len(l.queue) == 0 || len(m.news[n.name]) > 0 {
		return
	}
	batch := slices.Clone(l.queue)
	l.flying = len(batch)
	open, failed := 1, false
	end := func(err error) {
		open--
		failed = failed || err != nil
		if open > 0 {
			return
		}
		if l.flying = 0; !failed {
			l.queue = l.queue[len(batch):]
			m.arrived(batch)
		}
	}
	for _, said := range batch {
		open++
		later, err := n.Deliver(l.who, teller, &pb.Delivery{N: said.n}, end)
		if !later {
			end(err)
		}
		if err != nil {
			break
		}
	}
	end(nil)
}

// arrived notes whom a message that is done did not reach: it must be evicted, or go, sooner or later.
func (m *model) arrived(batch []*message) {
	for _, said := range batch {
		for _, s := range said.there {
			if !s.gone && !s.evicted && !slices.Contains(s.got, said.n) {
				m.lacking[s] = said.n
			}
		}
	}
}

// lead makes a node the leader. Nobody has heard of it yet.
func (m *model) lead(name string) {
	m.leader = name
	m.term++
	for _, n := range m.nodes {
		m.news[n.name] = append(m.news[n.name], election{name, m.term})
	}
}

// isolated reports whether a node has no link to any other: the log lets it lead nothing.
func (m *model) isolated(name string) bool {
	for _, n := range m.nodes {
		if n.name != name && !m.wires[[2]string{name, n.name}].cut {
			return false
		}
	}
	return true
}

func (m *model) elect(t *rapid.T) {
	n := m.anyNode(t, "leader")
	if m.isolated(n.name) {
		return
	}
	if rapid.Bool().Draw(t, "vacancy") {
		for _, o := range m.nodes {
			if o.name != m.leader && len(m.news[o.name]) == 0 {
				m.vacate(t, o)
			}
			m.news[o.name] = append(m.news[o.name], election{"", m.term})
		}
	}
	m.lead(n.name)
}

// blip has a node hear of nobody who leads, and then of the same leader again: for a moment nothing came from it.
func (m *model) blip(t *rapid.T) {
	n := m.anyNode(t, "who misses its leader")
	if n.name == m.leader {
		t.Skip("it leads") // rapid draws another step
	}
	m.news[n.name] = append(m.news[n.name], election{"", m.term}, election{m.leader, m.term})
	if len(m.news[n.name]) == 2 && rapid.Bool().Draw(t, "hears of nobody at once") {
		m.vacate(t, n)
		m.learnNext(n)
	}
}

// vacate has a node's attendance hear that nobody leads. For a moment those who send logins do not know, and send one yet.
func (m *model) vacate(t *rapid.T, n *node) {
	m.learn(n, "", m.term)
	if rapid.Bool().Draw(t, "a login is sent yet") {
		m.loginOn(t, n)
	}
}

func (m *model) learnOne(t *rapid.T) {
	n := m.anyNode(t, "node")
	if len(m.news[n.name]) == 0 {
		t.Skip("it knows everything")
	}
	m.learnNext(n)
}

func (m *model) learnNext(n *node) {
	next := m.news[n.name][0]
	m.news[n.name] = m.news[n.name][1:]
	m.belief[n.name] = next.leader
	m.awake[n.name] = map[im.Address]bool{}
	m.learn(n, next.leader, next.term)
	m.tellAll()
}

func (m *model) learnAll() {
	for _, n := range m.nodes {
		for len(m.news[n.name]) > 0 {
			m.learnNext(n)
		}
	}
}

// tellAll has all lanes tell what is not done.
func (m *model) tellAll() {
	for _, l := range m.lanes {
		m.tell(l)
	}
}

var pairs = [][2]string{{"a", "b"}, {"a", "c"}, {"b", "c"}}

// cutOne breaks a link. A leader that has none left steps down at once: the log does not let it record anything.
func (m *model) cutOne(t *rapid.T) {
	p := rapid.SampledFrom(pairs).Draw(t, "link")
	if _, cut := m.broken[p]; cut {
		return
	}
	m.broken[p] = m.clock.now
	m.cut(p[0], p[1])
	if !m.isolated(m.leader) {
		return
	}
	for _, n := range m.nodes {
		if !m.isolated(n.name) {
			old := m.node(m.leader)
			m.lead(n.name)
			for len(m.news[old.name]) > 0 {
				m.learnNext(old)
			}
			return
		}
	}
	m.heal(p)
}

// leaveOut does in one step what seldom comes by chance: somebody is let in, the leader loses that node, says something, and
// leads no more, after a while.
func (m *model) leaveOut(t *rapid.T) {
	m.login(t)
	m.flowAll(t)
	if n := m.anyNode(t, "who misses its leader"); n.name != m.leader {
		m.news[n.name] = append(m.news[n.name], election{"", m.term}, election{m.leader, m.term})
		m.learnNext(n)
	}
	m.cutOne(t)
	for _, p := range pairs {
		if rapid.Bool().Draw(t, "noticed") {
			m.notice(p[0], p[1])
			m.notice(p[1], p[0])
		}
	}
	m.say(t)
	m.pass(t)
	m.elect(t)
	m.learnAll()
}

func (m *model) noticeOne(t *rapid.T) {
	p := rapid.SampledFrom(pairs).Draw(t, "link")
	if rapid.Bool().Draw(t, "other end") {
		p[0], p[1] = p[1], p[0]
	}
	m.notice(p[0], p[1])
	m.tellAll()
}

func (m *model) healOne(t *rapid.T) {
	p := rapid.SampledFrom(pairs).Draw(t, "link")
	if _, cut := m.broken[p]; !cut {
		t.Skip("it is whole")
	}
	m.heal(p)
	m.tellAll()
}

func (m *model) heal(p [2]string) {
	m.notice(p[0], p[1])
	m.notice(p[1], p[0])
	m.link(p[0], p[1])
	delete(m.broken, p)
}

func (m *model) stepSome(t *rapid.T) {
	from, to := m.anyNode(t, "from"), m.anyNode(t, "to")
	for range rapid.IntRange(1, 3).Draw(t, "frames") {
		m.step(from.name, to.name)
	}
	m.tellAll()
}

func (m *model) flowAll(*rapid.T) {
	m.flow()
	m.tellAll()
}

// pass lets time pass. Nodes learn of leaders sooner, and notice a broken link within a second.
func (m *model) pass(t *rapid.T) {
	m.learnAll()
	for range rapid.SampledFrom([]int{1, 3, 10, 30}).Draw(t, "tenths of a second") {
		for _, p := range pairs {
			if since, cut := m.broken[p]; cut && m.clock.now-since >= 900*time.Millisecond {
				m.notice(p[0], p[1])
				m.notice(p[1], p[0])
			}
		}
		for end := m.clock.now + 100*time.Millisecond; m.clock.next(end); {
		}
		m.tellAll()
	}
}

// check is what holds at any time.
func (m *model) check(t *rapid.T) {
	for _, s := range m.live {
		if !slices.IsSorted(s.got) || len(slices.Compact(slices.Clone(s.got))) != len(s.got) {
			t.Fatalf("session %d got %v", s.id, s.got)
		}
	}
}

// settleDown mends everything and checks what must hold then.
func (m *model) settleDown(t *rapid.T) {
	for _, p := range pairs {
		if _, cut := m.broken[p]; cut {
			m.heal(p)
		}
	}
	m.learnAll()
	for range 10 {
		m.tellAll()
		m.wait(time.Second)
	}
	for s, n := range m.lacking {
		if !s.gone && !s.evicted {
			t.Errorf("message %d to %s is done, and session %d on %s, which got %v, is still there", n, s.who.ID, s.id, s.node.name, s.got)
		}
	}
	for _, l := range m.lanes {
		if len(l.queue) > 0 {
			t.Errorf("%d messages to %s are not done", len(l.queue), l.who.ID)
		}
		m.checkKnown(t, l.who)
	}
	for _, s := range m.live {
		s.node.hub.leave(s)
	}
	m.wait(10 * time.Second)
	for _, n := range m.nodes {
		if kept := n.Held(); kept != 0 {
			t.Errorf("all are gone, and %s keeps %d things", n.name, kept)
		}
	}
}

// checkKnown compares what the owner knows with what is so.
func (m *model) checkKnown(t *rapid.T, who im.Address) {
	sessions := 0
	for _, n := range m.nodes {
		sessions += n.hub.interest(who).Sessions
	}
	owner := m.node(m.leader)
	if got := owner.Sessions(who); got != sessions || owner.Attended(who) != (sessions > 0 && who.Kind == im.KindUser) {
		t.Errorf("the owner knows of %d sessions of %s, and there are %d", got, who.ID, sessions)
	}
	if owner.Attended(who) && !m.awake[owner.name][who] {
		t.Errorf("%s has %d sessions, and its actor sleeps", who.ID, sessions)
	}
}
