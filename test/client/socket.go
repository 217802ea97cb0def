package client

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// writeTimeout bounds one write: a server that stops reading makes Say fail, it does not hang the test.
const writeTimeout = 2 * time.Minute

// socket is a link by WebSocket, a frame for each packet (docs/protocol.md 3.4).
type socket struct {
	conn  net.Conn
	in    io.Reader  // conn, after what came with the answer to the upgrade
	write sync.Mutex // guards writes to conn
}

func dialSocket(ctx context.Context, target string, config *tls.Config) (*socket, error) {
	conn, buffered, _, err := ws.Dialer{TLSConfig: config}.Dial(ctx, target)
	if err != nil {
		return nil, err
	}
	return &socket{conn: conn, in: reader(conn, buffered)}, nil
}

// reader puts what arrived together with the upgrade answer in front of the socket.
func reader(conn net.Conn, buffered *bufio.Reader) io.Reader {
	if buffered == nil {
		return conn
	}
	return io.MultiReader(buffered, conn)
}

func (s *socket) receive(take func(packet string)) {
	stream := struct {
		io.Reader
		io.Writer
	}{s.in, s.conn}
	for {
		text, err := wsutil.ReadServerText(stream)
		if err != nil {
			return // the end of the socket is how every connection ends
		}
		take(string(text))
	}
}

func (s *socket) send(packet string) error {
	frame := ws.MustCompileFrame(ws.MaskFrameInPlace(ws.NewTextFrame([]byte(packet))))
	s.write.Lock()
	defer s.write.Unlock()
	if err := s.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	_, err := s.conn.Write(frame)
	return err
}

func (s *socket) cut() { _ = s.conn.Close() } // it may be closed already
