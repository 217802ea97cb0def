package ws

import (
	"bytes"

	"github.com/gobwas/ws"
)

// TextFrame returns the frame of one text message from the server, ready for Conn.Send to any number of connections.
// It copies text, which must be UTF-8.
func TextFrame(text []byte) []byte { return compile(ws.OpText, text) }

func closeFrame(code uint16) []byte {
	return compile(ws.OpClose, ws.NewCloseFrameBody(ws.StatusCode(code), ""))
}

func pongFrame(payload []byte) []byte { return compile(ws.OpPong, payload) }

// compile does what ws.CompileFrame does with one allocation of the right size.
func compile(op ws.OpCode, payload []byte) []byte {
	h := ws.Header{Fin: true, OpCode: op, Length: int64(len(payload))}
	buf := bytes.NewBuffer(make([]byte, 0, ws.HeaderSize(h)+len(payload)))
	if err := ws.WriteHeader(buf, h); err != nil {
		panic(err) // a buffer takes everything, and every length fits a header
	}
	buf.Write(payload)
	return buf.Bytes()
}
