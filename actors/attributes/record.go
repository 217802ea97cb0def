package attributes

import (
	"bytes"
	"encoding/json"

	"github.com/parley-im/parley/im"
)

// Fields returns the scalar attributes as searches filter and sort by them, sorted by name.
func (s Set) Fields() []im.Field {
	fields := make([]im.Field, 0, len(s))
	for _, a := range s {
		if f, ok := field(a.Name, bytes.Trim(a.Value, " \t\r\n")); ok {
			fields = append(fields, f)
		}
	}
	return fields
}

// field returns the field for a value; ok = false for an array or an object.
func field(name string, value []byte) (f im.Field, ok bool) {
	f = im.Field{Name: name, Text: string(value)}
	switch c := value[0]; {
	case c == '"':
		f.Type = im.StringField
		return f, json.Unmarshal(value, &f.Text) == nil
	case c == 't' || c == 'f':
		f.Type = im.BoolField
		return f, true
	case c == '-' || '0' <= c && c <= '9':
		f.Type = im.NumberField
		return f, true
	}
	return im.Field{}, false
}

// Body returns the set as one JSON object, its names in order; `{}` when it is empty.
func (s Set) Body() []byte {
	b := []byte{'{'}
	for i, a := range s {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendQuoted(b, a.Name), ':')
		b = append(b, a.Value...)
	}
	return append(b, '}')
}

// appendQuoted appends s as a JSON string.
func appendQuoted(dst []byte, s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err) // a string can always be encoded
	}
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte{'\n'})...)
}
