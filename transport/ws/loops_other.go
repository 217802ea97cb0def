//go:build !linux

package ws

import "net"

// loop is Linux's; elsewhere each connection has goroutines.
type loop struct{}

func (*loop) all() []served { return nil }

func openLoops(int) ([]*loop, error) { return nil, nil }

func closeLoops([]*loop) {}

func (*Server) startLooped(net.Conn, begun, func(Conn) Handler) bool { return false }
