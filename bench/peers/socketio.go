package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/parley-im/parley/bench/child"
	"github.com/parley-im/parley/bench/fanout"
)

// planSocketIO plans the server of a directory: Socket.IO on Node, as server.js there has it.
func planSocketIO(dir string) func(fanout.Scenario) (*plan, error) {
	return func(fanout.Scenario) (*plan, error) {
		addrs, err := child.FreeAddrs(1)
		if err != nil {
			return nil, err
		}
		host, port, err := net.SplitHostPort(addrs[0])
		return &plan{protocol: &socketIO{peer{addrs[0]}}, command: child.Command{
			Path: "node", Args: []string{filepath.Join(dir, "server.js"), host, port}, Ready: "http://" + addrs[0] + "/readyz",
		}}, err
	}
}

// socketIOVersion returns the version that is installed; "" = none is.
func socketIOVersion(dir string) string {
	var of struct{ Version string }
	if b, err := os.ReadFile(filepath.Join(dir, "node_modules", "socket.io", "package.json")); err != nil || json.Unmarshal(b, &of) != nil {
		return ""
	}
	return of.Version
}

// socketIO is Socket.IO 5 in Engine.IO 4: server.js takes "join", "leave" and "say", and tells "message".
type socketIO struct{ peer }

// Name implements fanout.Protocol.
func (p *socketIO) Name() string { return "Socket.IO 5" }

// Greet implements fanout.Protocol: the open packet, and CONNECT with its answer.
func (p *socketIO) Greet(conn net.Conn, _ int) ([]byte, error) {
	return greet(conn, p.addr, "/socket.io/?EIO=4&transport=websocket", exchange{"", `0{"sid"`}, exchange{"40", `40{"sid"`})
}

// Join implements fanout.Protocol.
func (p *socketIO) Join(_ context.Context, room int, members []int, write fanout.Write) error {
	return each(members, text(fmt.Sprintf(`42["join","room%d"]`, room)), write)
}

// Leave implements fanout.Protocol.
func (p *socketIO) Leave(_ context.Context, room int, members []int, write fanout.Write) error {
	return each(members, text(fmt.Sprintf(`42["leave","room%d"]`, room)), write)
}

// Publish implements fanout.Protocol.
func (p *socketIO) Publish(dst []byte, room int, body []byte, _ bool) []byte {
	head := fmt.Sprintf(`42["say","room%d","`, room)
	return fanout.AppendFrame(dst, fanout.TextFrame, []byte(head), body, []byte(`"]`))
}

// Bye implements fanout.Protocol: DISCONNECT.
func (p *socketIO) Bye() []byte { return text("41") }

var socketIOPong = text("3")

// Cut implements fanout.Protocol. A frame holds one packet; a ping is one of them.
func (p *socketIO) Cut(b []byte) (fanout.Frame, error) {
	f, err := fanout.CutFrame(b)
	if err == nil && len(f.Payload) > 0 && f.Payload[0] == '2' {
		f.Answer = socketIOPong
	}
	return f, err
}
