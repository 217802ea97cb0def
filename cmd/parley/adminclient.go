package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/parley-im/parley/transport/admin"
)

// adminTimeout is longer than the node itself waits for a majority.
const adminTimeout = 15 * time.Second

// adminClient speaks to the admin listener of a running node.
type adminClient struct {
	url, token, dir string
	asJSON          bool
	// patience bounds a request; 0 = adminTimeout.
	patience time.Duration
}

func (c *adminClient) apps(ctx context.Context) (admin.AppList, error) {
	var list admin.AppList
	err := c.do(ctx, http.MethodGet, "/v1/apps", &list)
	return list, err
}

func (c *adminClient) createApp(ctx context.Context) (admin.App, error) {
	var created admin.App
	err := c.do(ctx, http.MethodPost, "/v1/apps", &created)
	return created, err
}

func (c *adminClient) setRetention(ctx context.Context, app string, d time.Duration) (admin.App, error) {
	var changed admin.App
	ms := d.Milliseconds()
	err := c.send(ctx, http.MethodPatch, "/v1/apps/"+url.PathEscape(app), admin.AppChange{Retention: &ms}, &changed)
	return changed, err
}

func (c *adminClient) cluster(ctx context.Context) (admin.Cluster, error) {
	var got admin.Cluster
	err := c.do(ctx, http.MethodGet, "/v1/cluster", &got)
	return got, err
}

// do asks the node and decodes its answer into into.
func (c *adminClient) do(ctx context.Context, method, path string, into any) error {
	return c.send(ctx, method, path, nil, into)
}

// send is do with a request's body, nil = none.
func (c *adminClient) send(ctx context.Context, method, path string, body, into any) error {
	token, err := c.findToken()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.patience, adminTimeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.url, "/")+path, encoded(body))
	if err != nil {
		return &usageError{err: fmt.Errorf("--admin %q is no URL", c.url)}
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("%w at %s: %w", errNoAnswer, c.url, withoutURL(err))
	}
	defer resp.Body.Close() //nolint:errcheck // read to the end
	return decode(resp, into)
}

// encoded is the JSON of a request's body.
func encoded(body any) io.Reader {
	if body == nil {
		return http.NoBody
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // structs of strings
	}
	return bytes.NewReader(text)
}

func (c *adminClient) findToken() (string, error) {
	if c.token != "" {
		return c.token, nil
	}
	token, err := admin.ReadToken(c.dir)
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("no %s in %s: name the node's data directory with --data, or give --admin-token", admin.TokenFile, c.dir)
	}
	return token, err
}

func decode(resp *http.Response, into any) error {
	dec := json.NewDecoder(resp.Body)
	if resp.StatusCode < 300 {
		return dec.Decode(into)
	}
	var p admin.Problem
	if dec.Decode(&p) != nil || p.Error == "" {
		p.Error = resp.Status
	}
	return errors.New(p.Error)
}

// withoutURL cuts what the http package wraps around an error, which repeats the URL.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
