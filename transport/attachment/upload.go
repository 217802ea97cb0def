package attachment

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/parley-im/parley/blob"
	"github.com/parley-im/parley/blob/thumbnail"
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/rest"
	"github.com/parley-im/parley/transport/wire"
)

// maxEnvelope bounds what comes beside the file: its form's other fields, and what is between them.
const maxEnvelope = 64 << 10

// errFull is the answer while there is no room for one more.
var errFull = im.E("attachment.upload", im.Overloaded, "too many uploads, or too little room for files")

// upload takes a file of size bytes, and answers with the addresses of it and of its thumbnail.
func (h *Handler) upload(w http.ResponseWriter, r *http.Request) (size int64, err error) {
	if _, err := rest.Authenticate(r.Header, h.opts.Keys); err != nil {
		return 0, err
	}
	if r.ContentLength > h.opts.MaxBytes+maxEnvelope {
		return 0, errTooLarge
	}
	select {
	case h.uploads <- struct{}{}:
		defer func() { <-h.uploads }()
	default:
		return 0, errFull
	}
	if h.opts.IsFull() {
		return 0, errFull
	}
	names, size, err := h.take(w, r)
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTimeout)) // or else the server's holds
	if err != nil {
		return 0, err
	}
	return size, answer(w, h.base(r), names)
}

// take takes the file of size bytes to the disk, makes its thumbnail, and stores both.
func (h *Handler) take(w http.ResponseWriter, r *http.Request) (names []blob.Name, size int64, err error) {
	draft, err := h.opts.Spool.New()
	if err != nil {
		return nil, 0, notStored(err)
	}
	defer h.discard(draft)
	body := &paced{body: r.Body, control: http.NewResponseController(w), window: h.opts.Window, least: h.opts.MinBytes}
	fileName, err := receive(r.Header, body, &roomy{draft, h.opts.IsFull}, h.opts.MaxBytes)
	if err != nil {
		return nil, 0, err
	}
	body.end()
	small, err := h.shrink(r.Context(), draft)
	if err != nil {
		return nil, 0, err
	}
	names, err = h.store(r.Context(), draft, fileName, small)
	return names, draft.Size(), err
}

// shrink makes the thumbnail of a picture; nil = it is none.
func (h *Handler) shrink(ctx context.Context, draft *blob.Draft) (*thumbnail.Thumbnail, error) {
	ctx, cancel := context.WithTimeout(ctx, h.opts.ThumbnailTimeout)
	defer cancel()
	began := time.Now()
	small, err := h.opts.Thumbs.Make(ctx, draft.Content())
	if errors.Is(err, thumbnail.ErrNoImage) {
		return nil, nil //nolint:nilnil // as said
	}
	h.opts.OnThumbnail(time.Since(began))
	if err == nil {
		return &small, nil
	}
	return nil, &im.Error{Op: "attachment.upload", Kind: im.Unprocessed, Err: err}
}

// store keeps a file and its thumbnail. What was stored when the other cannot be has no address that anybody knows, and goes with its
// day.
func (h *Handler) store(ctx context.Context, draft *blob.Draft, fileName string, small *thumbnail.Thumbnail) ([]blob.Name, error) {
	now := h.opts.Now()
	names := []blob.Name{blob.NewName(extOf(fileName))}
	if small != nil {
		names = append(names, names[0].Thumbnail(small.Ext))
		if err := h.storeSmall(ctx, names[1], small, now); err != nil {
			return nil, notStored(err)
		}
	}
	if err := h.opts.Store.Put(ctx, draft, names[0], now); err != nil {
		return nil, notStored(err)
	}
	return names, nil
}

func (h *Handler) storeSmall(ctx context.Context, name blob.Name, small *thumbnail.Thumbnail, now time.Time) error {
	draft, err := h.opts.Spool.New()
	if err != nil {
		return err
	}
	defer h.discard(draft)
	if _, err := draft.Write(small.Content); err != nil {
		return err
	}
	return h.opts.Store.Put(ctx, draft, name, now)
}

func (h *Handler) discard(d *blob.Draft) {
	if err := d.Discard(); err != nil {
		h.opts.Logger.Warn("an upload was left in the spool", "err", err)
	}
}

// roomy writes as long as there is room: many uploads that began while there was some must not take the log's.
type roomy struct {
	io.Writer
	isFull func() bool
}

// Write implements io.Writer.
func (r *roomy) Write(p []byte) (int, error) {
	if r.isFull() {
		return 0, errFull
	}
	return r.Writer.Write(p)
}

// notStored is the error for a file that could not be kept, unless err says what it is.
func notStored(err error) error {
	if known := (*im.Error)(nil); errors.As(err, &known) {
		return known
	}
	if errors.Is(err, blob.ErrUnavailable) {
		return &im.Error{Op: "attachment.upload", Kind: im.Unavailable, Err: err}
	}
	return &im.Error{Op: "attachment.upload", Kind: im.NotStored, Err: err}
}

// base returns what addresses begin with.
func (h *Handler) base(r *http.Request) string {
	if h.opts.PublicURL != "" {
		return h.opts.PublicURL
	}
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func answer(w http.ResponseWriter, base string, names []blob.Name) error {
	urls := make([]string, len(names))
	for i, n := range names {
		urls[i] = base + Path + "/" + string(n)
	}
	body, err := wire.Marshal(urls)
	if err != nil {
		return &im.Error{Op: "attachment.answer", Kind: im.Internal, Err: err}
	}
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Type", "application/json; charset=utf-8")
	w.Write(body) //nolint:errcheck // the caller is gone
	return nil
}

// paced reads a body that must come at a pace: so much in each window of time.
type paced struct {
	body    io.Reader
	control *http.ResponseController
	window  time.Duration
	least   int
	// left is how much is to come until the next window begins.
	left int
}

// Read implements io.Reader.
func (p *paced) Read(b []byte) (int, error) {
	if p.left <= 0 {
		p.left = p.least
		_ = p.control.SetReadDeadline(time.Now().Add(p.window)) // or else the server's holds
	}
	n, err := p.body.Read(b)
	p.left -= n
	switch {
	case err == nil || errors.Is(err, io.EOF):
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = &im.Error{Op: "attachment.upload", Kind: im.BrokenOff, Text: "upload too slow", Err: err}
	default:
		err = &im.Error{Op: "attachment.upload", Kind: im.BrokenOff, Err: err}
	}
	return n, err
}

// answerTimeout bounds how long an answer may take to go.
const answerTimeout = time.Minute

// end is called when all of the body has come. Nothing is to be read then until the next request, and whoever waits for that has a time of its own.
func (p *paced) end() { _ = p.control.SetReadDeadline(time.Time{}) } // as above
