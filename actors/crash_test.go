package actors_test

import (
	"fmt"
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

// runUntil plays the same conversation in a first life that dies at the given point (or never), and reports how often each
// stage was reached, and how many messages were answered.
func runUntil(t *testing.T, log *logtest.Memory, hub *hubDouble, at crashPoint) (reached map[string]int, answered int) {
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
	conversation := im.FriendDialog(app, "tom", "jerry")
	answered = l.play(conversation)
	if at.stage == "" {
		await(t, "everything told", func() bool { return len(hub.numbers("jerry", conversation)) == messages })
	}
	l.end()
	return c.reached, answered
}

// play befriends and talks, one command after the other, until the node is dead.
func (l *life) play(conversation im.Address) (answered int) {
	script := []*pb.Command{befriend("tom", "jerry")}
	for i := range messages {
		from, to := im.UserID("tom"), im.UserID("jerry")
		if i%2 == 1 {
			from, to = to, from
		}
		script = append(script, say(fmt.Sprintf("m%d", i+1), from, to))
	}
	for i, cmd := range script {
		replies := make(chan *pb.Reply, 1)
		go func() { replies <- l.deliver(conversation, cmd, patient) }()
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
		if i > 0 {
			answered++
		}
	}
	return answered
}

// A node is stopped at every point between commit and tell. In the next life nobody touches the conversation, and yet
// both users are told: each stored message once in effect and in order, and the friendship.
//
// Checked by breaking it: with owner.scanOwed made empty every point fails.
func TestShell_WhatWasCommittedIsToldAfterACrash(t *testing.T) {
	reached, _ := runUntil(t, newLog(t), newHub(), crashPoint{})
	for _, stage := range []string{stored, telling, delivered, noted} {
		if reached[stage] == 0 {
			t.Fatalf("stage %q is never reached: the test would prove nothing", stage)
		}
		for count := range reached[stage] {
			at := crashPoint{stage: stage, count: count + 1}
			t.Run(fmt.Sprintf("%s %d", at.stage, at.count), func(t *testing.T) { crashAndRecover(t, at) })
		}
	}
}

func crashAndRecover(t *testing.T, at crashPoint) {
	log, hub := newLog(t), newHub()
	conversation := im.FriendDialog(app, "tom", "jerry")
	_, answered := runUntil(t, log, hub, at)
	head := storedMessages(t, log, conversation)
	if head < answered {
		t.Fatalf("stored messages = %d, but %d were answered", head, answered)
	}
	l := begin(t, log, hub, 2, nil)
	for _, u := range []im.UserID{"tom", "jerry"} {
		await(t, fmt.Sprintf("%s told of all %d messages", u, head), func() bool {
			return len(hub.numbers(u, conversation)) == head
		})
		for i, n := range hub.numbers(u, conversation) {
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

// storedMessages returns how many messages the log holds.
func storedMessages(t *testing.T, log *logtest.Memory, addr im.Address) int {
	t.Helper()
	entries, err := log.History(t.Context(), addr, 0, 1000)
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
