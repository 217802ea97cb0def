package blob

import (
	"context"
	"errors"
	"io"
	"time"
)

// Store keeps files. All methods are safe for concurrent use.
type Store interface {
	// Put makes what is in d a file with that name, stored at that time (whole seconds count). When it returns nil, all of the file
	// survives a loss of power, and Open finds it; until then nobody finds any of it. d is of no use afterwards. A name that
	// there is already gets the new content: whoever puts twice under one name puts the same.
	Put(ctx context.Context, d *Draft, name Name, stored time.Time) error
	// Open returns a file, which the caller closes. ErrNotFound: there is none of that name.
	Open(ctx context.Context, name Name) (File, error)
	// Sweep removes files that were stored before that time, and may leave those of the day before it. Whether who has such a
	// file open can read it to its end is the store's business.
	Sweep(ctx context.Context, before time.Time) (Swept, error)
}

// File is the content of a file. Not safe for concurrent use.
type File interface {
	io.ReadSeekCloser
	Info() Info
}

// Info is what a store knows of a file.
type Info struct {
	Name Name
	// Size is in bytes.
	Size int64
	// Stored is when it was stored, in whole seconds.
	Stored time.Time
}

// Swept is what Sweep removed.
type Swept struct {
	Files int
	Bytes int64
}

var (
	// ErrNotFound is returned for a file that a store does not have.
	ErrNotFound = errors.New("blob: no such file")
	// ErrUnavailable is returned when those who are to keep a file, or may have it, cannot be asked.
	ErrUnavailable = errors.New("blob: unavailable")
)
