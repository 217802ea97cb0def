package rest

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/wire"
)

// answer is what goes back: a status and a JSON body, or no body.
type answer struct {
	status int
	body   []byte
	// retryAfter is in seconds; 0 = not said.
	retryAfter int
	// stale says that the newest may be missing, since no majority of the cluster is there.
	stale bool
}

// errMethod is the cause of an im.Unsupported that stands for a wrong method on a known path.
var errMethod = errors.New("method not allowed")

// overloadPause is what clients are asked to wait when the server is overloaded, in seconds.
const overloadPause = 1

// empty is an answer without a body. SDKs parse any body of a success, so it must really be empty.
func empty(status int) (answer, error) { return answer{status: status}, nil }

// ok answers v as JSON.
func ok(v any) (answer, error) {
	body, err := wire.Marshal(v)
	if err != nil {
		return answer{}, &im.Error{Op: "rest.answer", Kind: im.Internal, Err: err}
	}
	return okJSON(body)
}

// okJSON answers JSON that is written already.
func okJSON(body []byte) (answer, error) { return answer{status: http.StatusOK, body: body}, nil }

// created answers an empty JSON object, where a client parses even the answer of a success without content.
func created() (answer, error) { return answer{status: http.StatusCreated, body: []byte("{}")}, nil }

// accepted answers what is passed on and not waited for.
func accepted() (answer, error) { return empty(http.StatusAccepted) }

// failure is the answer to an error (section 6.1): both fields are always there, and the status goes with the code.
func failure(err error) answer {
	kind := kindOf(err)
	a := answer{status: wire.HTTPStatus(kind), body: wire.ErrorBody(wire.Code(kind), userText(err))}
	if errors.Is(err, errMethod) {
		a.status = http.StatusMethodNotAllowed
	}
	if kind == im.Overloaded {
		a.retryAfter = overloadPause
	}
	return a
}

// kindOf is im.KindOf, but a wait that was cut short is nobody's bug.
func kindOf(err error) im.ErrorKind {
	kind := im.KindOf(err)
	if kind == im.Internal && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		return im.Unavailable
	}
	return kind
}

func userText(err error) string {
	var e *im.Error
	if errors.As(err, &e) {
		return e.UserText()
	}
	return kindOf(err).String()
}

func (a answer) send(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if a.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(a.retryAfter))
	}
	if a.stale {
		h.Set("X-Parley-Stale", "true")
	}
	if len(a.body) > 0 {
		h.Set("Content-Type", "application/json; charset=utf-8")
		h.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	if len(a.body) > 0 {
		w.Write(a.body) //nolint:errcheck // the caller is gone
	}
}
