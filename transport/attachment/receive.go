package attachment

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/parley-im/parley/im"
)

const (
	// maxParts bounds the parts of a form.
	maxParts = 64
	// maxPartHeader bounds the header of each, in bytes, with what is read ahead of it.
	maxPartHeader = 16 << 10
	// maxBoundary bounds the line that parts parts (RFC 2046, section 5.1.1), with two hyphens.
	maxBoundary = 72
)

var (
	errNoForm   = im.E("attachment.upload", im.Invalid, "want a form (multipart/form-data) with a file")
	errNoFile   = im.E("attachment.upload", im.Invalid, "no file in the form")
	errEmpty    = im.E("attachment.upload", im.Invalid, "the file is empty")
	errTooLarge = im.E("attachment.upload", im.TooLarge, "")
)

// receive writes the first file of a form to dst, and returns what it is called. All of the form must come, and be well formed. It
// never holds more of it than a few kilobytes.
func receive(header http.Header, body io.Reader, dst io.Writer, maxBytes int64) (fileName string, err error) {
	metered := &metered{r: body, total: maxBytes + maxEnvelope}
	parts, err := form(header, metered)
	if err != nil {
		return "", err
	}
	found := false
	for range maxParts {
		metered.header = maxPartHeader
		part, err := parts.NextPart()
		metered.header = 0
		switch {
		case errors.Is(err, io.EOF) && found:
			_, err = io.Copy(io.Discard, metered) // what comes behind a form means nothing (RFC 2046, section 5.1.1)
			return fileName, err
		case errors.Is(err, io.EOF):
			return "", errNoFile
		case err != nil:
			return "", broken(err)
		}
		if found || part.FileName() == "" {
			_, err = io.Copy(io.Discard, part)
		} else {
			found, fileName = true, part.FileName()
			err = keep(dst, part, maxBytes)
		}
		if err != nil {
			return "", broken(err)
		}
	}
	return "", im.E("attachment.upload", im.Invalid, "too many parts in the form")
}

// form returns the parts of a body. Where its type is another one, its first line may say that it is a form all the same: an old
// client can send nothing but text (docs/protocol.md, section 6.8).
func form(header http.Header, body io.Reader) (*multipart.Reader, error) {
	media, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err == nil && strings.HasPrefix(media, "multipart/") {
		if params["boundary"] == "" {
			return nil, errNoForm
		}
		return multipart.NewReader(body, params["boundary"]), nil
	}
	ahead := bufio.NewReader(body)
	line, _ := ahead.Peek(maxBoundary + 2)
	line, _, found := bytes.Cut(line, []byte("\r\n"))
	if boundary, isForm := strings.CutPrefix(string(line), "--"); found && isForm && boundary != "" {
		return multipart.NewReader(ahead, boundary), nil
	}
	return nil, errNoForm
}

// keep writes a file to dst. Only what dst says is the server's fault.
func keep(dst io.Writer, file io.Reader, maxBytes int64) error {
	disk := &writer{w: dst}
	n, err := io.Copy(disk, io.LimitReader(file, maxBytes+1))
	switch {
	case disk.err != nil:
		return notStored(disk.err)
	case err != nil:
		return err
	case n > maxBytes:
		return errTooLarge
	case n == 0:
		return errEmpty
	}
	return nil
}

// writer remembers why it failed.
type writer struct {
	w   io.Writer
	err error
}

// Write implements io.Writer.
func (w *writer) Write(p []byte) (n int, err error) {
	n, err = w.w.Write(p)
	w.err = err
	return n, err
}

// broken is the error for a form that does not come to its end, or is none.
func broken(err error) error {
	var known *im.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &im.Error{Op: "attachment.upload", Kind: im.Invalid, Text: "the form breaks off", Err: err}
	}
	return &im.Error{Op: "attachment.upload", Kind: im.Invalid, Text: "malformed form", Err: err}
}

// metered bounds what is read: in all, and for the header of a part, which the parser of forms would keep megabytes of.
type metered struct {
	r io.Reader
	// total and header are how much may be read yet; header counts only where it is above 0.
	total  int64
	header int
}

// Read implements io.Reader.
func (m *metered) Read(p []byte) (int, error) {
	if m.total <= 0 {
		return 0, errTooLarge
	}
	n, err := m.r.Read(p[:min(int64(len(p)), m.total)])
	m.total -= int64(n)
	if m.header > 0 {
		if m.header -= n; m.header <= 0 {
			return n, im.E("attachment.upload", im.Invalid, "the header of a part is too long")
		}
	}
	return n, err
}
