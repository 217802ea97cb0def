package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"time"

	"github.com/parley-im/parley/bench/child"
	"github.com/parley-im/parley/bench/fanout"
)

// peer is what the protocols of other servers have alike: clients send nothing on their own, nobody hears itself, there is no
// farewell, and rooms end with their members.
type peer struct{ addr string }

// Addr implements fanout.Protocol.
func (p peer) Addr() string { return p.addr }

// Beat implements fanout.Protocol.
func (p peer) Beat() ([]byte, time.Duration) { return nil, 0 }

// Echoes implements fanout.Protocol.
func (p peer) Echoes() bool { return false }

// Bye implements fanout.Protocol.
func (p peer) Bye() []byte { return nil }

// Done implements fanout.Protocol.
func (p peer) Done(context.Context) {}

// exchange is a step of a login: what the client says, "" = nothing, and what an answer to it contains.
type exchange struct{ say, hear string }

// greet upgrades a connection and takes the steps. early is what was read behind the last answer.
func greet(conn net.Conn, host, target string, steps ...exchange) (early []byte, err error) {
	b, err := fanout.Upgrade(conn, host, target)
	for _, s := range steps {
		if err == nil && s.say != "" {
			_, err = conn.Write(text(s.say))
		}
		if err == nil {
			b, err = hear(conn, b, s.hear)
		}
	}
	return b, err
}

// hear reads frames, of which b is the beginning, until one contains want. It returns what was read behind that.
func hear(conn net.Conn, b []byte, want string) ([]byte, error) {
	var last []byte
	for {
		f, err := fanout.CutFrame(b)
		b = b[f.Size:]
		switch {
		case err == nil && f.Size == 0:
			b, err = more(conn, b)
		case err == nil && bytes.Contains(f.Payload, []byte(want)):
			return b, nil
		default:
			last = f.Payload
		}
		if err != nil {
			return nil, fmt.Errorf("wait for %s, with %.100q heard: %w", want, last, err)
		}
	}
}

// more reads on.
func more(conn net.Conn, b []byte) ([]byte, error) {
	var some [2048]byte
	n, err := conn.Read(some[:])
	return append(b, some[:n]...), err
}

// text returns a frame with a text.
func text(s string) []byte { return fanout.AppendFrame(nil, fanout.TextFrame, []byte(s)) }

// each writes a frame for each of the members.
func each(members []int, frame []byte, write fanout.Write) error {
	for _, m := range members {
		if err := write(m, frame); err != nil {
			return err
		}
	}
	return nil
}

// itself plans the run of an embedded server, which is ready when a path of the last address answers.
func itself(name string, addrs []string, ready string) (child.Command, error) {
	self, err := os.Executable()
	return child.Command{
		Path: self, Args: append([]string{serveVerb, name}, addrs...), Ready: "http://" + addrs[len(addrs)-1] + ready,
	}, err
}

// moduleVersion returns the version of a module that this executable holds.
func moduleVersion(path string) string {
	info, _ := debug.ReadBuildInfo() // always there in a module
	for _, m := range info.Deps {
		if m.Path == path {
			return m.Version
		}
	}
	return ""
}
