package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A port that has nothing behind it yet is alive, not ready, and asks clients to come back.
func TestGate(t *testing.T) {
	t.Parallel()
	var g gate
	ask := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		g.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	for path, want := range map[string]struct {
		status int
		body   string
	}{
		"/livez": {200, "ok"}, "/healthz": {200, "ok"}, "/readyz": {503, "starting"}, "/ctx/tom": {503, `"errorCode":5013`},
	} {
		if got := ask(path); got.Code != want.status || !strings.Contains(got.Body.String(), want.body) {
			t.Errorf("%s: %d %s, want %d %s", path, got.Code, got.Body, want.status, want.body)
		}
	}
	g.open(http.NotFoundHandler())
	if got := ask("/livez"); got.Code != http.StatusNotFound {
		t.Errorf("an open gate answers for itself: %d", got.Code)
	}
}
