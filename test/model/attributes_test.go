package model

import (
	"fmt"
	"maps"
	"strings"
)

// attributes are what a user, a passenger, a group or a room has of them: JSON values by name. They are replaced, never
// changed; nil is none.
type attributes map[string]any

// The bounds of docs/protocol.md 13 that are met here.
const (
	maxAttributes = 256
	maxName       = 128 // bytes
)

// merged returns a with set over it, and the code of the refusal. A value that is nil takes the attribute away.
func (a attributes) merged(set attributes) (attributes, int) {
	next := maps.Clone(a)
	if next == nil {
		next = attributes{}
	}
	maps.Copy(next, set)
	maps.DeleteFunc(next, func(_ string, v any) bool { return v == nil })
	for name := range next {
		switch {
		case name == "":
			return a, invalid
		case len(name) > maxName:
			return a, tooLong
		}
	}
	if len(next) > maxAttributes {
		return a, tooLong
	}
	return next, 0
}

// replaced returns set in the place of a.
func (a attributes) replaced(set attributes) (attributes, int) {
	next, code := attributes(nil).merged(set)
	if code != 0 {
		return a, code
	}
	return next, 0
}

// shown returns a as JSON decodes it.
func (a attributes) shown() map[string]any {
	if a == nil {
		return map[string]any{}
	}
	return a
}

// attributeNames are few, so that changes meet; name is that of a group or room.
var attributeNames = []string{"mood", "level", "name", "tags", "ü.x", "a b"}

// someAttributes draws some, seldom such as may not be.
func (w *world) someAttributes() attributes {
	set := attributes{}
	for _, name := range some(w, attributeNames, w.rng.IntN(4)) {
		set[name] = w.value()
	}
	if !w.chance(5) {
		return set
	}
	switch w.rng.IntN(3) {
	case 0:
		set[""] = "nameless"
	case 1:
		set[strings.Repeat("é", maxName/2)+"!"] = "a long name"
	default:
		for i := range maxAttributes + 1 {
			set[fmt.Sprintf("x%d", i)] = float64(i)
		}
		maps.DeleteFunc(set, func(name string, v any) bool { return v == nil || !strings.HasPrefix(name, "x") })
	}
	return set
}

// value draws a JSON value as it is decoded, nil for null.
func (w *world) value() any {
	switch w.rng.IntN(8) {
	case 0:
		return nil
	case 1:
		return float64(w.next())
	case 2:
		return -0.25
	case 3:
		return w.chance(50)
	case 4:
		return []any{"a", nil, 1.0, []any{}}
	case 5:
		return map[string]any{"deep": map[string]any{"of": float64(w.next())}}
	}
	return fmt.Sprintf("é \"%d\" 😀", w.next())
}
