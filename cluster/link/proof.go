package link

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// role is a side of a connection.
type role byte

const (
	dialler  role = 'd'
	listener role = 'l'
)

func (r role) other() role {
	if r == dialler {
		return listener
	}
	return dialler
}

// proofContext begins what a mac covers, so that it is one of nothing else for which the secret may be used.
const proofContext = "parley link\x00"

// mac returns what proves the node in that role.
func (h *handshake) mac(of role) []byte {
	dialled, listened := h.mine, h.theirs
	if h.role == listener {
		dialled, listened = listened, dialled
	}
	m := hmac.New(sha256.New, h.links.opts.Secret)
	m.Write([]byte(proofContext))
	m.Write([]byte{byte(of)})
	for _, hello := range [][]byte{dialled, listened} {
		m.Write(binary.BigEndian.AppendUint32(nil, uint32(len(hello))))
		m.Write(hello)
	}
	return m.Sum(nil)
}
