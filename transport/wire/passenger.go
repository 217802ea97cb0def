package wire

import (
	"bytes"
	"encoding/json"

	"github.com/parley-im/parley/im"
)

// Member is one name and value of a JSON object.
type Member struct {
	Name string
	// Value is the value as it came; it may be null.
	Value json.RawMessage
}

// maxMembers bounds what ParseObject reads: no object that is kept has more.
const maxMembers = im.MaxAttributes + 1

var errMembers = im.E("wire.object", im.TooLong, "too many attributes")

// ParseObject reads the members of a JSON object in their order. Of a name that is given twice the last value counts, in
// the place of the first. The error is of kind Invalid for anything but one object, and TooLong for one with more names
// than attributes and an id may have.
func ParseObject(text []byte) ([]Member, error) {
	if !startsObject(text) || !Valid(text) {
		return nil, errMalformed
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.Token() //nolint:errcheck // the text is valid and an object: this is its brace
	var list []Member
	place := map[string]int{}
	for d.More() {
		m := nextMember(d)
		i, twice := place[m.Name]
		switch {
		case twice:
			list[i] = m
		case len(list) == maxMembers:
			return nil, errMembers
		default:
			place[m.Name] = len(list)
			list = append(list, m)
		}
	}
	return list, nil
}

// nextMember reads a name and its value from inside a valid object.
func nextMember(d *json.Decoder) (m Member) {
	name, _ := d.Token()
	m.Name, _ = name.(string)
	d.Decode(&m.Value) //nolint:errcheck // what is valid can be read
	return m
}

// Passenger is what a passenger says of itself: at login in mode 5 (section 4), or when it is created (section 6.4).
type Passenger struct {
	// ID is well-formed; "" = it is to be drawn.
	ID im.PassengerID
	// Attributes are what else was given.
	Attributes []Member
}

var errPassenger = im.E("wire.passenger", im.Invalid, "malformed passenger id")

// ParsePassenger reads the object of a passenger. An id that is null or "" is absent. The error is of kind Invalid for
// anything but an object, or when the id is malformed, else as ParseObject's.
func ParsePassenger(object []byte) (p Passenger, err error) {
	members, err := ParseObject(object)
	if err != nil {
		return Passenger{}, err
	}
	for _, m := range members {
		if m.Name != "id" {
			p.Attributes = append(p.Attributes, m)
			continue
		}
		id, ok := optionalText(m.Value)
		p.ID = im.PassengerID(id)
		if !ok || id != "" && !p.ID.Valid() {
			return Passenger{}, errPassenger
		}
	}
	return p, nil
}
