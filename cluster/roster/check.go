package roster

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"github.com/parley-im/parley/im"
)

// maxAddr bounds an address, in bytes: the longest host name with a port.
const maxAddr = 253 + len(":65535")

// uuidLen is the length of a UUID in its canonical form.
const uuidLen = 36

// ValidName reports whether a node can be called so.
func ValidName(name string) bool { return im.AppID(name).Valid() }

// CheckAddr returns what is wrong with an address that others are to dial.
func CheckAddr(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	n, perr := strconv.ParseUint(port, 10, 16)
	ip, _ := netip.ParseAddr(host)
	if err != nil || perr != nil || n == 0 || host == "" || ip.IsUnspecified() || len(addr) > maxAddr {
		return im.E(op, im.Invalid, fmt.Sprintf("%.300q must be HOST:PORT with a host that the others reach", addr))
	}
	return nil
}

func (m Member) check() error {
	if !ValidName(m.Name) || len(m.NodeHostID) != uuidLen {
		return im.E(op, im.Invalid, "its name, or the id of its data directory, is none")
	}
	for _, addr := range []string{m.Raft, m.Actor} {
		if err := CheckAddr(addr); err != nil {
			return err
		}
	}
	if m.Raft == m.Actor {
		return im.E(op, im.Invalid, fmt.Sprintf("%s is given for both of its addresses", m.Raft))
	}
	return nil
}
