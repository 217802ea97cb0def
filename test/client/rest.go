package client

import (
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
}

// Record is one history record (docs/protocol.md 6.5).
type Record struct {
	Speaker string `json:"speaker"`
	Content struct {
		Media int             `json:"media"`
		Body  json.RawMessage `json:"body"`
	} `json:"content"`
	TS     int64  `json:"ts"`
	N      uint64 `json:"n"`
	ID     string `json:"id"`
	Remark string `json:"remark"`
}

// Text returns the body when it is a JSON string, else the JSON itself.
func (r Record) Text() string {
	var s string
	if json.Unmarshal(r.Content.Body, &s) == nil {
		return s
	}
	return string(r.Content.Body)
}

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
	req, err := http.NewRequestWithContext(ctx, method, r.URL+path, nil)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("X-ML-AppId", r.App)
	req.Header.Set("X-ML-Request-Sign", SignNow(r.Key))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close() //nolint:errcheck // the body was read
	body, err = io.ReadAll(res.Body)
	return res.StatusCode, body, err
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

// maxPage is the largest page of history that the API gives.
const maxPage = 100

// History returns the whole history of the friends a and b, oldest first, page by page.
func (r REST) History(ctx context.Context, a, b string) ([]Record, error) {
	var all []Record
	for before := int64(0); ; {
		var page []Record
		path := fmt.Sprintf("/ctx/%s/friends/%s/chats?limit=%d&ts=%d", a, b, maxPage, before)
		if err := r.call(ctx, http.MethodGet, path, &page); err != nil {
			return nil, err
		}
		if len(page) == 0 {
			return all, nil
		}
		all = append(page, all...)
		before = page[0].TS
	}
}
