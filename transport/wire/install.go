package wire

import "github.com/parley-im/parley/im"

// installJSON is where an object names an installation. Four names are accepted, since only one client's choice is
// public (section 4).
type installJSON struct {
	Install        raw `json:"install"`
	Installation   raw `json:"installation"`
	InstallID      raw `json:"installId"`
	InstallationID raw `json:"installationId"`
}

// install returns the first that is given; "" = none.
func (f *installJSON) install() im.InstallID {
	for _, v := range []raw{f.Install, f.Installation, f.InstallID, f.InstallationID} {
		if s := textOrEmpty(v); s != "" {
			return im.InstallID(s)
		}
	}
	return ""
}

// errLogout answers a `logout` that does not say what it is about.
var errLogout = im.E("wire.logout", im.Invalid, "not a logout")

// ParseLogout reads the argument of a `logout` event (section 4): an object that may name the installation, null, a JSON
// string that holds the text of either, or nothing. "" = no installation is named. The error is of kind Invalid when it
// is anything else, or when the id is malformed.
func ParseLogout(arg []byte) (im.InstallID, error) {
	if len(arg) == 0 {
		return "", nil
	}
	if inner, ok := Text(trimmed(arg)); ok {
		arg = []byte(inner)
	}
	var fields installJSON
	if Unmarshal(arg, &fields) != nil {
		return "", errLogout
	}
	if id := fields.install(); id == "" || id.Valid() {
		return id, nil
	}
	return "", errLogout
}
