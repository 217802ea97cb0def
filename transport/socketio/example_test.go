package socketio_test

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/parley-im/parley/transport/hub"
	"github.com/parley-im/parley/transport/socketio"
)

// The Server is mounted with and without the final slash. It gets what it needs from outside through small
// interfaces: here backend does both, in a real server an auth.Apps and a dispatch.Dispatcher.
func Example() {
	back := newBackend()
	srv := socketio.New(socketio.Options{
		Auth: &back, Commands: &back, Hub: hub.New(hub.Options{}), Logger: slog.Default(),
	})
	mux := http.NewServeMux()
	mux.Handle("/socket.io", srv)
	mux.Handle("/socket.io/", srv)
	// ... serve mux; at the end let clients go, and wait for what they said:
	if err := srv.Close(context.Background()); err != nil {
		slog.Error("socket edge", "err", err)
	}
	// Output:
}
