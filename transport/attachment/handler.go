package attachment

import (
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/parley-im/parley/blob"
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/rest"
)

// Path is where files are uploaded; below it they are fetched.
const Path = "/attachment"

// Handler serves Path and what is below it. What asks for permission of a browser (OPTIONS) is the REST API's.
type Handler struct {
	opts Options
	// uploads has a place for each upload that is under way, refused for those that linger.
	uploads, refused chan struct{}
}

// maxRefused bounds how many uploads linger, as a multiple of how many come at a time. The others are closed at once.
const maxRefused = 4

// New returns a Handler.
func New(opts Options) *Handler {
	opts.EnsureDefaults()
	return &Handler{opts: opts, uploads: make(chan struct{}, opts.MaxUploads), refused: make(chan struct{}, maxRefused*opts.MaxUploads)}
}

// Serves reports whether a request is the Handler's.
func Serves(r *http.Request) bool {
	return r.Method != http.MethodOptions && (strings.TrimSuffix(r.URL.Path, "/") == Path || strings.HasPrefix(r.URL.Path, Path+"/"))
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := h.serve(w, r)
	if err == nil {
		return
	}
	w.Header().Set("Connection", "close") // what is still to come of a body is no request
	rest.Fail(w, r, err, h.opts.Logger)
	if r.Method == http.MethodPost && im.KindOf(err) != im.BrokenOff {
		h.linger(http.NewResponseController(w), r.Body)
	}
}

// linger takes what is still to come of an upload that was refused, and forgets it: who goes on writing when the connection is closed is reset, and
// may never read why (RFC 9112, section 9.6).
func (h *Handler) linger(control *http.ResponseController, body io.Reader) {
	select {
	case h.refused <- struct{}{}:
		defer func() { <-h.refused }()
	default:
		return
	}
	if control.Flush() == nil && control.SetReadDeadline(time.Now().Add(h.opts.Window)) == nil {
		_, _ = io.Copy(io.Discard, body) // until it has come, the client has left, or the time is over
	}
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request) error {
	below := strings.Trim(strings.TrimPrefix(r.URL.Path, Path), "/")
	switch {
	case below == "" && r.Method == http.MethodPost:
		size, err := h.upload(w, r)
		err = orLeft(r, err)
		h.opts.OnUpload(err, size)
		return err
	case below == "":
		return rest.RefuseMethod(w.Header(), "OPTIONS, POST")
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return rest.RefuseMethod(w.Header(), "GET, HEAD, OPTIONS")
	}
	name, ok := blob.ParseName(below)
	if !ok {
		return im.E("attachment.get", im.NotFound, "no such file")
	}
	err := orLeft(r, h.download(w, r, name))
	h.opts.OnDownload(err)
	return err
}

// orLeft is err, unless the client has left, which is nobody's fault here.
func orLeft(r *http.Request, err error) error {
	if err == nil || r.Context().Err() == nil {
		return err
	}
	return &im.Error{Op: "attachment.serve", Kind: im.BrokenOff, Text: "the client has left", Err: err}
}
