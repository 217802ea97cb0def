package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/centrifugal/centrifuge"

	"github.com/parley-im/parley/bench/child"
	"github.com/parley-im/parley/bench/fanout"
)

// planCentrifuge plans a node of the Centrifuge library that keeps nothing and lets everybody do everything.
func planCentrifuge(fanout.Scenario) (*plan, error) {
	addrs, err := child.FreeAddrs(1)
	if err != nil {
		return nil, err
	}
	command, err := itself(centriName, addrs, "/readyz")
	return &plan{command: command, protocol: &centri{peer{addrs[0]}}}, err
}

const centriPath = "/connection/websocket"

func serveCentrifuge(ctx context.Context, addrs []string) error {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		return err
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{}}, nil
	})
	node.OnConnect(func(c *centrifuge.Client) {
		c.OnSubscribe(func(_ centrifuge.SubscribeEvent, answer centrifuge.SubscribeCallback) {
			answer(centrifuge.SubscribeReply{}, nil)
		})
		c.OnPublish(func(_ centrifuge.PublishEvent, answer centrifuge.PublishCallback) {
			answer(centrifuge.PublishReply{}, nil)
		})
	})
	if err := node.Run(); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+centriPath, centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{
		PingPongConfig: centrifuge.PingPongConfig{PongTimeout: 20 * time.Second}, // the load answers none while the others log in
	}))
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	s := &http.Server{Addr: addrs[0], Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() {
		_ = s.Close() // the process ends
	})()
	if err := s.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// centri is Centrifuge's protocol in JSON: commands and pushes, one in a line (centrifugal/protocol, client.proto). A room is a channel.
type centri struct{ peer }

// Name implements fanout.Protocol.
func (p *centri) Name() string { return "Centrifuge JSON" }

// Greet implements fanout.Protocol.
func (p *centri) Greet(conn net.Conn, _ int) ([]byte, error) {
	return greet(conn, p.addr, centriPath, exchange{`{"id":1,"connect":{}}`, `"connect":{"client"`})
}

// Join implements fanout.Protocol.
func (p *centri) Join(_ context.Context, room int, members []int, write fanout.Write) error {
	return each(members, text(fmt.Sprintf(`{"id":2,"subscribe":{"channel":"room%d"}}`, room)), write)
}

// Leave implements fanout.Protocol.
func (p *centri) Leave(_ context.Context, room int, members []int, write fanout.Write) error {
	return each(members, text(fmt.Sprintf(`{"id":4,"unsubscribe":{"channel":"room%d"}}`, room)), write)
}

// Publish implements fanout.Protocol. It is answered always.
func (p *centri) Publish(dst []byte, room int, body []byte, _ bool) []byte {
	head := fmt.Sprintf(`{"id":3,"publish":{"channel":"room%d","data":"`, room)
	return fanout.AppendFrame(dst, fanout.TextFrame, []byte(head), body, []byte(`"}}`))
}

// Echoes implements fanout.Protocol: who has subscribed hears everything.
func (p *centri) Echoes() bool { return true }

var (
	centriRefusal = []byte(`"error":{`)
	centriPong    = text("{}")
)

// Cut implements fanout.Protocol. A frame holds any number of lines; an empty command among them asks for the same.
func (p *centri) Cut(b []byte) (fanout.Frame, error) {
	f, err := fanout.CutFrame(b)
	if err != nil || len(f.Payload) == 0 {
		return f, err
	}
	if said := f.Payload; bytes.HasPrefix(said, []byte("{}")) || bytes.Contains(said, []byte("\n{}")) {
		f.Answer = centriPong
	}
	f.Refused = bytes.HasPrefix(f.Payload, []byte(`{"id":`)) && bytes.Contains(f.Payload, centriRefusal)
	return f, nil
}
