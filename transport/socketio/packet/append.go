package packet

import (
	"strconv"

	"github.com/parley-im/parley/transport/engineio"
)

// AppendConnect appends the answer to a CONNECT to dst: `40/chat,` and body, which is empty for protocol 4.
func AppendConnect(dst []byte, namespace string, body []byte) []byte {
	return append(appendHead(dst, Connect, namespace), body...)
}

// AppendDisconnect appends a DISCONNECT to dst: the client is to stay away.
func AppendDisconnect(dst []byte, namespace string) []byte {
	return appendHead(dst, Disconnect, namespace)
}

// AppendConnectError appends the refusal of a CONNECT to dst; body is a JSON string for protocol 4, an object with
// `message` for protocol 5 (section 3.7).
func AppendConnectError(dst []byte, namespace string, body []byte) []byte {
	return append(appendHead(dst, ConnectError, namespace), body...)
}

// AppendEventHead appends the front of an EVENT with one argument to dst. The caller appends the argument's JSON and
// "]". The name must need no escapes.
func AppendEventHead(dst []byte, namespace, name string) []byte {
	dst = appendHead(dst, Event, namespace)
	dst = append(dst, '[', '"')
	dst = append(dst, name...)
	return append(dst, '"', ',')
}

// AppendAck appends the acknowledgement of the packet with that id to dst; arguments is a JSON array.
func AppendAck(dst []byte, namespace string, id uint64, arguments []byte) []byte {
	dst = strconv.AppendUint(appendHead(dst, Ack, namespace), id, 10)
	return append(dst, arguments...)
}

func appendHead(dst []byte, t Type, namespace string) []byte {
	dst = append(dst, byte(engineio.Message), byte(t))
	if namespace == Root {
		return dst
	}
	dst = append(dst, namespace...)
	return append(dst, ',')
}
