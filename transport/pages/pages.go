package pages

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/parley-im/parley/transport/wire"
)

// Options configure New.
type Options struct {
	// Files are the files by their paths below /; nil = there are no pages.
	Files fs.FS
	// Demo returns the app that the page of a request may use, and a key of it; ok = false: none.
	Demo func(r *http.Request) (appID, key string, ok bool)
}

// Handler serves what Serves reports. Safe for concurrent use.
type Handler struct {
	demo  func(r *http.Request) (appID, key string, ok bool)
	files map[string]*file
}

// file is one that is served.
type file struct {
	mime, etag, etagOfGz string
	plain, gz            []byte
}

const (
	// index is what / shows, demo where the demo app is.
	index = "/index.html"
	demo  = "/demo.json"
	// sdk begins what pages of other origins load.
	sdk = "/sdk/"
)

// New reads the files.
func New(o Options) (*Handler, error) {
	h := &Handler{demo: o.Demo, files: map[string]*file{}}
	if o.Files == nil {
		h.files["/"] = newFile(".html", []byte(missing))
		return h, nil
	}
	err := fs.WalkDir(o.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		content, err := fs.ReadFile(o.Files, name)
		if err == nil {
			h.files["/"+name] = newFile(path.Ext(name), content)
		}
		return err
	})
	if h.files["/"] = h.files[index]; err == nil && h.files["/"] == nil {
		err = errors.New("pages: there is no index.html")
	}
	return h, err
}

// missing is shown where the binary was built without its pages.
const missing = "<!doctype html><title>parley</title><p>parley runs here. Its pages are not in this binary: <code>make pages</code> makes them.\n"

// mimes are those of what pages are made of. The system's table would make them another machine's choice.
var mimes = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
	".json": "application/json; charset=utf-8",
}

func newFile(ext string, content []byte) *file {
	sum := sha256.Sum256(content)
	tag := hex.EncodeToString(sum[:8])
	f := &file{mime: cmp.Or(mimes[ext], "application/octet-stream"), etag: `"` + tag + `"`, etagOfGz: `"` + tag + `-gzip"`, plain: content}
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // which there is
	_, _ = w.Write(content)                               // a buffer takes everything
	_ = w.Close()                                         // as above
	if b.Len() < len(content) {
		f.gz = b.Bytes()
	}
	return f
}

// Serves reports whether a request is the Handler's.
func (h *Handler) Serves(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	return r.URL.Path == demo || h.files[r.URL.Path] != nil
}

// policy is what the pages may do (CSP 3): have what this server serves, its WebSockets among that, and show what they have made themselves. Nothing
// else, not even in a frame, and no text becomes markup or a script, whatever a page does with it.
const policy = "default-src 'self'; img-src 'self' blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; " +
	"form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	if r.URL.Path == demo {
		h.serveDemo(w, r)
		return
	}
	f := h.files[r.URL.Path]
	if f == nil {
		http.NotFound(w, r)
		return
	}
	header.Set("Content-Type", f.mime)
	header.Set("ETag", f.etag)
	header.Set("Cache-Control", "no-cache") // that is, ask whether it is still that
	if strings.HasPrefix(r.URL.Path, sdk) {
		header.Set("Access-Control-Allow-Origin", "*")
		header.Set("Cross-Origin-Resource-Policy", "cross-origin")
	} else {
		header.Set("Content-Security-Policy", policy)
		header.Set("Referrer-Policy", "no-referrer")
	}
	content := f.plain
	if f.gz != nil {
		header.Set("Vary", "Accept-Encoding")
		if takesGzip(r) && r.Header.Get("Range") == "" {
			content = f.gz
			header.Set("Content-Encoding", "gzip")
			header.Set("ETag", f.etagOfGz) // RFC 9110, 8.8.3.3: one for each encoding
		}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// takesGzip reports whether the client takes it. A weight of 0 refuses it; others do not matter where there is nothing better.
func takesGzip(r *http.Request) bool {
	for _, coding := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(coding, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q := strings.TrimPrefix(strings.TrimSpace(weight), "q=")
			return q == "" || strings.Trim(q, "0.") != ""
		}
	}
	return false
}

func (h *Handler) serveDemo(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	appID, key, ok := h.demo(r)
	if !ok {
		w.WriteHeader(http.StatusNoContent) // 404 would stand as an error in the console of a page that has nothing to complain of
		return
	}
	body, err := wire.Marshal(struct {
		AppID string `json:"appId"`
		Key   string `json:"key"`
	}{appID, key})
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	header.Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(body) // the client is gone
}
