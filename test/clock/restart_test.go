package clock

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/parley-im/parley/test/client"
)

// letters is what two friends wrote to each other, over several runs of a node.
type letters struct {
	*node
	written []client.Answer
}

func newLetters(n *node) *letters {
	n.befriend("tom", "jerry")
	return &letters{node: n}
}

// write lets tom write three letters more, which get the next numbers and later stamps than all before.
func (l *letters) write() {
	l.t.Helper()
	tom := l.login("tom")
	defer tom.conn.Cut()
	for range 3 {
		a := tom.say(l.letter(len(l.written)))
		if last := l.last(); a.Duplicate || a.N != last.N+1 || a.TS <= last.TS {
			l.t.Errorf("after %+v came %+v", last, a)
		}
		l.written = append(l.written, a)
	}
}

func (l *letters) letter(i int) client.Message {
	m := client.Text("jerry", "letter "+strconv.Itoa(i))
	m.ID = "letter-" + strconv.Itoa(i)
	return m
}

func (l *letters) last() (a client.Answer) {
	if len(l.written) > 0 {
		a = l.written[len(l.written)-1]
	}
	return a
}

// writeAgain lets tom write again what is written: none of it is new.
func (l *letters) writeAgain() {
	l.t.Helper()
	tom := l.login("tom")
	defer tom.conn.Cut()
	for i, first := range l.written {
		if a := tom.say(l.letter(i)); !a.Duplicate || a.N != first.N || a.TS != first.TS {
			l.t.Errorf("letter %d again: %+v, want a duplicate of %+v", i, a, first)
		}
	}
}

// read returns the history, which must begin with the letter after so many, and end with the last.
func (l *letters) read(hidden int) {
	l.t.Helper()
	var page []client.Record
	l.must(http.MethodGet, "/ctx/jerry/friends/tom/chats?limit=100", nil, http.StatusOK, &page)
	want := l.written[hidden:]
	if len(page) != len(want) {
		l.t.Errorf("history has %d letters, want %d", len(page), len(want))
		return
	}
	for i, a := range want {
		if r := page[i]; r.N != a.N || r.TS != a.TS || r.Text() != "letter "+strconv.Itoa(hidden+i) {
			l.t.Errorf("history has %+v, want %+v", r, a)
		}
	}
}

// The clock is back by an hour, and then by a day, when the node starts again: history is as it was, stamps and numbers go
// on from the last that was stored, old ids are known, and so it is when the clock is right again.
//
// Checked by breaking it: it fails when stamps are the clock's alone, since the log then refuses them.
func TestRestart_StampsGoOnWithAClockBehind(t *testing.T) {
	l := newLetters(newNode(t))
	l.write()
	for _, ahead := range []time.Duration{-hour, -day, 0} {
		l.stop()
		l.set(ahead)
		l.start()
		l.read(0)
		l.writeAgain()
		l.write()
		l.writeAgain()
		l.read(0)
	}
}

// The clock is more than a week ahead when the node starts again. There is nothing to tell that it is wrong, so history
// hides what is older than the retention by it. But nothing is gone: old ids are known, numbers go on, and when the clock
// is right again, without a restart or with one, all is there, what was said meanwhile with the stamps of that time.
//
// Checked by breaking it: it fails when ids are forgotten by the clock, and when history goes on hiding.
func TestRestart_AClockAheadHidesUntilItIsRight(t *testing.T) {
	for name, comeBack := range map[string]func(*letters){
		"while it runs": func(l *letters) { l.set(0) },
		"at a restart":  func(l *letters) { l.stop(); l.set(0); l.start() },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLetters(newNode(t))
			l.write()
			l.stop()
			l.set(30 * day)
			l.start()
			l.read(len(l.written))
			l.writeAgain()
			hidden := len(l.written)
			l.write()
			l.read(hidden)
			comeBack(l)
			l.read(0)
			l.writeAgain()
			l.write()
			l.read(0)
		})
	}
}
