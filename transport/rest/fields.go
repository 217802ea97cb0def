package rest

import (
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
	"github.com/parley-im/parley/transport/wire"
)

// fields are what a body may say of a group or a room. nil is absent or null, which mean the same.
type fields struct {
	Name    any `json:"name"`
	Owner   any `json:"owner"`
	Members any `json:"members"`
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
	w.ReplaceMembers = f.Members != nil
	w.Members, err = f.members()
	return w, err
}

// nameAttribute is what the wire's name is stored as (section 6.3).
const nameAttribute = "name"

// attributes returns what the name sets.
func (f fields) attributes() ([]dispatch.Attribute, error) {
	if f.Name == nil {
		return nil, nil
	}
	name, ok := f.Name.(string)
	if !ok {
		return nil, im.E("rest.name", im.Invalid, "name is not a string")
	}
	return []dispatch.Attribute{{Name: nameAttribute, Value: wire.AppendString(nil, name)}}, nil
}

// owner returns the owner, "" for none. What a body says of a room's owner counts as any unknown field.
func (f fields) owner(kind im.Kind) (im.UserID, error) {
	if kind == im.KindRoom || f.Owner == nil {
		return "", nil
	}
	return userID(f.Owner)
}

// members returns the ids in members in their order, each once.
func (f fields) members() ([]im.UserID, error) {
	list, ok := f.Members.([]any)
	if !ok && f.Members != nil {
		return nil, im.E("rest.members", im.Invalid, "members is not an array")
	}
	leaves := flatten(nil, list)
	ids, seen := make([]im.UserID, 0, len(leaves)), make(map[im.UserID]bool, len(leaves))
	for _, v := range leaves {
		u, err := userID(v)
		if err != nil {
			return nil, err
		}
		if !seen[u] {
			seen[u] = true
			ids = append(ids, u)
		}
	}
	return ids, nil
}

// flatten appends what is in list, and in the arrays in it, to dst, but for what is empty: SDK v4 sends such lists.
// NB: it calls itself at most wire.MaxNesting deep.
func flatten(dst, list []any) []any {
	for _, v := range list {
		switch inner, nested := v.([]any); {
		case nested:
			dst = flatten(dst, inner)
		case v != nil && v != "":
			dst = append(dst, v)
		}
	}
	return dst
}

func userID(v any) (im.UserID, error) {
	id, _ := v.(string)
	if u := im.UserID(id); u.Valid() {
		return u, nil
	}
	return "", im.E("rest.user", im.Invalid, "illegal user id")
}
