package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strconv"

	natsserver "github.com/nats-io/nats-server/v2/server"

	"github.com/parley-im/parley/bench/child"
	"github.com/parley-im/parley/bench/fanout"
)

// planNATS plans a NATS server on a WebSocket listener, without accounts; it is ready when its monitor says that it is healthy.
func planNATS(fanout.Scenario) (*plan, error) {
	addrs, err := child.FreeAddrs(2)
	if err != nil {
		return nil, err
	}
	command, err := itself(natsName, addrs, "/healthz")
	return &plan{command: command, protocol: &nats{peer{addrs[0]}}}, err
}

// serveNATS serves clients on the first address, and its monitor on the second.
func serveNATS(ctx context.Context, addrs []string) error {
	listener, err := net.ResolveTCPAddr("tcp", addrs[0])
	if err != nil {
		return err
	}
	monitor, err := net.ResolveTCPAddr("tcp", addrs[1])
	if err != nil {
		return err
	}
	host := listener.IP.String()
	s, err := natsserver.NewServer(&natsserver.Options{
		NoLog: true, NoSigs: true, Host: host, Port: natsserver.RANDOM_PORT, HTTPHost: host, HTTPPort: monitor.Port,
		Websocket: natsserver.WebsocketOpts{Host: host, Port: listener.Port, NoTLS: true},
	})
	if err != nil {
		return err
	}
	s.Start()
	<-ctx.Done()
	s.Shutdown()
	s.WaitForShutdown()
	return nil
}

// nats is the protocol of NATS clients in frames of WebSocket (NATS protocol, "Client Protocol"): a room is a subject.
type nats struct{ peer }

// Name implements fanout.Protocol.
func (p *nats) Name() string { return "NATS over WebSocket" }

// Greet implements fanout.Protocol. Without echo a member does not hear itself; PING and PONG tell that CONNECT was taken.
func (p *nats) Greet(conn net.Conn, _ int) ([]byte, error) {
	const connect = `CONNECT {"verbose":false,"pedantic":false,"echo":false,"protocol":1,"lang":"go","version":"1"}` + "\r\n" + natsPing
	return greet(conn, p.addr, "/", exchange{"", "INFO "}, exchange{connect, natsPong})
}

const (
	natsPing = "PING\r\n"
	natsPong = "PONG\r\n"
)

var natsPongFrame = text(natsPong)

func natsSubject(room int) string { return "room." + strconv.Itoa(room) }

// Join implements fanout.Protocol.
func (p *nats) Join(_ context.Context, room int, members []int, write fanout.Write) error {
	return each(members, text("SUB "+natsSubject(room)+" 1\r\n"), write)
}

// Leave implements fanout.Protocol.
func (p *nats) Leave(_ context.Context, _ int, members []int, write fanout.Write) error {
	return each(members, text("UNSUB 1\r\n"), write)
}

// Publish implements fanout.Protocol.
func (p *nats) Publish(dst []byte, room int, body []byte, _ bool) []byte {
	head := "PUB " + natsSubject(room) + " " + strconv.Itoa(len(body)) + "\r\n"
	return fanout.AppendFrame(dst, fanout.TextFrame, []byte(head), body, []byte("\r\n"))
}

// Cut implements fanout.Protocol. A frame holds any number of messages, and a PING before, behind or between them. One between
// them is missed: the server waits for two of them before it ends a connection, and says one in two minutes.
func (p *nats) Cut(b []byte) (fanout.Frame, error) {
	f, err := fanout.CutFrame(b)
	switch said := f.Payload; {
	case err != nil:
	case bytes.HasPrefix(said, []byte("-ERR")):
		err = fmt.Errorf("the server says %s", bytes.TrimSpace(said))
	case bytes.HasPrefix(said, []byte(natsPing)), bytes.HasSuffix(said, []byte(natsPing)):
		f.Answer = natsPongFrame
	}
	return f, err
}
