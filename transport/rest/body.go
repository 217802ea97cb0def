package rest

import (
	"errors"
	"io"
	"net/http"

	"github.com/parley-im/parley/im"
)

// maxBodyBytes bounds a request's body.
const maxBodyBytes = 1 << 20

// readBody reads the whole body, also of a request that needs none: SDKs send {} or nothing, of any content type.
// One that is announced to be too long is not waited for.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > maxBodyBytes {
		return nil, errBodyTooLong
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	var tooLong *http.MaxBytesError
	switch {
	case err == nil:
		return body, nil
	case errors.As(err, &tooLong):
		return nil, errBodyTooLong
	}
	return nil, &im.Error{Op: "rest.body", Kind: im.Invalid, Text: "request body broken off", Err: err}
}

var errBodyTooLong = im.E("rest.body", im.TooLong, "request body too long")
