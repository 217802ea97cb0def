package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
	"github.com/parley-im/parley/transport/ws/wstest"
)

// Messages to one target are in flight one at a time and in order, however long one of them is retried; other
// targets, and other sessions, do not wait for it.
func TestLanes_OrderPerTarget(t *testing.T) {
	t.Parallel()
	f := serve(t)
	var mu sync.Mutex
	stored := map[im.Address][]string{}
	stuck, release := make(chan bool, 1), make(chan bool)
	f.say = func(_ context.Context, s dispatch.Say) (dispatch.Said, error) {
		if string(s.Body) == `"retried"` {
			stuck <- true
			<-release
		}
		mu.Lock()
		defer mu.Unlock()
		stored[s.To] = append(stored[s.To], string(s.Body))
		return dispatch.Said{N: uint64(len(stored[s.To])), TS: 1}, nil
	}
	c, other := f.loggedIn("tom"), f.loggedIn("tom")
	c.Send(say("0", "jerry", "retried"))
	<-stuck
	const after = 20
	for i := range after {
		c.Send(say(fmt.Sprint(i+1), "jerry", fmt.Sprint("m", i)))
	}
	c.Send(say("99", "bob", "x"))
	c.Want(`43/chat,99[{"success":true,"ts":1,"n":1}]`)
	other.Send(say("1", "jerry", "y"))
	other.Want(`43/chat,1[{"success":true,"ts":1,"n":1}]`)
	close(release)
	for i := range after + 1 {
		c.Want(fmt.Sprintf(`43/chat,%d[{"success":true,"ts":1,"n":%d}]`, i, i+2))
	}
	want := []string{`"y"`, `"retried"`}
	for i := range after {
		want = append(want, fmt.Sprintf(`"m%d"`, i))
	}
	mu.Lock()
	defer mu.Unlock()
	if got := fmt.Sprint(stored[im.User("a", "jerry")]); got != fmt.Sprint(want) {
		t.Errorf("stored %s, want %s", got, want)
	}
}

// Beyond 64 commands in flight the socket is not read; as they are answered, it is again, and none was lost.
func TestLanes_BoundStopsReading(t *testing.T) {
	t.Parallel()
	f := serve(t)
	started, release := make(chan bool, 1000), make(chan bool)
	f.say = func(context.Context, dispatch.Say) (dispatch.Said, error) {
		started <- true
		<-release
		return dispatch.Said{N: 1, TS: 1}, nil
	}
	c := f.loggedIn("tom")
	const bound, total = 64, 200
	for i := range total {
		c.Send(say(fmt.Sprint(i), fmt.Sprint("u", i), "x"))
	}
	c.Send("2end")
	for range bound {
		<-started
	}
	release <- true
	<-started // one out, one in
	if n := len(started); n != 0 {
		t.Errorf("%d commands beyond the bound were started", n)
	}
	close(release)
	wantEndBehind(t, c, total-bound, total)
}

// wantEndBehind reads the answers of all messages, and the echo of the ping that was sent behind them: the server has not read
// it before at least as many were answered.
func wantEndBehind(t *testing.T, c *wstest.Client, least, all int) {
	t.Helper()
	answers := 0
	for text := c.Text(); text != "3end"; text = c.Text() {
		answers++
	}
	if answers < least {
		t.Errorf("the end was read after %d answers, want at least %d", answers, least)
	}
	for ; answers < all; answers++ {
		c.Text()
	}
	alive(t, c)
}

// What was said before the client went away is carried out, and Close waits for it.
func TestServer_CloseCarriesOutWhatWasSaid(t *testing.T) {
	t.Parallel()
	f := serve(t)
	const n = 10
	started, release := make(chan bool, n), make(chan bool)
	f.say = func(context.Context, dispatch.Say) (dispatch.Said, error) {
		started <- true
		<-release
		return dispatch.Said{}, nil
	}
	c := f.loggedIn("tom")
	for range n {
		c.Send(say("", "jerry", "x"))
	}
	alive(t, c) // all are read
	<-started
	_ = c.Conn.Close()
	eventually(t, "the session has left", func() bool { return f.hub.Sessions("a", "tom") == 0 })
	done := make(chan error)
	go func() { done <- f.srv.Close(context.Background()) }()
	close(release)
	if err := <-done; err != nil {
		t.Errorf("Close: %v", err)
	}
	if got := len(started); got != n-1 {
		t.Errorf("%d messages were carried out, want %d", got+1, n)
	}
}

// Close gives up when its context ends: commands are cancelled, and no client is told to stay away.
func TestServer_CloseGivesUpInTime(t *testing.T) {
	t.Parallel()
	f := serve(t)
	started := make(chan bool, 1)
	f.say = func(ctx context.Context, _ dispatch.Say) (dispatch.Said, error) {
		started <- true
		<-ctx.Done()
		return dispatch.Said{}, ctx.Err()
	}
	c := f.loggedIn("tom")
	c.Send(say("", "jerry", "x"))
	<-started
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- f.srv.Close(ctx) }()
	if op, payload, ok := c.Next(); !ok || op != wstest.Close {
		t.Errorf("got opcode %d, %q; want a close frame first", op, payload)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Close = %v, want the context's error", err)
	}
}
