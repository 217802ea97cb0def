package reentry

import "github.com/parley-im/parley/transport/ws"

// Detach takes the socket out of the connection: fd is another descriptor of it, which is the caller's, and unread what was
// given back and not read again. The connection is closed, without an end for the client.
func (c *Conn) Detach() (fd int, unread []byte, err error) {
	if fd, err = ws.Dup(c); err != nil {
		return 0, nil, err
	}
	_ = c.TCPConn.Close() // the socket lives on
	return fd, c.bytes, nil
}
