package fanout

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/parley-im/parley/bench/swarm"
)

// MaxIM is the Protocol of parley: Socket.IO events of the namespace /chat over WebSocket, in Engine.IO 3 or 4, and REST for the
// rooms (MaxIM protocol, sections 3, 4, 8 and 11).
type MaxIM struct {
	rest     rest
	host     string
	sign     string
	revision int
	rooms    []string
	// beatMillis is the interval of pings that the server announces.
	beatMillis atomic.Int64
}

// NewMaxIM returns the protocol for a server at root, http://HOST:PORT. app and key, any of its keys, belong to an app of it;
// revision of Engine.IO is 3 or 4.
func NewMaxIM(root, app, key string, revision int) (*MaxIM, error) {
	err := errors.Join(
		checkURL("target", root),
		check(app != "" && key != "", "app: id and key are needed"),
		check(revision == 3 || revision == 4, "revision %d: 3 or 4", revision),
	)
	if err != nil {
		return nil, err
	}
	root = strings.TrimSuffix(root, "/")
	return &MaxIM{
		rest: newRest(root, app, key), host: strings.TrimPrefix(root, "http://"), sign: swarm.Sign(key, time.Now()),
		revision: revision,
	}, nil
}

// Name implements Protocol.
func (p *MaxIM) Name() string { return fmt.Sprint("Engine.IO ", p.revision) }

// Addr implements Protocol.
func (p *MaxIM) Addr() string { return p.host }

func userName(member int) string { return fmt.Sprintf("bench-%06d", member+1) }

// Greet implements Protocol.
func (p *MaxIM) Greet(conn net.Conn, member int) ([]byte, error) {
	auth, err := json.Marshal(map[string]string{"app": p.rest.app, "sign": p.sign, "client": userName(member)})
	if err != nil {
		return nil, err
	}
	q := url.Values{"auth": {string(auth)}, "transport": {"websocket"}, "EIO": {strconv.Itoa(p.revision)}}
	b, err := Upgrade(conn, p.host, "/socket.io/?"+q.Encode())
	if err != nil {
		return nil, err
	}
	for {
		f, err := p.Cut(b)
		switch {
		case err != nil:
			return nil, ended(err)
		case f.Size == 0:
			b, err = more(conn, b)
		default:
			b = b[f.Size:]
			if answer, ok := bytes.CutPrefix(f.Payload, loginEvent); ok {
				return bytes.Clone(b), judge(answer)
			}
			err = p.welcome(conn, f)
		}
		if err != nil {
			return nil, ended(err)
		}
	}
}

// more reads on.
func more(conn net.Conn, b []byte) ([]byte, error) {
	var some [2048]byte
	n, err := conn.Read(some[:])
	return append(b, some[:n]...), err
}

var errEnded = errors.New("the server ended the connection before it answered")

// ended says of the ways in which a connection may end, depending on who closed it first, what they mean.
func ended(err error) error {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, end) {
			return errEnded
		}
	}
	return err
}

var loginEvent = []byte(`42/chat,["login",`)

// welcome answers the open packet with the login, and heartbeats.
func (p *MaxIM) welcome(conn net.Conn, f Frame) error {
	answer := f.Answer
	if len(f.Payload) > 0 && f.Payload[0] == '0' {
		var open struct{ PingInterval int64 }
		if err := json.Unmarshal(f.Payload[1:], &open); err != nil {
			return fmt.Errorf("open packet: %w", err)
		}
		p.beatMillis.Store(open.PingInterval)
		answer = AppendFrame(nil, TextFrame, []byte("40/chat,"))
	}
	_, err := conn.Write(answer)
	return err
}

// judge reads the payload of the `login` event, with the bracket that ends the packet.
func judge(text []byte) error {
	var answer struct {
		Success bool
		Error   int
	}
	if err := json.Unmarshal(bytes.TrimSuffix(text, []byte("]")), &answer); err != nil {
		return fmt.Errorf("login event: %w", err)
	}
	if !answer.Success {
		return fmt.Errorf("the server refused the login with %d", answer.Error)
	}
	return nil
}

// Join implements Protocol.
func (p *MaxIM) Join(ctx context.Context, room int, members []int, _ Write) (err error) {
	for len(p.rooms) <= room {
		p.rooms = append(p.rooms, "")
	}
	if p.rooms[room] == "" {
		p.rooms[room], err = p.rest.createRoom(ctx, userNames(members))
		return err
	}
	return p.rest.addMembers(ctx, p.rooms[room], userNames(members))
}

// Leave implements Protocol.
func (p *MaxIM) Leave(ctx context.Context, room int, members []int, _ Write) error {
	return p.rest.removeMembers(ctx, p.rooms[room], userNames(members))
}

func userNames(members []int) []string {
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = userName(m)
	}
	return names
}

// Done implements Protocol: it deletes the rooms.
func (p *MaxIM) Done(ctx context.Context) {
	for _, room := range p.rooms {
		if room != "" {
			_ = p.rest.deleteRoom(ctx, room) // a silent room more does no harm
		}
	}
	p.rest.close()
}
