package connect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-im/parley/bench/swarm"
)

// sideConns is how many connections all who poll share for what they post: a client has a second one for that, which is idle
// most of the time, and is not what is measured.
const sideConns = 16

// pollers is a crowd that polls.
type pollers struct {
	desk *desk
	host string
	sign string
	side *http.Client
	// all has one for each member, nil until it is connected. It is not changed after connect.
	all []*poller

	// left says that nothing is said or asked for any more.
	left    atomic.Bool
	stop    chan struct{} // closed by hush
	once    sync.Once
	running sync.WaitGroup
}

func newPollers(d *desk) *pollers {
	return &pollers{
		desk: d, host: strings.TrimPrefix(d.run.node.URL, "http://"), sign: swarm.Sign(d.run.node.Key, time.Now()),
		side: &http.Client{Timeout: dialTimeout, Transport: &http.Transport{MaxConnsPerHost: sideConns, MaxIdleConnsPerHost: sideConns}},
		all:  make([]*poller, d.run.opts.Members), stop: make(chan struct{}),
	}
}

func (a *pollers) revision() int { return a.desk.run.opts.Revision }

// target is what a member asks for; clients repeat their login in every request.
func (a *pollers) target(member int) string {
	auth, _ := json.Marshal(map[string]string{"app": a.desk.run.node.App, "sign": a.sign, "client": user(member)})
	q := url.Values{"auth": {string(auth)}, "transport": {"polling"}, "EIO": {strconv.Itoa(a.revision())}, "b64": {"1"}}
	return "/socket.io/?" + q.Encode()
}

func (a *pollers) connect(ctx context.Context) error {
	err := a.desk.each(ctx, func(ctx context.Context, member int) (err error) {
		if a.all[member], err = a.open(ctx, member); err == nil {
			a.running.Go(a.all[member].run)
		}
		return err
	})
	if err != nil || a.revision() == 4 { // then the node pings
		return err
	}
	for i := range sideConns {
		a.running.Go(func() { a.beat(i) })
	}
	return nil
}

// beat sends the heartbeats of every member whose number is i modulo sideConns, evenly over four fifths of the interval.
func (a *pollers) beat(i int) {
	if i >= len(a.all) {
		return
	}
	share := (len(a.all)-i-1)/sideConns + 1
	tick := time.NewTicker(a.all[i].beat * 4 / 5 / time.Duration(share))
	defer tick.Stop()
	for m := i; ; m += sideConns {
		select {
		case <-tick.C:
		case <-a.stop:
			return
		}
		if m >= len(a.all) {
			m = i
		}
		if err := a.all[m].say("2"); err != nil && !a.left.Load() {
			a.desk.fail(fmt.Errorf("ping of %s: %w", user(m), err))
			return
		}
	}
}

func (a *pollers) logIn(ctx context.Context) error {
	return a.desk.logIn(ctx, func(member int) error { return a.all[member].say("40/chat,") })
}

// post sends a body over a connection that all share.
func (a *pollers) post(target, body string) error {
	resp, err := a.side.Post("http://"+a.host+target, "text/plain;charset=UTF-8", strings.NewReader(body)) //nolint:noctx // it has a timeout
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	answer, err := io.ReadAll(resp.Body)
	if err == nil && string(answer) != "ok" {
		err = errors.New(resp.Status + ": " + string(answer))
	}
	return err
}

func (a *pollers) leave(cut bool) {
	a.hush()
	if cut {
		a.cut()
	}
}

// hush makes everybody silent.
func (a *pollers) hush() {
	a.once.Do(func() {
		a.left.Store(true)
		close(a.stop)
	})
	a.side.CloseIdleConnections()
}

func (a *pollers) cut() {
	for _, p := range a.all {
		if p != nil {
			_ = p.line.sock.Close() // it may have ended already
		}
	}
}

func (a *pollers) close() {
	a.hush()
	a.cut()
	a.running.Wait()
	a.side.CloseIdleConnections()
}
