package attachment

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/parley-im/parley/blob"
	"github.com/parley-im/parley/im"
)

// fixed is what every answer with a file says: anybody may have it and keep it, since it never changes, and nobody is to guess what
// it is or to run anything in it.
var fixed = map[string]string{
	"Access-Control-Allow-Origin":   "*",
	"Access-Control-Expose-Headers": "Content-Range, ETag",
	"Cache-Control":                 "public, max-age=604800, immutable",
	"Content-Security-Policy":       "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox",
	"Cross-Origin-Resource-Policy":  "cross-origin",
	"X-Content-Type-Options":        "nosniff",
}

// download answers with a file, or the part of it that is asked for (RFC 9110, section 14).
func (h *Handler) download(w http.ResponseWriter, r *http.Request, name blob.Name) error {
	ctx, cancel := context.WithTimeout(r.Context(), h.opts.DownloadTimeout)
	defer cancel()
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(h.opts.DownloadTimeout)) // or else the server's holds
	f, err := h.opts.Store.Open(ctx, name)
	switch {
	case errors.Is(err, blob.ErrNotFound):
		return im.E("attachment.get", im.NotFound, "no such file")
	case errors.Is(err, blob.ErrUnavailable):
		return &im.Error{Op: "attachment.get", Kind: im.Unavailable, Err: err}
	case err != nil:
		return &im.Error{Op: "attachment.get", Kind: im.NotStored, Text: "file cannot be read", Err: err}
	}
	defer f.Close() //nolint:errcheck // it was only read
	header := w.Header()
	for key, value := range fixed {
		header.Set(key, value)
	}
	kind := kindOf(name.Ext())
	header.Set("Content-Type", kind.mime)
	if !kind.shown {
		header.Set("Content-Disposition", `attachment; filename="`+fileName(name)+`"`)
	}
	header.Set("ETag", `"`+string(name)+`"`)
	http.ServeContent(w, r, "", f.Info().Stored, f)
	return nil
}

// fileName is what a browser saves a file as.
func fileName(n blob.Name) string { return string(n[len(n)-len("00000000.")-len(n.Ext()):]) }
