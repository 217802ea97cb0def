package wire

import (
	"strconv"

	"github.com/parley-im/parley/im"
)

// LoginOK appends the payload of the `login` event of an accepted login to dst (section 4). id is that of the user or
// passenger.
func LoginOK(dst []byte, id string) []byte {
	dst = append(dst, `{"success":true,"id":`...)
	dst = AppendString(dst, id)
	return append(dst, '}')
}

// LoginRefused appends the payload of the `login` event of a refused login to dst.
func LoginRefused(dst []byte, kind im.ErrorKind) []byte { return appendRefusal(dst, kind) }

// Ack appends the payload of an `ack` event to dst: the number that the sender chose, as it came, and the message's
// stamp (section 5.2).
func Ack(dst, number []byte, ts im.Millis) []byte {
	dst = append(dst, `{"ack":`...)
	dst = append(dst, number...)
	dst = append(dst, `,"ts":`...)
	dst = strconv.AppendInt(dst, int64(ts), 10)
	return append(dst, '}')
}

// Said is how a `say` ended well.
type Said struct {
	TS im.Millis
	// N is the message's number in its conversation; 0 = it is not numbered.
	N uint64
	// ID is the id that the client drew; "" = none.
	ID string
	// Duplicate says that the id was seen before and that TS and N are the first answer's.
	Duplicate bool
}

// SayAnswer appends the arguments of the Socket.IO acknowledgement of an accepted `say` to dst (sections 5.3 and 13):
//
//	[{"success":true,"ts"[,"n"][,"id"][,"duplicate":true]}]
func SayAnswer(dst []byte, s Said) []byte {
	dst = append(dst, `[{"success":true,"ts":`...)
	dst = strconv.AppendInt(dst, int64(s.TS), 10)
	dst = appendNumbering(dst, s.N, s.ID)
	if s.Duplicate {
		dst = append(dst, `,"duplicate":true`...)
	}
	return append(dst, `}]`...)
}

// SayRefused appends the arguments of the Socket.IO acknowledgement of a `say` that was not accepted to dst.
func SayRefused(dst []byte, kind im.ErrorKind) []byte {
	return append(appendRefusal(append(dst, '['), kind), ']')
}

func appendRefusal(dst []byte, kind im.ErrorKind) []byte {
	dst = append(dst, `{"success":false,"error":`...)
	dst = strconv.AppendInt(dst, int64(Code(kind)), 10)
	return append(dst, '}')
}
