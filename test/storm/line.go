package storm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/ledger"
)

// line is one connection, and what was heard on it.
type line struct {
	storm *Storm
	who   string
	conn  *client.Conn

	mu    sync.Mutex
	heard map[string][]ledger.Stored // by conversation, in the order of arrival
}

// dial logs who in, again and again until it succeeds or ctx ends.
func (s *Storm) dial(ctx context.Context, who string) (*line, error) {
	again := time.NewTicker(breath)
	defer again.Stop()
	for {
		l := &line{storm: s, who: who, heard: map[string][]ledger.Stored{}}
		conn, err := s.opts.Dial(ctx, s.way(), l.options())
		if err == nil {
			l.conn = conn
			s.mu.Lock()
			s.mu.lines = append(s.mu.lines, l)
			s.mu.Unlock()
			return l, nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("%s cannot log in: %w, %w", who, ctx.Err(), err)
		}
	}
}

func (s *Storm) way() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.ways++
	return s.mu.ways
}

func (l *line) options() client.Options {
	o := client.Options{User: l.who, On: l.hear}
	if l.who == visitor {
		o.User, o.Passenger = "", `{"id":"`+visitor+`"}`
	}
	return o
}

// hear takes a message of somebody else's, or what another session of one's own has said.
func (l *line) hear(event string, arg json.RawMessage) {
	if event != "message" && event != "yourself" {
		return // friends come and go
	}
	var h client.Heard
	var content struct{ Body string }
	err := errors.Join(json.Unmarshal(arg, &h), json.Unmarshal(h.Content, &content))
	if err != nil || (h.From == nil) != (event == "yourself") {
		l.storm.fault(fmt.Errorf("%s heard %s %s: %w", l.who, event, arg, err))
		return
	}
	speaker, kind := l.who, h.To.Type
	if h.From != nil {
		speaker, kind = h.From.ID, *h.From.Type
	}
	talk := talkOf(l.who, kind)
	l.mu.Lock()
	defer l.mu.Unlock()
	r := ledger.Record{N: h.N, TS: h.TS, Speaker: speaker, Body: content.Body}
	l.heard[talk] = append(l.heard[talk], ledger.Stored{Record: r, ID: h.ID})
}

// talkOf returns the conversation in which who hears something of that type (docs/protocol.md section 1). Nobody is in two
// of one type.
func talkOf(who string, kind int) string {
	switch {
	case kind == client.Group:
		return group
	case kind == client.Passenger || who == visitor:
		return visit
	case kind == client.Stranger:
		return strangers
	}
	return friends
}

// heardIn returns what was heard in a conversation.
func (l *line) heardIn(talk string) []ledger.Stored {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.heard[talk]
}

func (l *line) count() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, heard := range l.heard {
		n += len(heard)
	}
	return n
}
