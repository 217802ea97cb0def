package child

import (
	"fmt"
	"net"
)

// FreeAddrs returns n different HOST:PORT on loopback that nobody listened on a moment ago, for a child to take at once.
func FreeAddrs(n int) ([]string, error) {
	addrs := make([]string, 0, n)
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("look for a free port: %w", err)
		}
		defer l.Close() //nolint:errcheck // all are held until all are known
		addrs = append(addrs, l.Addr().String())
	}
	return addrs, nil
}
