package rest

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
	"github.com/parley-im/parley/transport/wire"
)

// fields are what a body may say of a group or a room, as it came. Absent and null mean the same.
type fields struct {
	Name    json.RawMessage `json:"name"`
	Owner   json.RawMessage `json:"owner"`
	Members json.RawMessage `json:"members"`
	// Attributes are an extension (section 13).
	Attributes json.RawMessage `json:"attributes"`
}

func (c call) fields() (f fields, err error) {
	body, err := c.object()
	if err != nil {
		return f, err
	}
	return f, wire.Unmarshal(body, &f)
}

// object returns the body, which must be a JSON object or nothing, which stands for an empty one (section 6.1). Only its
// first byte was looked at.
func (c call) object() ([]byte, error) {
	body := bytes.Trim(c.body, " \t\r\n")
	switch {
	case len(body) == 0:
		return []byte("{}"), nil
	case body[0] != '{':
		return nil, im.E("rest.body", im.Invalid, "request body is no JSON object")
	}
	return body, nil
}

// wanted returns what the body asks a group or a room to be, as a change of one that may not be yet.
func (c call) wanted() (w dispatch.Change, err error) {
	f, err := c.fields()
	if err != nil {
		return w, err
	}
	if w.Owner, err = f.owner(c.kind); err != nil {
		return w, err
	}
	if w.Attributes, err = f.attributes(); err != nil {
		return w, err
	}
	w.ReplaceMembers = !wire.IsNull(f.Members)
	w.Members, err = f.members()
	return w, err
}

// nameAttribute is what the wire's name is stored as (section 6.3).
const nameAttribute = "name"

// attributes returns what the attributes set, and the name, which counts more.
func (f fields) attributes() ([]dispatch.Attribute, error) {
	var set []dispatch.Attribute
	if !wire.IsNull(f.Attributes) {
		var err error
		if set, err = readAttributes(f.Attributes); err != nil {
			return nil, err
		}
	}
	if wire.IsNull(f.Name) {
		return set, nil
	}
	name, ok := wire.Text(f.Name)
	if !ok {
		return nil, im.E("rest.name", im.Invalid, "name is not a string")
	}
	named := dispatch.Attribute{Name: nameAttribute, Value: wire.AppendString(nil, name)}
	return append(slices.DeleteFunc(set, func(a dispatch.Attribute) bool { return a.Name == nameAttribute }), named), nil
}

// owner returns the owner, "" for none. What a body says of a room's owner counts as any unknown field.
func (f fields) owner(kind im.Kind) (im.UserID, error) {
	if kind == im.KindRoom || wire.IsNull(f.Owner) {
		return "", nil
	}
	owner, _ := wire.Text(f.Owner)
	return userID(owner)
}

// members returns the ids in members in their order, each once. Nested arrays and empty strings are what SDK v4 sends.
func (f fields) members() ([]im.UserID, error) {
	if wire.IsNull(f.Members) {
		return nil, nil
	}
	list, ok := wire.Strings(f.Members)
	if !ok {
		return nil, im.E("rest.members", im.Invalid, "members is not an array of ids")
	}
	ids, seen := make([]im.UserID, 0, len(list)), make(map[im.UserID]bool, len(list))
	for _, id := range list {
		if id == "" || seen[im.UserID(id)] {
			continue
		}
		u, err := userID(id)
		if err != nil {
			return nil, err
		}
		seen[u] = true
		ids = append(ids, u)
	}
	return ids, nil
}

func userID(id string) (im.UserID, error) {
	if u := im.UserID(id); u.Valid() {
		return u, nil
	}
	return "", im.E("rest.user", im.Invalid, "illegal user id")
}
