package cluster

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// lookout is a user that says nothing, is a friend of all who talk, and notes who comes and goes. It logs in again whenever its
// connection ends.
type lookout struct {
	name string
	node *servertest.Node

	mu   sync.Mutex
	here bool
	seen []sighting
}

// sighting is "online" or "offline" of a user.
type sighting struct {
	event, user string
	at          time.Time
}

func (l *lookout) run(ctx context.Context) {
	again := time.NewTicker(breath)
	defer again.Stop()
	for ctx.Err() == nil {
		if c, err := dial(ctx, l.node, client.Options{User: l.name, On: l.hear}); err == nil {
			l.set(true)
			select {
			case <-c.Done():
			case <-ctx.Done():
			}
			l.set(false)
			c.Cut()
		}
		select {
		case <-again.C:
		case <-ctx.Done():
		}
	}
}

func (l *lookout) set(here bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.here = here
}

func (l *lookout) connected() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.here
}

func (l *lookout) hear(event string, arg json.RawMessage) {
	var user string
	if event != "online" && event != "offline" || json.Unmarshal(arg, &user) != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen = append(l.seen, sighting{event, user, time.Now()})
}

// since returns what was seen of a user from a moment on.
func (l *lookout) since(user string, from time.Time) (events []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.seen {
		if s.user == user && !s.at.Before(from) {
			events = append(events, s.event)
		}
	}
	return events
}

// watch is who is there when a node is killed, elsewhere.
type watch struct {
	began  time.Time
	victim *servertest.Node
	// before is the node that was killed the last time: that its members came back may be heard late.
	before *servertest.Node
	there  map[*talker]*life
}

// watch begins to look at the members on the nodes other than victim.
func (b *busyGroup) watch(victim *servertest.Node) watch {
	w := watch{began: time.Now(), victim: victim, before: b.last, there: map[*talker]*life{}}
	for _, k := range b.on(b.cluster.Others(victim)...) {
		if l := k.present(); l != nil {
			w.there[k] = l
		}
	}
	b.last = victim
	return w
}

// steady checks that nobody on a node that was not killed has heard of a coming or going of those who stayed connected.
func (b *busyGroup) steady(w watch) {
	b.t.Helper()
	for k, l := range w.there {
		if k.present() != l {
			continue // closed, since it may have missed something
		}
		for _, eye := range b.lookouts {
			events := eye.since(k.name, w.began)
			if k.node == w.before {
				events = slices.DeleteFunc(events, func(e string) bool { return e == "online" })
			}
			if eye.node != w.victim && len(events) > 0 {
				b.t.Errorf("%s on %s, which was not killed, stayed connected, and %s on %s heard: %s",
					k.name, k.node.Name, eye.name, eye.node.Name, strings.Join(events, ", "))
			}
		}
	}
}
