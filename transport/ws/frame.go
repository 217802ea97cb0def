package ws

import (
	"bytes"
	"errors"

	"github.com/gobwas/ws"
)

// TextFrame returns the frame of one text message from the server, ready for Conn.Send to any number of connections.
// It copies text, which must be UTF-8.
func TextFrame(text []byte) []byte { return compile(ws.OpText, text) }

// Payload returns the text of a frame that TextFrame made; it shares memory with frame.
func Payload(frame []byte) []byte {
	const short, long = 126, 127 // the length stands in the next 2 or 8 bytes (RFC 6455, section 5.2)
	switch frame[1] {
	case short:
		return frame[4:]
	case long:
		return frame[10:]
	}
	return frame[2:]
}

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

// closeAnswer returns the code that answers a peer's close frame: its own. An error is the *Violation of a body that is wrong.
func closeAnswer(payload []byte) (uint16, error) {
	if len(payload) == 0 {
		return CloseNormal, nil
	}
	code, text := ws.ParseCloseFrameData(payload)
	return uint16(code), checkClose(code, text)
}

// checkClose returns a *Violation unless a peer may close with that code and text (RFC 6455, sections 7.4 and 8.1).
func checkClose(code ws.StatusCode, text string) error {
	err := ws.CheckCloseFrameData(code, text)
	switch {
	case errors.Is(err, ws.ErrProtocolInvalidUTF8):
		return &Violation{CloseBadUTF8, err}
	case err != nil:
		return &Violation{CloseProtocolError, err}
	case code > lastCloseCode:
		return &Violation{CloseProtocolError, ws.ErrProtocolStatusCodeUnknown}
	}
	return nil
}

// lastCloseCode ends the range of private codes; what is above has no meaning.
const lastCloseCode = 4999
