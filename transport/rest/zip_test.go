package rest_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-im/parley/im"
)

// crowded is a world with a room whose answer is long.
func crowded(t *testing.T) *world {
	t.Helper()
	w := gathered(t)
	for range 200 {
		w.gatherings[im.Room(testApp, "r1")].Members = append(w.gatherings[im.Room(testApp, "r1")].Members, "somebody-else")
	}
	return w
}

// Section 7: an answer is compressed for who accepts gzip, and only when it is long; every answer says that it depends on
// that, and stays readable from any origin. Checked by breaking it: with MinSize(1) tiny answers were compressed, without
// EnableZstd(false) one came in zstd.
func TestGzip_OnlyForWhoAcceptsItAndLongAnswers(t *testing.T) {
	t.Parallel()
	plain := ask(newHandler(crowded(t)), "GET", "/rooms/r1", "", nil).Body.String()
	for _, tt := range []struct {
		method, target, accept string
		zipped                 bool
	}{
		{"GET", "/rooms/r1", "gzip", true},
		{"GET", "/rooms/r1", "deflate, gzip;q=0.5", true},
		{"GET", "/rooms/r1", "gzip, zstd, br", true},
		{"POST", "/rooms/r1", "gzip", true},
		{"GET", "/rooms/r1", "", false},
		{"GET", "/rooms/r1", "identity", false},
		{"GET", "/rooms/r1", "gzip;q=0", false},
		{"GET", "/rooms/r1", "zstd, br", false},
		{"GET", "/ctx/tom", "gzip", false},
		{"GET", "/ctx/nobody", "gzip", false},
		{"DELETE", "/rooms/r1", "gzip", false},
		{"PUT", "/rooms/r1", "gzip", false},
		{"PUT", "/ctx/tom", "gzip", false},
	} {
		got := ask(newHandler(crowded(t)), tt.method, tt.target, "", map[string]string{"Accept-Encoding": tt.accept})
		if zipped := got.Header().Get("Content-Encoding") == "gzip"; zipped != tt.zipped || !zipped && got.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s %s, %q: Content-Encoding %q", tt.method, tt.target, tt.accept, got.Header().Get("Content-Encoding"))
		}
		if vary := got.Header().Values("Vary"); len(vary) != 1 || vary[0] != "Accept-Encoding" {
			t.Errorf("%s %s, %q: Vary %q", tt.method, tt.target, tt.accept, vary)
		}
		if tt.zipped && unzipped(t, got.Body) != plain {
			t.Errorf("%s %s, %q: another answer", tt.method, tt.target, tt.accept)
		}
		if h := got.Header(); h.Get("Access-Control-Allow-Origin") != "*" || got.Body.Len() > 0 && h.Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("%s %s, %q: %v", tt.method, tt.target, tt.accept, h)
		}
	}
}

func unzipped(t *testing.T, r io.Reader) string {
	t.Helper()
	z, err := gzip.NewReader(r)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// HEAD, which has no body, tells the length of the plain one; a preflight depends on what it asks for alone.
func TestGzip_LeavesHeadAndPreflightAlone(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(newHandler(crowded(t)))
	defer s.Close()
	for _, accept := range []string{"gzip", "identity"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodHead, s.URL+"/rooms/r1", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"X-Ml-Appid": {string(testApp)}, "X-Ml-Apikey": {"key"}, "Accept-Encoding": {accept}}
		resp, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close() //nolint:errcheck // read to the end
		if err != nil || len(body) > 0 || resp.StatusCode != 200 || resp.ContentLength < 3000 || resp.Header.Get("Content-Encoding") != "" {
			t.Errorf("HEAD, %s: %d %v, %d bytes, %v", accept, resp.StatusCode, resp.Header, len(body), err)
		}
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodOptions, "/rooms/r1", strings.NewReader(""))
	r.Header = http.Header{"Accept-Encoding": {"gzip"}, "Access-Control-Request-Headers": {"x-new"}}
	newHandler(crowded(t)).ServeHTTP(w, r)
	if vary := w.Header().Values("Vary"); w.Code != 204 || len(vary) != 1 || vary[0] != "Access-Control-Request-Headers" {
		t.Errorf("preflight: %d, Vary %q", w.Code, vary)
	}
}
