package ws

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"github.com/gobwas/ws"
)

// TextFrame returns the frame of one text message from the server, ready for Conn.Send to any number of connections.
// It copies text, which must be UTF-8.
func TextFrame(text []byte) []byte { return compile(ws.OpText, text) }

// AppendTextFrame appends the frame of one text message to dst. The text, which must be UTF-8, is what write appends to what it is
// given.
func AppendTextFrame(dst []byte, write func(dst []byte) []byte) []byte {
	var usual [shortHeader + 2]byte // of 126 to 65535 bytes: others are moved
	start, text := len(dst), len(dst)+len(usual)
	dst = write(append(dst, usual[:]...))
	var header [ws.MaxHeaderSize]byte
	return slices.Replace(dst, start, text, appendHeader(header[:0], ws.OpText, len(dst)-text)...)
}

// Payload returns the text of a frame that TextFrame or AppendTextFrame made; it shares memory with frame.
func Payload(frame []byte) []byte {
	switch frame[1] {
	case lengthIn2:
		return frame[shortHeader+2:]
	case lengthIn8:
		return frame[shortHeader+8:]
	}
	return frame[shortHeader:]
}

func closeFrame(code uint16) []byte {
	return compile(ws.OpClose, ws.NewCloseFrameBody(ws.StatusCode(code), ""))
}

func pongFrame(payload []byte) []byte { return compile(ws.OpPong, payload) }

func compile(op ws.OpCode, payload []byte) []byte {
	var header [ws.MaxHeaderSize]byte
	return slices.Concat(appendHeader(header[:0], op, len(payload)), payload)
}

// appendHeader appends the header of a frame that is a whole message, without a mask (RFC 6455, section 5.2).
func appendHeader(dst []byte, op ws.OpCode, length int) []byte {
	const fin = 0x80
	dst = append(dst, fin|byte(op))
	switch {
	case length < lengthIn2:
		return append(dst, byte(length))
	case length <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, lengthIn2), uint16(length))
	}
	return binary.BigEndian.AppendUint64(append(dst, lengthIn8), uint64(length))
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
