package wstest

import (
	"context"
	"net/http/httptest"
	"testing"
)

// Closer is a server of connections that outlive their requests.
type Closer interface {
	// Close ends the connections and waits for them.
	Close(ctx context.Context) error
}

// CloseAtEnd closes web and then s when the test ends, and fails the test if s does not come to its end in time.
func CloseAtEnd(t testing.TB, web *httptest.Server, s Closer) {
	t.Helper()
	t.Cleanup(func() {
		web.Close()
		ctx, cancel := context.WithTimeout(context.Background(), Timeout)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}
