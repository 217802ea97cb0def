package wire

import "github.com/parley-im/parley/im"

// Target types of a message, `to.type` and `from.type` ("The MaxIM wire protocol", section 1).
const (
	ToFriend    = 0
	ToGroup     = 1
	ToRoom      = 2
	ToPassenger = 3
	ToStranger  = 4
)

// Say is one message as a client sends it (section 5.1). The client's own `ts` is not read.
type Say struct {
	// ToID is a well-formed id.
	ToID string
	// ToType is ToFriend..ToStranger.
	ToType int
	Media  int32
	// Body is valid JSON, as it came, never null.
	Body []byte
	// Remark is free text; "" = none.
	Remark string
	// Ack is the number that asks for an `ack` event, as it came; nil = not asked. 0 asks, too.
	Ack []byte
	// Push is the object of push settings as it came; nil = none. It is never delivered to receivers.
	Push []byte
	// ID is the id that the client drew for the message; "" = none.
	ID string
}

type sayJSON struct {
	To struct {
		ID   string `json:"id"`
		Type int    `json:"type"`
	} `json:"to"`
	Content struct {
		Media int32 `json:"media"`
		Body  raw   `json:"body"`
	} `json:"content"`
	Remark raw `json:"remark"`
	Ack    raw `json:"ack"`
	Push   raw `json:"push"`
	ID     raw `json:"id"`
}

// ParseSay reads the argument of a `say` event: a JSON object, or a JSON string that holds the text of one. arg is as
// ParseEvent returned it, which has looked at all of it: that it is JSON is not checked again. The error is of kind Invalid
// when target or body are missing or malformed, the type is unknown, or a given `id` is not 1-64 characters of
// [A-Za-z0-9_-].
func ParseSay(arg []byte) (Say, error) {
	var fields sayJSON
	if err := fields.read(arg); err != nil {
		return Say{}, err
	}
	return fields.say()
}

func (f *sayJSON) read(arg raw) error {
	if object(arg) != nil {
		return readValid(arg, f)
	}
	return f.readText(arg)
}

// readText reads what a string holds, at which nobody has looked.
func (f *sayJSON) readText(arg raw) error {
	text, _ := Text(arg)
	inner := []byte(text)
	if !startsObject(inner) {
		return errSay
	}
	return Unmarshal(inner, f)
}

var errSay = im.E("wire.say", im.Invalid, "not a message")

func (f *sayJSON) say() (Say, error) {
	s := Say{
		ToID: f.To.ID, ToType: f.To.Type,
		Media: f.Content.Media, Body: f.Content.Body,
		Ack: number(f.Ack), Push: object(f.Push),
	}
	var okRemark, okID bool
	s.Remark, okRemark = optionalText(f.Remark)
	s.ID, okID = optionalText(f.ID)
	okID = okID && (IsNull(f.ID) || im.ValidMessageID(s.ID))
	if !okRemark || !okID || IsNull(s.Body) || !im.UserID(s.ToID).Valid() || s.ToType < ToFriend || s.ToType > ToStranger {
		return Say{}, errSay
	}
	return s, nil
}

// optionalText reads a field that may be absent or null, but is text when given.
func optionalText(v raw) (string, bool) {
	if IsNull(v) {
		return "", true
	}
	return Text(v)
}
