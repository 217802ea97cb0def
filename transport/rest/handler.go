package rest

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/parley-im/parley/im"
)

// answerTimeout bounds the work on a request. It leaves room for one command (5 s) and the reads after it.
const answerTimeout = 10 * time.Second

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
	// kind is the route's: im.KindUser, im.KindGroup or im.KindRoom where several have it alike.
	kind im.Kind
	// args are the decoded path segments that the route leaves open, in order. Not checked.
	args []string
	// rawQuery is the query as it came, query what could be read of it.
	rawQuery string
	query    url.Values
	// queryErr says that query lacks what could not be read; nil = nothing.
	queryErr error
	// body is the whole request body. Not checked.
	body []byte
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
		logFailure(h.opts.Logger, r, err)
		a = failure(err)
	}
	a.sendZipped(w, r)
}

// Fail answers r with an error, as the REST API does, for a handler beside it.
func Fail(w http.ResponseWriter, r *http.Request, err error, logger *slog.Logger) {
	allowAnyOrigin(w.Header())
	logFailure(logger, r, err)
	failure(err).send(w)
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request) (answer, error) {
	way, err := find(w.Header(), r)
	if err != nil {
		return answer{}, err
	}
	app, err := Authenticate(r.Header, h.opts.Keys)
	if err != nil {
		return answer{}, err
	}
	body, err := readBody(w, r)
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), answerTimeout)
	defer cancel()
	query, queryErr := url.ParseQuery(r.URL.RawQuery)
	return way.do(h, call{
		ctx: ctx, app: app, kind: way.kind, args: way.args, rawQuery: r.URL.RawQuery, query: query, queryErr: queryErr, body: body,
	})
}

// logFailure writes down what only the server can be blamed for. Never ids or bodies: the method says enough.
func logFailure(logger *slog.Logger, r *http.Request, err error) {
	if kind := kindOf(err); kind == im.Internal || kind == im.NotStored {
		logger.ErrorContext(r.Context(), "rest request failed", "method", r.Method, "err", err)
	}
}
