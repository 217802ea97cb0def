package engineio_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/engineio/polltest"
	"github.com/parley-im/parley/transport/ws/wstest"
)

const (
	// travellers upgrade journeys sessions each, one after the other.
	travellers, journeys = 8, 125
	// spoken is how many messages each side says in a journey.
	spoken = 60
)

// While messages flow both ways, a thousand sessions of all dialects are upgraded at random moments, some after an attempt
// whose WebSocket breaks: each side hears everything the other said, once and in order.
//
// Checked by breaking it: when what waited for polls is not handed over, or when a failed attempt takes it, messages are missing.
func TestUpgrade_NothingIsLostOrReordered(t *testing.T) {
	t.Parallel()
	var talkers sync.Map // by what the client says in its handshake
	s := serveWith(t, engineio.Options{
		Clock: engineio.SystemClock{},
		Open: func(e *engineio.Session, h engineio.Handshake) engineio.Handler {
			talkers.Store(h.Auth, e)
			return &talker{Session: e}
		},
	})
	for i := range travellers {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			for j := range journeys {
				d, seed := polltest.Dialects[j%len(polltest.Dialects)], i*journeys+j
				v := &traveller{
					t: t, Client: polltest.Open(t, s.url, d, fmt.Sprintf("auth=%d", seed)),
					rnd: rand.New(rand.NewPCG(uint64(seed), 1)),
				}
				e, _ := talkers.Load(strconv.Itoa(seed))
				v.peer = e.(*engineio.Session)
				v.travel()
			}
		})
	}
}

// What is said while a session moves to its WebSocket does not overtake what waited for polls.
//
// Checked by breaking it: when the WebSocket becomes the session's before it has what waited, it fails within a few rounds.
func TestUpgrade_WhatWaitedGoesFirst(t *testing.T) {
	t.Parallel()
	const rounds, waiting, more = 6, 4000, 8000 // less than may wait
	s := serve(t)
	for range rounds {
		c, l := s.poll(t, polltest.Rev4)
		socket := c.WebSocket()
		socket.Send("2probe")
		socket.Want("3probe")
		said := 0
		say := func() {
			l.Send(fmt.Appendf(nil, "4%d", said))
			said++
		}
		for range waiting {
			say()
		}
		var saying sync.WaitGroup
		saying.Go(func() {
			for i := 0; i < more && l.IsProbed(); i++ {
				say()
			}
			say()
		})
		socket.Send("5")
		saying.Wait()
		for i := range said {
			socket.Want("4" + strconv.Itoa(i))
		}
		_ = socket.Conn.Close()
	}
}

// talker is a session's handler: from the first message on it says numbers from a goroutine of its own, and it complains to
// the client about numbers that it did not expect.
type talker struct {
	*engineio.Session
	heard int
	begin sync.Once
}

func (a *talker) OnMessage(data []byte) {
	a.begin.Do(func() { go a.talk() })
	if want := strconv.Itoa(a.heard); string(data) != want {
		a.Send(fmt.Appendf(nil, "4heard %s, want %s", data, want))
		return
	}
	if a.heard++; a.heard == spoken {
		a.Send([]byte("4all heard"))
	}
}

func (a *talker) OnClose(engineio.Reason) {}

func (a *talker) talk() {
	for i := range spoken {
		a.Send(fmt.Appendf(nil, "4%d", i))
		for range rand.IntN(100) {
			runtime.Gosched()
		}
	}
}

// traveller is a client that behaves as those of JavaScript do.
type traveller struct {
	*polltest.Client
	t    *testing.T
	rnd  *rand.Rand
	peer *engineio.Session

	// said is how many messages were said, heard how many were. allHeard says that the server heard all.
	said, heard int
	allHeard    bool
}

// travel polls and posts, and from a random moment on goes over to a WebSocket.
func (v *traveller) travel() {
	moment, leaving := make(chan struct{}), make(chan struct{})
	var polling sync.WaitGroup
	polling.Go(func() { v.pollUntil(leaving) })
	polling.Go(func() { v.postUntil(leaving, v.rnd.IntN(10), moment) })
	<-moment
	if v.rnd.IntN(4) == 0 {
		broken := v.probe()
		_ = broken.Conn.Close()
		eventually(v.t, "the failed attempt is over", func() bool { return !v.peer.IsProbed() })
	}
	socket := v.probe()
	close(leaving)
	polling.Wait()
	socket.Send("5")
	for v.said < spoken {
		socket.Send(v.next())
	}
	for v.heard < spoken || !v.allHeard {
		packet := socket.Text()
		if packet == "" {
			v.t.Fatalf("the end came after %d messages", v.heard)
		}
		v.hear(packet)
	}
	_ = socket.Conn.Close()
}

func (v *traveller) probe() *wstest.Client {
	socket := v.WebSocket()
	socket.Send("2probe")
	socket.Want("3probe")
	return socket
}

// next is the next message to be said.
func (v *traveller) next() string {
	v.said++
	return "4" + strconv.Itoa(v.said-1)
}

func (v *traveller) pollUntil(leaving chan struct{}) {
	for !isClosed(leaving) {
		packets, err := v.Get(context.Background(), "")
		if err != nil {
			v.t.Error(err)
			return
		}
		for _, p := range packets {
			v.hear(p)
		}
	}
}

// postUntil says messages; moment is closed after so many posts.
func (v *traveller) postUntil(leaving chan struct{}, posts int, moment chan struct{}) {
	defer func() {
		if !isClosed(moment) {
			close(moment)
		}
	}()
	for i := 0; !isClosed(leaving) && v.said < spoken; i++ {
		packets := []string{v.next()}
		for v.said < spoken && v.said%4 > 0 {
			packets = append(packets, v.next())
		}
		if err := v.Post(context.Background(), packets...); err != nil {
			v.t.Error(err)
			return
		}
		if i == posts {
			close(moment)
		}
	}
}

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func (v *traveller) hear(packet string) {
	switch want := "4" + strconv.Itoa(v.heard); packet {
	case want:
		v.heard++
	case "4all heard":
		v.allHeard = true
	case "6":
	default:
		v.t.Errorf("%s, seed: got %s, want %s", v.Dialect, packet, want)
	}
}
