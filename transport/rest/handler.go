package rest

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
)

// Commands reach the actors; see dispatch.Dispatcher.
type Commands interface {
	Profile(ctx context.Context, app im.AppID, user im.UserID) (dispatch.Profile, error)
	Befriend(ctx context.Context, app im.AppID, from, to im.UserID) (dispatch.Friendship, error)
	Unfriend(ctx context.Context, app im.AppID, by, other im.UserID) error
	Friendship(ctx context.Context, app im.AppID, a, b im.UserID) (dispatch.Friendship, error)
}

// History reads stored messages.
type History interface {
	// History returns at most limit messages of addr with TS < before, newest first; before <= 0 means no bound.
	History(ctx context.Context, addr im.Address, before im.Millis, limit int) ([]im.Entry, error)
}

// Presence knows who is online.
type Presence interface {
	// Sessions returns the number of live sessions of user. It does not block.
	Sessions(app im.AppID, user im.UserID) int
}

// Keys checks what callers prove themselves with; the error is im.NotPermitted.
type Keys interface {
	VerifySign(app im.AppID, sign string) error
	VerifyKey(app im.AppID, key string) error
}

// answerTimeout bounds the work on a request. It leaves room for one command (5 s) and the reads after it.
const answerTimeout = 10 * time.Second

// Options configure New. All but Logger are required.
type Options struct {
	Commands Commands
	History  History
	Presence Presence
	Keys     Keys
	// Logger hears of failures of the server itself; nil means slog.Default.
	Logger *slog.Logger
}

// Handler is the REST API.
type Handler struct{ opts Options }

// New returns the REST API.
func New(opts Options) *Handler {
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	return &Handler{opts: opts}
}

// call is one authenticated request on a known route.
type call struct {
	ctx context.Context
	app im.AppID
	// args are the decoded path segments that the route leaves open, in order. Not checked.
	args  []string
	query url.Values
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	allowAnyOrigin(w.Header())
	if r.Method == http.MethodOptions {
		preflight(w, r)
		return
	}
	a, err := h.serve(w, r)
	if err != nil {
		h.logFailure(r, err)
		a = failure(err)
	}
	a.send(w)
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request) (answer, error) {
	do, args, err := find(w.Header(), r)
	if err != nil {
		return answer{}, err
	}
	app, err := h.authenticate(r.Header)
	if err != nil {
		return answer{}, err
	}
	if err := discardBody(w, r); err != nil {
		return answer{}, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), answerTimeout)
	defer cancel()
	return do(h, call{ctx: ctx, app: app, args: args, query: r.URL.Query()})
}

// logFailure writes down what only the server can be blamed for. Never ids or bodies: the method says enough.
func (h *Handler) logFailure(r *http.Request, err error) {
	if kindOf(err) == im.Internal {
		h.opts.Logger.ErrorContext(r.Context(), "rest request failed", "method", r.Method, "err", err)
	}
}
