package server

import (
	"net/http"
	"sync/atomic"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/wire"
)

// gate answers 503 until it is opened, so that ports can be taken before there is anything behind them.
type gate struct{ behind atomic.Pointer[http.Handler] }

func (g *gate) open(h http.Handler) { g.behind.Store(&h) }

// ServeHTTP implements http.Handler.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h := g.behind.Load(); h != nil {
		(*h).ServeHTTP(w, r)
		return
	}
	switch r.URL.Path {
	case "/livez", "/healthz":
		w.Write([]byte("ok\n")) //nolint:errcheck // the asker is gone
	case "/readyz":
		http.Error(w, "node: starting", http.StatusServiceUnavailable)
	default:
		starting(w)
	}
}

func starting(w http.ResponseWriter) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Retry-After", "1")
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(http.StatusServiceUnavailable)
	w.Write(wire.ErrorBody(wire.Code(im.Unavailable), "starting")) //nolint:errcheck // the asker is gone
}
