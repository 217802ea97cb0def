package reentry

import (
	"io"
	"net"
)

// Conn is a TCP connection to which can be given back what was read of it. It is as safe for concurrent use as the connection,
// but for Unread. Who wraps connections before a server gets them embeds it, so that Return finds Unread.
type Conn struct {
	*net.TCPConn
	ahead
}

// Read implements net.Conn. Deadlines do not hold for what was given back.
func (c *Conn) Read(b []byte) (int, error) {
	if c.isEmpty() {
		return c.TCPConn.Read(b)
	}
	return c.read(b), nil
}

// WriteTo implements io.WriterTo. That of the TCPConn would pass by what was given back.
func (c *Conn) WriteTo(w io.Writer) (int64, error) { return io.Copy(w, struct{ io.Reader }{c}) }

// Socket is a connection that is not TCP itself but lies over it, as a tls.Conn does.
type Socket interface {
	net.Conn
	// CloseWrite says that no more comes; what the other side says can still be read.
	CloseWrite() error
}

// Over is a Conn for such a connection.
type Over struct {
	Socket
	ahead
}

// Read implements net.Conn. Deadlines do not hold for what was given back.
func (c *Over) Read(b []byte) (int, error) {
	if c.isEmpty() {
		return c.Socket.Read(b)
	}
	return c.read(b), nil
}

// ahead is read before what the connection holds.
type ahead struct{ bytes []byte }

// Unread makes b, which is the connection's from then on, what is read next. Nobody may read meanwhile.
func (a *ahead) Unread(b []byte) { a.bytes = append(b, a.bytes...) }

func (a *ahead) isEmpty() bool { return len(a.bytes) == 0 }

func (a *ahead) read(b []byte) int {
	n := copy(b, a.bytes)
	if a.bytes = a.bytes[n:]; len(a.bytes) == 0 {
		a.bytes = nil // a connection lives long
	}
	return n
}

// rereadable is a connection that can be returned.
type rereadable interface {
	net.Conn
	Unread(b []byte)
}

func toRereadable(nc net.Conn) (rereadable, bool) {
	switch c := nc.(type) {
	case *net.TCPConn:
		return &Conn{TCPConn: c}, true
	case rereadable:
		return c, true
	case Socket:
		return &Over{Socket: c}, true
	}
	return nil, false
}
