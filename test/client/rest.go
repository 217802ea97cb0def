package client

import (
	"bytes"
	"cmp"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// REST calls the MaxIM REST API of one app. It is safe for concurrent use.
type REST struct {
	// URL is the server's root, without a final slash.
	URL string
	App string
	// Key is any key of the app.
	Key string
	// HTTP makes the requests; nil means http.DefaultClient.
	HTTP *http.Client
	// Insist is for how long a request is made again that is answered 503: the server is busy, or chooses a leader, and clients are to
	// come back. What makes something may make it twice then. 0 = not at all.
	Insist time.Duration
}

// pause is between two requests of one that insists.
const pause = 100 * time.Millisecond

// Sign returns the signature of docs/protocol.md section 2 for the time at, in milliseconds.
func Sign(key string, at int64) string {
	ms := strconv.FormatInt(at, 10)
	sum := md5.Sum([]byte(ms + key))
	return hex.EncodeToString(sum[:]) + "," + ms
}

// SignNow returns the signature of this moment.
func SignNow(key string) string { return Sign(key, time.Now().UnixMilli()) }

// Do sends a request without a body and returns the answer's status and body.
func (r REST) Do(ctx context.Context, method, path string) (status int, body []byte, err error) {
	return r.Send(ctx, method, path, nil)
}

// Send sends a request whose body is v as JSON, nil for none, and returns the answer's status and body.
func (r REST) Send(ctx context.Context, method, path string, v any) (status int, body []byte, err error) {
	for enough := time.Now().Add(r.Insist); ; {
		status, body, err = r.once(ctx, method, path, v)
		if err != nil || status != http.StatusServiceUnavailable || time.Now().After(enough) {
			return status, body, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return status, body, nil
		}
	}
}

func (r REST) once(ctx context.Context, method, path string, v any) (status int, body []byte, err error) {
	req, err := r.request(ctx, method, path, v)
	if err != nil {
		return 0, nil, err
	}
	res, err := cmp.Or(r.HTTP, http.DefaultClient).Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close() //nolint:errcheck // the body was read
	body, err = io.ReadAll(res.Body)
	return res.StatusCode, body, err
}

func (r REST) request(ctx context.Context, method, path string, v any) (*http.Request, error) {
	var body io.Reader
	if v != nil {
		text, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("encode the body of %s %s: %w", method, path, err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, r.URL+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("X-ML-AppId", r.App)
	req.Header.Set("X-ML-Request-Sign", SignNow(r.Key))
	if v != nil {
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	return req, nil
}

// ErrorCode returns the error code in the body of an answer (docs/protocol.md 6.1), 0 when it has none.
func ErrorCode(body []byte) int {
	var e struct {
		Code int `json:"errorCode"`
	}
	_ = json.Unmarshal(body, &e) // what is no error has no code
	return e.Code
}

// call decodes a 2xx answer into v, which may be nil.
func (r REST) call(ctx context.Context, method, path string, v any) error {
	status, body, err := r.Do(ctx, method, path)
	if err != nil {
		return err
	}
	if status/100 != 2 {
		return fmt.Errorf("%s %s: %d %s", method, path, status, body)
	}
	if v == nil {
		return nil
	}
	return json.Unmarshal(body, v)
}

// Befriend makes a and b friends.
func (r REST) Befriend(ctx context.Context, a, b string) error {
	return r.call(ctx, http.MethodPost, "/ctx/"+a+"/friends/"+b, nil)
}

// Unfriend ends the friendship of a and b.
func (r REST) Unfriend(ctx context.Context, a, b string) error {
	return r.call(ctx, http.MethodDelete, "/ctx/"+a+"/friends/"+b, nil)
}
