package engineio_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/engineio/polltest"
	"github.com/parley-im/parley/transport/ws/wstest"
)

// raw sends bytes on a connection of its own, of which nothing is read.
func (s *server) raw(t *testing.T, request string) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(s.url, "http://"), wstest.Timeout)
	if err == nil {
		t.Cleanup(func() { _ = conn.Close() })
		err = conn.SetDeadline(time.Now().Add(wstest.Timeout))
	}
	if err == nil {
		_, err = io.WriteString(conn, request)
	}
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// get polls without reading the answer.
func (s *server) get(t *testing.T, c *polltest.Client) net.Conn {
	t.Helper()
	return s.raw(t, "GET "+c.Path("polling")+" HTTP/1.1\r\nHost: x\r\n\r\n")
}

// wait begins a poll and returns when it waits at the server.
func wait(t *testing.T, c *polltest.Client, l *listener) *polltest.Waiting {
	t.Helper()
	waiting := c.Wait()
	eventually(t, "a poll waits", l.IsAtRest)
	return waiting
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(wstest.Timeout); !holds(); <-look.C {
		if time.Now().After(end) {
			t.Fatalf("in vain: %s", what)
		}
	}
}

// closeWithin closes an engine.
func closeWithin(t *testing.T, e *engineio.Engine, d time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	return e.Close(ctx)
}
