package wire

import "github.com/parley-im/parley/im"

// Auth is what a client says about itself at login ("The MaxIM wire protocol", section 4). Absent fields, and fields
// of the wrong type, are empty.
type Auth struct {
	App  im.AppID
	Sign string
	// Client is the user id of mode 1. It is not checked for its charset.
	Client im.UserID
	// Username and Password belong to mode 2.
	Username string
	// Phone and Password (the code from the SMS) belong to mode 3.
	Phone    string
	Password string
	// OAuth is the object of mode 4, as it came.
	OAuth []byte
	// Passenger is the object of mode 5, as it came; `{}` is a passenger without attributes.
	Passenger []byte
	// Install is the installation id; "" = none. It is not checked for its charset.
	Install im.InstallID
	// NotifyAll asks that non-friends hear the presence of the user, too.
	NotifyAll bool
}

// Mode is a way to log in.
type Mode uint8

const (
	// ModeNone means that the client gave no identity: 5001.
	ModeNone Mode = iota
	// ModeClient is a user id, vouched for by the signature alone.
	ModeClient
	// ModeUsername is an account's name and password.
	ModeUsername
	// ModePhone is a phone number and a code sent to it.
	ModePhone
	// ModeOAuth is an identity at a third party.
	ModeOAuth
	// ModePassenger is an anonymous visitor.
	ModePassenger
)

// Mode returns which of the identities counts when a client gives several (section 4).
func (a Auth) Mode() Mode {
	switch {
	case a.Passenger != nil:
		return ModePassenger
	case a.Client != "":
		return ModeClient
	case a.Username != "":
		return ModeUsername
	case a.Phone != "":
		return ModePhone
	case a.OAuth != nil:
		return ModeOAuth
	}
	return ModeNone
}

// maxAuthLen bounds the login JSON, in bytes. A passenger's attributes are its only free part.
const maxAuthLen = 64 << 10

type authJSON struct {
	installJSON
	App       raw `json:"app"`
	Sign      raw `json:"sign"`
	Client    raw `json:"client"`
	Username  raw `json:"username"`
	Phone     raw `json:"phone"`
	Password  raw `json:"password"`
	OAuth     raw `json:"oauth"`
	Passenger raw `json:"passenger"`
	NotifyAll raw `json:"notifyAll"`
	Auth      raw `json:"auth"`
}

// ParseAuth reads the login JSON of a handshake: the decoded value of its query parameter `auth`. The error is of
// kind Invalid when it is missing, cut off, or not a JSON object.
func ParseAuth(query string) (Auth, error) {
	fields, err := parseAuthObject([]byte(query))
	if err != nil {
		return Auth{}, err
	}
	return fields.auth(), nil
}

// ParseConnectAuth reads the login from the body of an EIO 4 CONNECT packet: an object with the fields of the login
// JSON, or with one field `auth` that holds that JSON as text or as an object (section 3.7). Errors as ParseAuth.
func ParseConnectAuth(body []byte) (Auth, error) {
	fields, err := parseAuthObject(body)
	if err != nil {
		return Auth{}, err
	}
	if inner, ok := Text(fields.Auth); ok {
		return ParseAuth(inner)
	}
	if inner := object(fields.Auth); inner != nil {
		return ParseAuth(string(inner))
	}
	return fields.auth(), nil
}

var errAuth = im.E("wire.auth", im.Invalid, "auth is missing or not a JSON object")

func parseAuthObject(data []byte) (*authJSON, error) {
	if len(data) > maxAuthLen || !startsObject(data) {
		return nil, errAuth
	}
	var fields authJSON
	if err := Unmarshal(data, &fields); err != nil {
		return nil, errAuth
	}
	return &fields, nil
}

func (f *authJSON) auth() Auth {
	return Auth{
		App:       im.AppID(textOrEmpty(f.App)),
		Sign:      textOrEmpty(f.Sign),
		Client:    im.UserID(textOrEmpty(f.Client)),
		Username:  textOrEmpty(f.Username),
		Phone:     textOrEmpty(f.Phone),
		Password:  textOrEmpty(f.Password),
		OAuth:     object(f.OAuth),
		Passenger: object(f.Passenger),
		Install:   f.install(),
		NotifyAll: string(f.NotifyAll) == "true",
	}
}
