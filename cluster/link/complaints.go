package link

import (
	"errors"
	"log/slog"
	"sync"
	"time"
)

// complaints logs what is wrong with each peer once, until it changes; and of each not more than one line in hush,
// whatever is wrong, since strangers may claim a peer's name. What is left out comes again with the next attempt.
type complaints struct {
	log  *slog.Logger
	hush time.Duration

	mu struct {
		sync.Mutex
		last map[string]complaint
	}
}

type complaint struct {
	text string
	at   time.Time
}

func newComplaints(log *slog.Logger, hush time.Duration) *complaints {
	c := &complaints{log: log, hush: hush}
	c.mu.last = make(map[string]complaint)
	return c
}

// say logs text about a peer; "" = about strangers.
func (c *complaints) say(peer, text string) {
	if !c.due(peer, text) {
		return
	}
	if peer == "" {
		c.log.Warn("a stranger has dialled this node's links", "why", text)
		return
	}
	c.log.Warn("no link", "peer", peer, "why", text)
}

func (c *complaints) due(peer, text string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	last, found := c.mu.last[peer]
	if found && (last.text == text || time.Since(last.at) < c.hush) {
		return false
	}
	c.mu.last[peer] = complaint{text: text, at: time.Now()}
	return true
}

// forget lets the next complaint about a peer be heard.
func (c *complaints) forget(peer string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.mu.last, peer)
}

// complain logs why a peer that was dialled has no link.
func (l *Links) complain(peer string, err error) {
	var r *refusal
	if p := l.peer(peer); p != nil && errors.As(err, &r) {
		p.refused(r)
	}
	if l.ctx.Err() == nil {
		l.complaints.say(peer, err.Error())
	}
}

// complainOfGuest logs why somebody who has dialled was refused, or refuses. That a handshake just ended is nothing to
// say: balancers knock, and peers try again.
func (l *Links) complainOfGuest(h *handshake, err error) {
	var r *refusal
	if !errors.As(err, &r) {
		l.log.Debug("a handshake ended", "addr", h.conn.RemoteAddr().String(), "why", err)
		return
	}
	name := h.peer.GetNode()
	if p := l.peer(name); p != nil {
		p.refused(r)
	} else {
		name = ""
	}
	l.complaints.say(name, r.Error())
}
