package client

import (
	"encoding/json"
)

// handle takes one Engine.IO packet. It reports whether a heartbeat of this side should begin.
func (c *Conn) handle(text string) (beat bool) {
	if text == "" {
		return false
	}
	switch text[0] {
	case '0':
		_ = c.link.send("40/chat,") // a dead link ends run
		return c.opts.Revision == 3
	case '2':
		_ = c.link.send("3" + text[1:])
	case '4':
		if p, ok, err := decodePacket(text[1:]); ok && err == nil {
			c.take(p)
		}
	}
	return false
}

func (c *Conn) take(p packet) {
	switch p.kind {
	case '1':
		c.mu.Lock()
		c.mu.dismissed = true
		c.mu.Unlock()
	case '2':
		c.hear(p.args)
	case '3':
		c.answer(p)
	}
}

func (c *Conn) hear(args []json.RawMessage) {
	var event string
	if len(args) == 0 || json.Unmarshal(args[0], &event) != nil {
		return
	}
	var arg json.RawMessage
	if len(args) > 1 {
		arg = args[1]
	}
	if event == "login" {
		var answer loginAnswer
		if json.Unmarshal(arg, &answer) == nil {
			select {
			case c.login <- answer:
			default: // a second answer: Dial took the first
			}
		}
		return
	}
	if c.opts.On != nil {
		c.opts.On(event, arg)
	}
}

func (c *Conn) answer(p packet) {
	c.mu.Lock()
	f := c.mu.answers[p.ack]
	delete(c.mu.answers, p.ack)
	c.mu.Unlock()
	var a Answer
	if f != nil && len(p.args) > 0 && json.Unmarshal(p.args[0], &a) == nil {
		f(a)
	}
}
