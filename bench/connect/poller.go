package connect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// poller is one member who polls: a GET hangs whenever it is at rest. After open its fields do not change.
type poller struct {
	// saying is held while it posts: a node ends a session of which two POSTs come at a time.
	saying sync.Mutex
	all    *pollers
	member int
	line   *line
	// target is the path and query of its requests.
	target string
	// beat is the interval of pings in the open packet.
	beat time.Duration
}

// dialTimeout bounds the opening of a session.
const dialTimeout = 30 * time.Second

// open dials and asks for a session.
func (a *pollers) open(ctx context.Context, member int) (*poller, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	var d net.Dialer
	sock, err := d.DialContext(ctx, "tcp", a.host)
	if err != nil {
		return nil, err
	}
	p := &poller{all: a, member: member, line: newLine(sock, a.host), target: a.target(member)}
	stop := context.AfterFunc(ctx, func() { _ = sock.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := p.greet(); err != nil {
		_ = sock.Close() // it is of no use
		return nil, err
	}
	return p, nil
}

// greet takes the open packet (MaxIM protocol, 3.2). Whatever came with it means nothing to a client that is at rest.
func (p *poller) greet() error {
	packets, err := p.poll()
	if err != nil {
		return err
	}
	if len(packets) == 0 || len(packets[0]) == 0 || packets[0][0] != '0' {
		return errPayload
	}
	var params struct {
		SID          string
		PingInterval int64
	}
	if err := json.Unmarshal(packets[0][1:], &params); err != nil {
		return fmt.Errorf("open packet: %w", err)
	}
	if params.PingInterval <= 0 {
		return errors.New("open packet: no interval of pings")
	}
	p.target += "&sid=" + params.SID
	p.beat = time.Duration(params.PingInterval) * time.Millisecond
	return nil
}

func (p *poller) poll() ([][]byte, error) {
	body, err := p.line.get(p.target)
	if err != nil {
		return nil, err
	}
	return unpack(p.all.revision(), body)
}

// run polls until the client has left, then watches the connection until it ends.
func (p *poller) run() {
	for !p.all.left.Load() {
		packets, err := p.poll()
		for i := 0; i < len(packets) && err == nil; i++ {
			err = p.take(packets[i])
		}
		if err == nil {
			continue
		}
		if !p.all.left.Load() {
			p.all.desk.fail(fmt.Errorf("%s was cut off: %w", user(p.member), err))
		}
		break
	}
	_, _ = io.Copy(io.Discard, p.line.in) // until somebody closes it
	_ = p.line.sock.Close()               // perhaps again
}

var errEnded = errors.New("the node ended the session")

// take takes a packet. Pongs and noops only let the poll go.
func (p *poller) take(packet []byte) error {
	switch {
	case len(packet) == 0:
	case packet[0] == '1':
		return errEnded
	case packet[0] == '2' && !p.all.left.Load():
		return p.say("3")
	case packet[0] == '4' && len(packet) > 1 && packet[1] == '1':
		return errDismissed
	case packet[0] == '4':
		p.all.desk.hear(p.member, packet)
	}
	return nil
}

// say posts a packet.
func (p *poller) say(packet string) error {
	p.saying.Lock()
	defer p.saying.Unlock()
	return p.all.post(p.target, pack(p.all.revision(), packet))
}
