// Package wire is the JSON that clients see: it reads what they send (login, logout, say) and writes what they get
// (messages, presence, answers, history records, errors).
//
// Everything here is pure: bytes in, values out, or values in, bytes appended. Readers accept hostile input of any
// size and shape and answer with an *im.Error; nesting is bounded (MaxNesting) before a parser sees the text, so that
// no input can exhaust a stack. Writers append compact JSON to the slice they are given and return it, like append.
// All functions are safe for concurrent use.
//
// The numbers of errors on the wire are mapped from im.ErrorKind in one table (Code, HTTPStatus).
//
// Raw JSON (a message body, push settings) is carried as the bytes that came: checked to be valid JSON, never
// re-encoded. A raw slice returned by a reader may share memory with that reader's input.
package wire
