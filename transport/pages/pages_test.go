package pages

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const script = "console.log('hello');"

// newPages returns the Handler of some pages, with a demo app if there is one.
func newPages(t *testing.T, isDemo bool) *Handler {
	t.Helper()
	h, err := New(Options{
		Files: fstest.MapFS{
			"index.html":    {Data: []byte("<!doctype html>" + strings.Repeat("<p>parley</p>", 100))},
			"chat.js":       {Data: []byte(script)},
			"sdk/ML.im.js":  {Data: []byte(script)},
			".gitignore":    {Data: []byte("*")},
			"sdk/.secret":   {Data: []byte("secret")},
			"unknown.thing": {Data: []byte("?")},
		},
		Demo: func(*http.Request) (string, string, bool) { return "demo", "key", isDemo },
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func get(h *Handler, path string, headers ...string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// What pages are served as, and whether other origins may have it.
func TestHandler_ServesPagesToThisOriginAndTheSDKToAll(t *testing.T) {
	t.Parallel()
	h := newPages(t, true)
	for _, want := range []struct {
		path, mime, origin string
		isPage             bool
	}{
		{"/", "text/html; charset=utf-8", "", true},
		{"/index.html", "text/html; charset=utf-8", "", true},
		{"/chat.js", "text/javascript; charset=utf-8", "", true},
		{"/sdk/ML.im.js", "text/javascript; charset=utf-8", "*", false},
		{"/unknown.thing", "application/octet-stream", "", true},
	} {
		r := get(h, want.path)
		header := r.Header
		if r.StatusCode != http.StatusOK || header.Get("Content-Type") != want.mime || header.Get("Access-Control-Allow-Origin") != want.origin ||
			header.Get("X-Content-Type-Options") != "nosniff" || strings.HasPrefix(header.Get("Content-Security-Policy"), "default-src 'self'") != want.isPage {
			t.Errorf("%s: %d %v, want %+v", want.path, r.StatusCode, header, want)
		}
	}
}

// Serves takes nothing from the API that it has no file for, and shows no hidden file.
func TestHandler_LeavesTheRest(t *testing.T) {
	t.Parallel()
	h := newPages(t, false)
	for path, want := range map[string]bool{
		"/": true, "/chat.js": true, "/demo.json": true, "/ctx/tom": false, "/.gitignore": false, "/sdk/.secret": false, "/sdk/": false, "/sdk": false,
		"/../index.html": false, "//": false,
	} {
		if got := h.Serves(httptest.NewRequest(http.MethodGet, "http://x"+path, nil)); got != want {
			t.Errorf("GET %s: served %v, want %v", path, got, want)
		}
		if h.Serves(httptest.NewRequest(http.MethodPost, "http://x"+path, nil)) {
			t.Errorf("POST %s is served", path)
		}
	}
	if r := get(h, "/.gitignore"); r.StatusCode != http.StatusNotFound {
		t.Errorf("a hidden file is answered with %d", r.StatusCode)
	}
}

// What is asked for again is not sent again, and what shrinks is sent compressed to those who take that.
func TestHandler_SendsNoMoreThanItHasTo(t *testing.T) {
	t.Parallel()
	h := newPages(t, true)
	plain := get(h, "/")
	if again := get(h, "/", "If-None-Match", plain.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("the same again is answered with %d, want 304", again.StatusCode)
	}
	small := get(h, "/", "Accept-Encoding", "gzip, br")
	if small.Header.Get("Content-Encoding") != "gzip" || small.ContentLength >= plain.ContentLength || small.Header.Get("ETag") == plain.Header.Get("ETag") {
		t.Fatalf("compressed: %v, want gzip, fewer bytes than %d, and another ETag", small.Header, plain.ContentLength)
	}
	if again := get(h, "/", "Accept-Encoding", "gzip", "If-None-Match", small.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("the same again, compressed, is answered with %d, want 304", again.StatusCode)
	}
	z, err := gzip.NewReader(small.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := body(t, z), body(t, plain.Body); got != want {
		t.Errorf("compressed: %q, want %q", got, want)
	}
	for _, refuses := range []string{"", "gzip;q=0", "br"} {
		if r := get(h, "/", "Accept-Encoding", refuses); r.Header.Get("Content-Encoding") != "" {
			t.Errorf("Accept-Encoding: %q gets %s", refuses, r.Header.Get("Content-Encoding"))
		}
	}
}

// The demo app's key is for pages of this server: of other origins no browser reads it.
func TestHandler_GivesTheDemoAppToItsOwnPages(t *testing.T) {
	t.Parallel()
	if r := get(newPages(t, false), "/demo.json"); r.StatusCode != http.StatusNoContent || body(t, r.Body) != "" {
		t.Errorf("without a demo: %d", r.StatusCode)
	}
	r := get(newPages(t, true), "/demo.json", "Origin", "https://elsewhere.example")
	if got := body(t, r.Body); got != `{"appId":"demo","key":"key"}` || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("demo.json: %q %v", got, r.Header)
	}
	if origin := r.Header.Get("Access-Control-Allow-Origin"); origin != "" {
		t.Errorf("pages of %s may read the demo app's key", origin)
	}
}

// Where there are no pages, / says so, and what is half there is refused.
func TestNew_WithoutPages(t *testing.T) {
	t.Parallel()
	h, err := New(Options{Demo: func(*http.Request) (string, string, bool) { return "", "", false }})
	if err != nil {
		t.Fatal(err)
	}
	if got := body(t, get(h, "/").Body); !strings.Contains(got, "make pages") {
		t.Errorf("without pages: %q, want it to say how to get them", got)
	}
	if _, err := New(Options{Files: fstest.MapFS{"chat.js": {}}}); err == nil {
		t.Error("pages without an index are taken")
	}
}
