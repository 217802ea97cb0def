package spread

import (
	"errors"
	"net/http"
	"strings"

	"github.com/parley-im/parley/blob"
)

// ServeHTTP implements http.Handler: it answers other nodes, by what is here. NB: it must not be reached by clients.
func (s *Spread) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, ok := blob.ParseName(strings.TrimPrefix(r.URL.Path, Path))
	switch {
	case r.URL.Path == Path && r.Method == http.MethodPost:
		s.serveLacking(w, r)
	case !ok:
		w.WriteHeader(http.StatusNotFound)
	case r.Method == http.MethodPut:
		s.serveCopy(w, r, name)
	default:
		s.serveFile(w, r, name)
	}
}

func (s *Spread) serveCopy(w http.ResponseWriter, r *http.Request, name blob.Name) {
	if err := receive(r.Context(), s.o, name, r.Header, r.Body, r.ContentLength); err != nil {
		s.o.Logger.Warn("a file of another node is not kept", "err", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Spread) serveFile(w http.ResponseWriter, r *http.Request, name blob.Name) {
	f, err := s.o.Local.Open(r.Context(), name)
	switch {
	case errors.Is(err, blob.ErrNotFound):
		w.WriteHeader(http.StatusNotFound)
		return
	case err != nil:
		s.o.Logger.Warn("a file cannot be read", "err", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	defer f.Close() //nolint:errcheck // it was only read
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", f.Info().Stored, f)
}
