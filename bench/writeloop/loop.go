package writeloop

import (
	"bytes"
	"fmt"
)

// loop writes what one member says. It belongs to that member's goroutine.
type loop struct {
	server *Server
	from   *member

	// frame is ready for the room it was made for, but for the body, which begins at body.
	frame []byte
	body  int
	room  *room
	// length is the size of the body that it was made for.
	length int
}

// say writes the message of a `say` packet to every other member of its room. What is no such packet is dropped.
func (l *loop) say(packet []byte) {
	id, ok := between(packet, `"to":{"id":"`, '"')
	body, said := between(packet, `"body":"`, '"')
	if !ok || !said || !l.prepare(id, body) {
		return
	}
	copy(l.frame[l.body:], body)
	if l.room.queue != nil {
		l.room.queue.add(saying{l.from, bytes.Clone(l.frame)})
		return
	}
	for _, m := range *l.room.members.Load() {
		if to := m.out.Load(); to != nil && m != l.from {
			_ = l.server.write(to.conn, l.frame) // who is gone needs nothing
		}
	}
}

// prepare makes the frame, unless it is made. false means that there is no such room.
func (l *loop) prepare(id, body []byte) bool {
	if l.room != nil && l.room.id == string(id) && l.length == len(body) {
		return true
	}
	l.server.mu.Lock()
	l.room = l.server.mu.rooms[string(id)]
	l.server.mu.Unlock()
	if l.room == nil {
		return false
	}
	packet := fmt.Sprintf(`42/chat,["message",{"from":{"id":%q,"type":2,"gid":%q},"to":{"id":%q,"type":2},"content":{"media":0,"body":"`, l.from.id, id, id)
	const end = `"},"ts":1479000000001}]`
	l.frame = textFrame(packet + string(body) + end)
	l.length = len(body)
	l.body = len(l.frame) - len(end) - l.length
	return true
}

// between returns what stands between a text and the next end byte.
func between(b []byte, begin string, end byte) ([]byte, bool) {
	_, after, ok := bytes.Cut(b, []byte(begin))
	n := bytes.IndexByte(after, end)
	return after[:max(n, 0)], ok && n >= 0
}
