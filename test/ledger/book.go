package ledger

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// Book collects what the speakers of many conversations send and what is answered. The zero Book is empty.
type Book struct {
	mu struct {
		sync.Mutex
		sent    map[string][]*Sent // by conversation
		order   map[string]int     // by speaker: Order of the newest message
		acks    int
		open    int // sent at least once, not answered, not given up
		waiters []waiter
	}
}

type waiter struct {
	acks, open int
	ready      chan struct{} // closed once both counts are reached
}

// Page is one message in a Book, held by its sender.
type Page struct {
	book *Book
	sent *Sent
	open bool // counted in Book.mu.open
}

// Send notes that speaker is about to send body to the conversation, for the first time.
func (b *Book) Send(conversation, speaker, body string) *Page {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.mu.sent == nil {
		b.mu.sent, b.mu.order = make(map[string][]*Sent), make(map[string]int)
	}
	b.mu.order[speaker]++
	s := &Sent{Speaker: speaker, Body: body, Order: b.mu.order[speaker]}
	b.mu.sent[conversation] = append(b.mu.sent[conversation], s)
	b.mu.open++
	b.wakeLocked()
	return &Page{book: b, sent: s, open: true}
}

// Ack notes the server's first success for the message. A second one must agree with the first.
func (p *Page) Ack(n uint64, ts int64) error {
	b := p.book
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.sent.Acked {
		if p.sent.N != n || p.sent.TS != ts {
			return Fault{Swapped, fmt.Sprintf("%q was answered with n %d ts %d, then n %d ts %d",
				p.sent.Body, p.sent.N, p.sent.TS, n, ts)}
		}
		return nil
	}
	p.sent.Acked, p.sent.N, p.sent.TS = true, n, ts
	b.mu.acks++
	p.closeLocked()
	b.wakeLocked()
	return nil
}

// GiveUp notes that the message will not be sent again: it may be in history or not.
func (p *Page) GiveUp() {
	p.book.mu.Lock()
	defer p.book.mu.Unlock()
	p.closeLocked()
}

func (p *Page) closeLocked() {
	if p.open {
		p.open = false
		p.book.mu.open--
	}
}

// Counts returns how many messages were acknowledged, and how many wait for an answer.
func (b *Book) Counts() (acks, open int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.mu.acks, b.mu.open
}

// Await returns when at least acks messages were acknowledged in all and, at that moment, at least open ones wait for
// an answer.
func (b *Book) Await(ctx context.Context, acks, open int) error {
	w := waiter{acks, open, make(chan struct{})}
	b.mu.Lock()
	b.mu.waiters = append(b.mu.waiters, w)
	b.wakeLocked()
	b.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
		gotAcks, gotOpen := b.Counts()
		return fmt.Errorf("waiting for %d acks and %d open sends, have %d and %d: %w", acks, open, gotAcks, gotOpen, ctx.Err())
	}
}

func (b *Book) wakeLocked() {
	b.mu.waiters = slices.DeleteFunc(b.mu.waiters, func(w waiter) bool {
		if b.mu.acks < w.acks || b.mu.open < w.open {
			return false
		}
		close(w.ready)
		return true
	})
}

// Sent returns a copy of what was sent to a conversation so far.
func (b *Book) Sent(conversation string) []Sent {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]Sent, 0, len(b.mu.sent[conversation]))
	for _, s := range b.mu.sent[conversation] {
		out = append(out, *s)
	}
	return out
}
