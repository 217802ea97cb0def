package actors_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/parley-im/parley/actors"
	"github.com/parley-im/parley/eventlog/logtest"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// crashPoint is a moment between commit and tell: the count-th time that stage is reached.
type crashPoint struct {
	stage string
	count int
}

const (
	stored    = "stored"    // the log has it, the actor has not heard so
	telling   = "telling"   // the tell is about to leave
	delivered = "delivered" // the receiver has taken it, the teller has not heard so
	noted     = "noted"     // the teller knows, the log's cursor does not
)

// crashing is a journal whose node dies at a crash point, and that counts how often each stage was reached.
type crashing struct {
	actors.Journal
	life    *life
	at      crashPoint
	reached map[string]int
}

// reach counts a stage, and reports whether the node is dead from here on. The caller holds life.mu.
func (c *crashing) reach(stage string) bool {
	c.reached[stage]++
	if c.at.stage == stage && c.at.count == c.reached[stage] {
		c.life.dead = true
	}
	return c.life.dead
}

func (c *crashing) reachLocking(stage string) bool {
	c.life.mu.Lock()
	defer c.life.mu.Unlock()
	return c.reach(stage)
}

// Append implements actors.Journal: a dead node queues nothing, and hears of nothing.
func (c *crashing) Append(a im.Append) error {
	if c.life.isDead() {
		return nil
	}
	done := a.Done
	a.Done = func(o im.Outcome) {
		if !c.reachLocking(stored) {
			done(o)
		}
	}
	return c.Journal.Append(a)
}

// Told implements actors.Journal.
func (c *crashing) Told(addr im.Address, through uint64) {
	if !c.reachLocking(noted) {
		c.Journal.Told(addr, through)
	}
}

const messages = 6

// script is what a first life does: commands for one actor, each after the answer to the one before.
type script struct {
	addr     im.Address
	commands []*pb.Command
	// told reports whether everything that the whole script leads to has been told.
	told func(l *life) bool
}

// conversation makes two friends, who then talk in turns.
var conversation = script{addr: pair, commands: talk(), told: func(l *life) bool {
	return len(l.hub.numbers("jerry", pair)) == messages
}}

func talk() []*pb.Command {
	commands := []*pb.Command{befriend("tom", "jerry")}
	for i := range messages {
		from, to := im.UserID("tom"), im.UserID("jerry")
		if i%2 == 1 {
			from, to = to, from
		}
		commands = append(commands, say(fmt.Sprintf("m%d", i+1), from, to))
	}
	return commands
}

// runUntil plays a script in a first life that dies at the given point (or never), and reports how often each stage was
// reached, and how many commands were answered.
func runUntil(t *testing.T, log *logtest.Memory, hub *hubDouble, s script, at crashPoint) (reached map[string]int, answered int) {
	var c *crashing
	l := begin(t, log, hub, 1, func(l *life, o *actors.Options) {
		c = &crashing{Journal: log, life: l, at: at, reached: map[string]int{}}
		o.Journal = c
		l.onTell = func(wasDelivered bool) bool {
			if wasDelivered {
				return c.reach(delivered)
			}
			return c.reach(telling)
		}
	})
	answered = l.play(s)
	if at.stage == "" {
		await(t, "everything told", func() bool { return s.told(l) })
	}
	l.end()
	return c.reached, answered
}

// play gives one command after the other, until the node is dead.
func (l *life) play(s script) (answered int) {
	for _, cmd := range s.commands {
		replies := make(chan *pb.Reply, 1)
		go func() { replies <- l.deliver(s.addr, cmd, patient) }()
		var reply *pb.Reply
		await(l.t, "an answer, or the crash", func() bool {
			select {
			case reply = <-replies:
				return true
			default:
				return l.isDead()
			}
		})
		if reply == nil || reply.Error != 0 {
			return answered
		}
		answered++
	}
	return answered
}

// A node is stopped at every point between commit and tell. In the next life nobody touches the conversation, and yet
// both users are told: each stored message once in effect and in order, and the friendship.
//
// Checked by breaking it: with owner.scanOwed made empty every point fails.
func TestShell_WhatWasCommittedIsToldAfterACrash(t *testing.T) {
	everyPoint(t, conversation, crashInConversation)
}

// everyPoint runs check for each point at which a script can be cut off.
func everyPoint(t *testing.T, s script, check func(*testing.T, crashPoint)) {
	t.Helper()
	reached, _ := runUntil(t, newLog(t), newHub(), s, crashPoint{})
	for _, stage := range []string{stored, telling, delivered, noted} {
		if reached[stage] == 0 {
			t.Fatalf("stage %q is never reached: the test would prove nothing", stage)
		}
		for count := range reached[stage] {
			at := crashPoint{stage: stage, count: count + 1}
			t.Run(fmt.Sprintf("%s %d", at.stage, at.count), func(t *testing.T) { check(t, at) })
		}
	}
}

func crashInConversation(t *testing.T, at crashPoint) {
	log, hub := newLog(t), newHub()
	_, answered := runUntil(t, log, hub, conversation, at)
	head := storedMessages(t, log, pair)
	if head < answered-1 { // one answer was the friendship's
		t.Fatalf("stored messages = %d, but %d were answered", head, answered-1)
	}
	l := begin(t, log, hub, 2, nil)
	for _, u := range []im.UserID{"tom", "jerry"} {
		await(t, fmt.Sprintf("%s told of all %d messages", u, head), func() bool {
			return len(hub.numbers(u, pair)) == head
		})
		for i, n := range hub.numbers(u, pair) {
			if n != uint64(i+1) {
				t.Errorf("%s heard message %d at place %d", u, n, i+1)
			}
		}
		await(t, string(u)+" told of the friendship", func() bool {
			return len(l.ask(im.User(app, u), profile()).GetProfile().GetFriends()) == 1
		})
	}
	await(t, "nothing owed any more", func() bool { return len(owed(t, log)) == 0 })
}

// comingAndGoing is a group that is made, joined, left and deleted.
var comingAndGoing = script{addr: im.Group(app, "crew"), commands: []*pb.Command{
	create("tom", "jerry"), addMembers("a", "spike"), removeMembers("r", "jerry"), addMembers("b", "jerry"),
	{Id: "d", Body: &pb.Command_DeleteGathering{DeleteGathering: &pb.DeleteGathering{}}},
}, told: func(l *life) bool { return len(groupsOf(l, "spike")) == 0 }}

func groupsOf(l *life, u im.UserID) []string {
	return l.ask(im.User(app, u), profile()).GetProfile().GetGroups()
}

// A node is stopped at every point between the commit of a change of members and its tells. In the next life, without
// anybody touching the group, each user comes to know exactly what the group's log says.
//
// Checked by breaking it: with owner.scanOwed made empty it fails.
func TestShell_MembershipIsToldAfterACrash(t *testing.T) {
	everyPoint(t, comingAndGoing, func(t *testing.T, at crashPoint) {
		log, hub := newLog(t), newHub()
		runUntil(t, log, hub, comingAndGoing, at)
		l := begin(t, log, hub, 2, nil)
		await(t, "nothing owed any more", func() bool { return len(owed(t, log)) == 0 })
		describe := &pb.Command{Body: &pb.Command_Describe{Describe: &pb.Describe{}}}
		members := l.ask(comingAndGoing.addr, describe).GetGathering().GetMembers()
		for _, u := range []im.UserID{"tom", "jerry", "spike"} {
			knows, isMember := len(groupsOf(l, u)) == 1, slices.Contains(members, string(u))
			if knows != isMember {
				t.Errorf("%s is a member: %v by its own log, %v by the group's", u, knows, isMember)
			}
		}
	})
}

// storedMessages returns how many messages the log holds.
func storedMessages(t *testing.T, log *logtest.Memory, addr im.Address) int {
	t.Helper()
	entries, err := log.History(t.Context(), addr, im.Before{}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// owed returns the addresses that owe tells, on all shards.
func owed(t *testing.T, log *logtest.Memory) []im.Address {
	t.Helper()
	var all []im.Address
	for s := range shards {
		answers := make(chan []im.Address, 1)
		log.Owed(im.ShardID(s+1), func(a []im.Address, err error) {
			if err != nil {
				t.Error(err)
			}
			answers <- a
		})
		all = append(all, <-answers...)
	}
	return all
}
