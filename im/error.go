package im

import (
	"errors"
	"strings"
)

// ErrorKind classifies an error for programs. Wire numbers are mapped from it in one table at the edge.
type ErrorKind uint8

const (
	// Internal is a failure of the server itself.
	Internal ErrorKind = iota
	// Invalid is malformed input.
	Invalid
	// NotPermitted is a wrong key, signature or a caller who may not do this.
	NotPermitted
	// NotFound is an object that does not exist.
	NotFound
	// Conflict is parameters that contradict each other.
	Conflict
	// TooLong is a parameter over its limit.
	TooLong
	// Unsupported is an operation that does not exist here.
	Unsupported
	// Overloaded means that the command was refused early; it had no effect.
	Overloaded
	// Unavailable means that no majority or no owner answered in time; the effect is unknown unless the text says more.
	Unavailable
	// Retry means that the command had no known effect and should be sent again, to the address's owner of that time.
	Retry
	// Full is a group or room that would have more members than it may.
	Full
	// TooLarge is a file over its limit.
	TooLarge
	// BrokenOff is a file that did not come to its end; nothing is left of it.
	BrokenOff
	// Unprocessed is a picture of which nothing could be made in time; nothing is left of it.
	Unprocessed
	// NotStored is a file that could not be kept; nothing is left of it.
	NotStored

	lastErrorKind = NotStored
)

var kindNames = [...]string{
	"internal error", "illegal parameter", "not permitted", "no such object", "conflicting parameters",
	"parameter too long", "operation not supported", "overloaded", "unavailable", "retry", "member limit reached",
	"file too large", "upload failed", "image cannot be processed", "file cannot be stored",
}

// Known reports whether k is one of the kinds above.
func (k ErrorKind) Known() bool { return k <= lastErrorKind }

// String returns a short text that may be shown to users.
func (k ErrorKind) String() string {
	if k.Known() {
		return kindNames[k]
	}
	return kindNames[Internal]
}

// Error is the one error type of the tree: Kind for programs, the chain for operators, Text for users.
type Error struct {
	// Op is what was being done, as "package.verb". May be empty.
	Op   string
	Kind ErrorKind
	// Text may be shown to users; empty = Kind's text.
	Text string
	// Err is the cause, for operators only. May be nil.
	Err error
}

// E builds an Error.
func E(op string, kind ErrorKind, text string) *Error { return &Error{Op: op, Kind: kind, Text: text} }

// Error returns the whole chain, for operators.
func (e *Error) Error() string {
	parts := make([]string, 0, 3)
	if e.Op != "" {
		parts = append(parts, e.Op)
	}
	parts = append(parts, e.UserText())
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	return strings.Join(parts, ": ")
}

// UserText returns the text that may leave the server.
func (e *Error) UserText() string {
	if e.Text != "" {
		return e.Text
	}
	return e.Kind.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the first Error in err's chain, Internal when there is none.
func KindOf(err error) ErrorKind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}
