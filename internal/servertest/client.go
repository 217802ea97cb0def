package servertest

import (
	"cmp"
	"context"
	"crypto/md5"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// httpClient keeps no connection, so that a node that was killed leaves none behind.
var httpClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// Client speaks REST for one app, signing as SDK v3 does.
type Client struct {
	// Base is the URL that paths are added to.
	Base string
	// App and Key are sent with every request.
	App, Key string

	// http is nil for httpClient.
	http *http.Client
	t    testing.TB
}

// Client returns a client of the node that holds App's client key.
func (n *Node) Client() *Client {
	return &Client{Base: n.URL(), App: App, Key: ClientKey, http: n.HTTP(), t: n.t}
}

// Answer is one answer.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Do sends one request; body may be "". It ends the test when no answer comes.
func (c *Client) Do(method, path, body string) Answer {
	c.t.Helper()
	a, err := c.Try(method, path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

// Try is Do for those who expect that there may be no answer.
func (c *Client) Try(method, path, body string) (Answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.Base+path, strings.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	req.Header.Set("X-ML-AppId", c.App)
	req.Header.Set("X-ML-Request-Sign", Sign(c.Key, time.Now()))
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	resp, err := cmp.Or(c.http, httpClient).Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close() //nolint:errcheck // read to the end
	text, err := io.ReadAll(resp.Body)
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: string(text)}, err
}

// Expect sends a request without a body, again while the server is busy, ends the test unless status comes back, and returns the
// answer's body.
func (c *Client) Expect(method, path string, status int) string {
	c.t.Helper()
	var a Answer
	Eventually(c.t, method+" is answered", func() bool {
		a = c.Do(method, path, "")
		return a.Status != http.StatusServiceUnavailable || a.Status == status
	})
	if a.Status != status {
		c.t.Fatalf("%s %s: %d %s, want %d", method, path, a.Status, a.Body, status)
	}
	return a.Body
}

// Sign makes a signature (MaxIM protocol, section 2).
func Sign(key string, at time.Time) string {
	millis := strconv.FormatInt(at.UnixMilli(), 10)
	sum := md5.Sum([]byte(millis + key)) //nolint:gosec // the protocol's signature
	return hex.EncodeToString(sum[:]) + "," + millis
}
