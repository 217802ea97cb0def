package reentry

import (
	"io"
	"net"
)

// Conn is a TCP connection to which can be given back what was read of it. It is as safe for concurrent use as the connection,
// but for Unread. Who wraps connections before a server gets them embeds it, so that Return finds Unread.
type Conn struct {
	*net.TCPConn
	// ahead is read before what the connection holds.
	ahead []byte
}

// Unread makes b, which is the connection's from then on, what is read next. Nobody may read meanwhile.
func (c *Conn) Unread(b []byte) { c.ahead = append(b, c.ahead...) }

// Read implements net.Conn. Deadlines do not hold for what was given back.
func (c *Conn) Read(b []byte) (int, error) {
	if len(c.ahead) == 0 {
		return c.TCPConn.Read(b)
	}
	n := copy(b, c.ahead)
	if c.ahead = c.ahead[n:]; len(c.ahead) == 0 {
		c.ahead = nil // a connection lives long
	}
	return n, nil
}

// WriteTo implements io.WriterTo. That of the TCPConn would pass by what was given back.
func (c *Conn) WriteTo(w io.Writer) (int64, error) { return io.Copy(w, struct{ io.Reader }{c}) }

// rereadable is a connection that can be returned.
type rereadable interface {
	net.Conn
	Unread(b []byte)
}

func toRereadable(nc net.Conn) (rereadable, bool) {
	if tcp, ok := nc.(*net.TCPConn); ok {
		return &Conn{TCPConn: tcp}, true
	}
	c, ok := nc.(rereadable)
	return c, ok
}
