package store

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/parley-im/parley/im"
)

// public is the public record of an address (im.Record) as a search reads it. All of it aliases the value or the command
// that it was read from.
type public struct {
	ts     im.Millis
	fields []field // sorted by name, each name once
	body   []byte
}

type field struct {
	kind       im.FieldType
	name, text []byte
}

// appendPublic writes the value of a record.
func appendPublic(dst []byte, p *public) []byte {
	dst = binary.AppendUvarint(append(dst, recordVersion), uint64(p.ts))
	dst = binary.AppendUvarint(dst, uint64(len(p.fields)))
	for i := range p.fields {
		f := &p.fields[i]
		dst = appendField(dst, f.kind, f.name, f.text)
	}
	return append(dst, p.body...)
}

// appendRecord adds a record to a command.
func appendRecord(dst []byte, r *im.Record) []byte {
	dst = binary.AppendUvarint(dst, uint64(r.TS))
	dst = binary.AppendUvarint(dst, uint64(len(r.Fields)))
	for i := range r.Fields {
		f := &r.Fields[i]
		dst = appendField(dst, f.Type, f.Name, f.Text)
	}
	return appendBytes(dst, r.Body)
}

func appendField[T ~string | ~[]byte](dst []byte, kind im.FieldType, name, text T) []byte {
	return appendBytes(appendBytes(append(dst, byte(kind)), name), text)
}

// decodePublic reads the value of a record into p, whose fields it uses again.
func decodePublic(v []byte, p *public) error {
	r := reader{b: v}
	r.version()
	p.ts = r.millis()
	p.fields = r.fields(p.fields[:0])
	if !r.ok() || len(r.b) > im.MaxRecordBody {
		return errCorrupt
	}
	p.body = r.b
	return nil
}

// record reads a record out of a command into p.
func (r *reader) record(p *public) {
	p.ts = r.millis()
	p.fields = r.fields(p.fields[:0])
	p.body = r.bytes(im.MaxRecordBody)
	for i := range p.fields {
		if f := &p.fields[i]; !validText(f.kind, f.text) {
			r.bad = true
		}
	}
}

// fields reads the fields of a record. It does not look at their texts: what is on disk came by record.
func (r *reader) fields(dst []field) []field {
	n := r.uvarint()
	if n > im.MaxAttributes {
		r.bad = true
		return dst
	}
	left := im.MaxAttributesBytes
	var last []byte
	for range n {
		f := field{kind: im.FieldType(r.byte()), name: r.bytes(im.MaxAttributeName), text: r.bytes(im.MaxAttributesBytes)}
		left -= len(f.name) + len(f.text)
		if r.bad || left < 0 || f.kind < im.NumberField || f.kind > im.BoolField ||
			bytes.IndexByte(f.name, 0) >= 0 || bytes.Compare(f.name, last) <= 0 {
			r.bad = true
			return dst
		}
		dst, last = append(dst, f), f.name
	}
	return dst
}

// validText reports whether text can be the text of a field of this type.
func validText[T ~string | ~[]byte](kind im.FieldType, text T) bool {
	switch kind {
	case im.NumberField:
		return len(text) > 0 && (text[0] == '-' || isDigit(text[0])) && isDigit(text[len(text)-1]) && json.Valid([]byte(text))
	case im.StringField:
		return true
	case im.BoolField:
		return string(text) == "true" || string(text) == "false"
	}
	return false
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// checkRecord reports what makes r impossible to store.
func checkRecord(op string, r *im.Record) error {
	switch {
	case r.Gone && (r.TS != 0 || len(r.Fields) > 0 || len(r.Body) > 0):
		return im.E(op, im.Invalid, "a record that is gone holds nothing")
	case r.TS < 0:
		return im.E(op, im.Invalid, "a record has a stamp before 1970")
	case len(r.Fields) > im.MaxAttributes:
		return im.E(op, im.TooLong, fmt.Sprintf("a record takes at most %d fields", im.MaxAttributes))
	case len(r.Body) > im.MaxRecordBody:
		return im.E(op, im.TooLong, fmt.Sprintf("the body of a record takes at most %d bytes", im.MaxRecordBody))
	}
	size, last := 0, ""
	for i := range r.Fields {
		f := &r.Fields[i]
		if err := checkField(op, f, last); err != nil {
			return err
		}
		size, last = size+len(f.Name)+len(f.Text), f.Name
	}
	if size > im.MaxAttributesBytes {
		return im.E(op, im.TooLong, fmt.Sprintf("the fields of a record take at most %d bytes", im.MaxAttributesBytes))
	}
	return nil
}

func checkField(op string, f *im.Field, last string) error {
	switch {
	case len(f.Name) > im.MaxAttributeName:
		return im.E(op, im.TooLong, fmt.Sprintf("the name of a field takes at most %d bytes", im.MaxAttributeName))
	case !validName(f.Name):
		return im.E(op, im.Invalid, "the name of a field is empty or holds a NUL")
	case f.Name <= last:
		return im.E(op, im.Invalid, "fields are not sorted by name, or one is there twice")
	case !validText(f.Type, f.Text):
		return im.E(op, im.Invalid, fmt.Sprintf("field %q is not of its type", f.Name))
	}
	return nil
}

// recordSize estimates the encoded size of a record from above, in bytes.
func recordSize(r *im.Record) int {
	n := len(r.Body) + 24
	for i := range r.Fields {
		n += len(r.Fields[i].Name) + len(r.Fields[i].Text) + 8
	}
	return n
}
