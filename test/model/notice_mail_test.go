package model

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/test/client"
)

// post is a mail with three sessions, and one message of tom's that is under way to the other two.
type post struct {
	*mail
	tom, toms, jerry *session
	letter           *letter
}

func newPost(kind int) *post {
	p := &post{
		mail: newMail(), tom: newSession(1, manner{user: "tom", revision: 3}), toms: newSession(2, manner{user: "tom", revision: 4}), jerry: newSession(3, manner{user: "jerry", revision: 4}),
	}
	p.letter = p.write("hi", kind)
	p.expect(p.letter)
	return p
}

// write makes a message by tom's first session to jerry, or to a group or room of both.
func (p *post) write(body string, kind int) *letter {
	l := &letter{
		number: len(p.letters) + 1, body: body, from: "tom", origin: p.tom, kind: kind, to: "jerry", concerned: []string{"tom", "jerry"},
		awaited: map[*session]bool{p.toms: true, p.jerry: true}, heard: map[*session]bool{}, said: time.Now(),
	}
	if !ofTwo(kind) {
		l.to = "g1"
	}
	if kind != client.Room {
		l.until = l.said.Add(lateness)
	}
	return l
}

// The events of a group message "hi" of tom's.
const (
	toJerry = `{"from":{"id":"tom","type":1,"gid":"g1"},"to":{"id":"g1","type":1},"content":{"media":0,"body":"hi"},"ts":100,"n":1}`
	toToms  = `{"to":{"id":"g1","type":1},"content":{"media":0,"body":"hi"},"ts":100,"n":1}`
)

func TestMail_NoticesWhatIsNotAsExpected(t *testing.T) {
	good := client.Answer{Success: true, TS: 100, N: 1}
	for _, c := range []struct {
		name  string
		spoil func(p *post) // instead of what should come
		want  string
	}{
		{"all is well", func(p *post) {
			p.hear(p.jerry, "message", []byte(toJerry))
			p.hear(p.toms, "yourself", []byte(toToms))
		}, ""},
		{"a missing delivery", func(p *post) { p.hear(p.toms, "yourself", []byte(toToms)) }, "expected jerry#3 to hear it"},
		{"a missing mirror", func(p *post) { p.hear(p.jerry, "message", []byte(toJerry)) }, "expected tom#2 to hear it"},
		{"a delivery to the speaker itself", func(p *post) { p.hear(p.tom, "yourself", []byte(toToms)) }, "tom#1 heard yourself"},
		{"a delivery to a stranger", func(p *post) {
			p.hear(newSession(4, manner{user: "spike", revision: 4}), "message", []byte(toJerry))
		}, "spike#4 heard message"},
		{"a delivery twice", func(p *post) {
			p.hear(p.jerry, "message", []byte(toJerry))
			p.hear(p.jerry, "message", []byte(toJerry))
		}, "jerry#3 heard message"},
		{"what nobody said", func(p *post) {
			p.hear(p.jerry, "message", []byte(strings.Replace(toJerry, "hi", "ho", 1)))
		}, "expected nothing of it"},
		{"a message in place of a mirror", func(p *post) { p.hear(p.toms, "message", []byte(toJerry)) }, "event: expected yourself"},
		{"a mirror in place of a message", func(p *post) { p.hear(p.jerry, "yourself", []byte(toToms)) }, "event: expected message"},
		{"another source", func(p *post) {
			p.hear(p.jerry, "message", []byte(strings.Replace(toJerry, `"gid":"g1"`, `"gid":"g2"`, 1)))
		}, "from: expected"},
		{"a source without type", func(p *post) {
			p.hear(p.jerry, "message", []byte(strings.Replace(toJerry, `"type":1,"gid"`, `"gid"`, 1)))
		}, "without a type"},
		{"another target", func(p *post) {
			p.hear(p.jerry, "message", []byte(strings.Replace(toJerry, `"to":{"id":"g1"`, `"to":{"id":"jerry"`, 1)))
		}, "to: expected"},
		{"a remark that nobody made", func(p *post) {
			p.hear(p.jerry, "message", []byte(strings.Replace(toJerry, `"n":1`, `"n":1,"remark":"x"`, 1)))
		}, "remark: expected"},
		{"another number than the answer's", func(p *post) {
			p.hear(p.jerry, "message", []byte(strings.Replace(toJerry, `"n":1`, `"n":2`, 1)))
		}, "came to"},
		{"another time than the answer's", func(p *post) {
			p.hear(p.jerry, "message", []byte(strings.Replace(toJerry, "100", "101", 1)))
		}, "came to"},
		{"an ack event that nobody asked for", func(p *post) { p.hear(p.tom, "ack", []byte(`{"ack":1,"ts":100}`)) }, "heard ack"},
		{"an event of another name", func(p *post) { p.hear(p.jerry, "sys", []byte(`{}`)) }, "heard sys"},
		{"presence that is no name", func(p *post) { p.hear(p.jerry, "online", []byte(`{"id":"tom"}`)) }, "heard online"},
	} {
		p := newPost(client.Group)
		p.answered(p.letter, good)
		c.spoil(p)
		wantFault(t, c.name, c.want, p.await(time.Millisecond))
	}
	p := newPost(client.Group)
	wantFault(t, "a missing answer", "expected an answer", p.await(time.Millisecond))
}

// A room's message must not carry a number, and a later session hears none that was said before; a group's may come late.
func TestMail_KnowsRoomsFromGroups(t *testing.T) {
	inRoom := strings.NewReplacer(`"type":1`, `"type":2`).Replace(toJerry)
	p := newPost(client.Room)
	p.hear(p.jerry, "message", []byte(inRoom))
	wantFault(t, "a room's number", "has n: expected false", p.faults)
	for kind, want := range map[int]string{client.Room: "expected nothing of it", client.Group: ""} {
		p := newPost(kind)
		p.answered(p.letter, client.Answer{Success: true, TS: 100, N: 1})
		p.hear(newSession(4, manner{user: "jerry", revision: 4}), "message", []byte(toJerry))
		wantFault(t, fmt.Sprintf("a later session and kind %d", kind), want, p.faults)
	}
}

// Messages of a conversation come in one order to each session, and after a kill too.
func TestMail_NoticesWrongOrder(t *testing.T) {
	p := newPost(client.Group)
	second := p.write("ho", client.Group)
	p.expect(second)
	p.hear(p.jerry, "message", []byte(strings.NewReplacer("hi", "ho", "100", "200", `"n":1`, `"n":2`).Replace(toJerry)))
	wantFault(t, "the second alone", "", p.faults)
	p.hear(p.jerry, "message", []byte(toJerry))
	wantFault(t, "the first after it", "expected it before", p.faults)

	p = newPost(client.Group)
	p.hear(p.jerry, "message", []byte(toJerry))
	p.annul(p.letter)
	wantFault(t, "heard, and not stored", "which is not in history", p.faults)

	p = newPost(client.Group)
	p.restarted(time.Now())
	wantFault(t, "nothing is awaited after a restart", "", p.await(time.Millisecond))
	p.hear(newSession(4, manner{user: "jerry", revision: 4}), "message", []byte(toJerry))
	wantFault(t, "told again", "", p.faults)
	p.hear(newSession(5, manner{user: "spike", revision: 4}), "message", []byte(toJerry))
	wantFault(t, "told again to a stranger", "spike#5 heard", p.faults)
}
