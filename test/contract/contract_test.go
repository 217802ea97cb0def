package contract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/parley-im/parley/internal/servertest"
)

// contract is docs/openapi.yaml, and which of its answers were seen.
type contract struct {
	doc    *openapi3.T
	router routers.Router
	seen   map[string]bool
}

func read(t *testing.T) *contract {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("../../docs/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil // any host will do
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &contract{doc: doc, router: router, seen: make(map[string]bool)}
}

// exchange is one request and its answer.
type exchange struct {
	*http.Request

	sent   string
	status int
	header http.Header
	body   []byte
}

// request makes a signed request.
func request(t *testing.T, base, method, path, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-ML-AppId", servertest.App)
	r.Header.Set("X-ML-Request-Sign", servertest.Sign(servertest.ClientKey, time.Now()))
	if body != "" {
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	return r
}

// once keeps no connection, so that none is left when a test ends. It sends a body that it is asked to hold back only when
// the server wants it.
var once = &http.Client{Transport: &http.Transport{DisableKeepAlives: true, ExpectContinueTimeout: servertest.Patience}}

func send(t *testing.T, r *http.Request, body string) exchange {
	t.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), servertest.Patience)
	defer cancel()
	resp, err := once.Do(r.WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to the end
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return exchange{Request: r, sent: body, status: resp.StatusCode, header: resp.Header, body: text}
}

// check reports what is not as the document says, and remembers the answer as seen. Of a request that succeeded the body must
// be as the document says, too.
func (c *contract) check(x exchange) error {
	asked := x.Clone(x.Context())
	asked.URL.Path = strings.TrimSuffix(asked.URL.Path, "/")
	route, params, err := c.router.FindRoute(asked)
	if err != nil {
		return err
	}
	options := &openapi3filter.Options{
		IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, SkipSettingDefaults: true,
	}
	in := &openapi3filter.RequestValidationInput{Request: asked, PathParams: params, Route: route, Options: options}
	answer := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: x.status, Header: x.header, Body: io.NopCloser(bytes.NewReader(x.body)), Options: options,
	}
	if err := openapi3filter.ValidateResponse(x.Context(), answer); err != nil {
		return err
	}
	c.seen[answerName(route.Operation, fmt.Sprint(x.status))] = true
	if x.status < 300 && x.sent != "" && route.Operation.RequestBody != nil {
		asked.Body = io.NopCloser(strings.NewReader(x.sent))
		err = openapi3filter.ValidateRequestBody(x.Context(), in, route.Operation.RequestBody.Value)
	}
	return errors.Join(err, checkContent(route.Operation, x))
}

// checkContent sees to what the library lets pass: a body where there should be none, and its type.
func checkContent(op *openapi3.Operation, x exchange) error {
	documented := len(op.Responses.Status(x.status).Value.Content) > 0
	switch contentType := x.header.Get("Content-Type"); {
	case documented != (len(x.body) > 0):
		return fmt.Errorf("the body is %q", x.body)
	case documented && contentType != "application/json; charset=utf-8", !documented && contentType != "":
		return fmt.Errorf("the content type is %q", contentType)
	}
	return nil
}

func answerName(op *openapi3.Operation, status string) string { return op.OperationID + " " + status }

// unseen returns the answers of the document that were not seen.
func (c *contract) unseen() (list []string) {
	for _, item := range c.doc.Paths.Map() {
		for _, op := range item.Operations() {
			for status := range op.Responses.Map() {
				if status < "500" && !c.seen[answerName(op, status)] {
					list = append(list, answerName(op, status))
				}
			}
		}
	}
	return list
}
