package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
}

func (c *adminClient) apps(ctx context.Context) ([]admin.App, error) {
	var list admin.AppList
	err := c.do(ctx, http.MethodGet, "/v1/apps", &list)
	return list.Apps, err
}

func (c *adminClient) createApp(ctx context.Context) (admin.App, error) {
	var created admin.App
	err := c.do(ctx, http.MethodPost, "/v1/apps", &created)
	return created, err
}

// do asks the node and decodes its answer into into.
func (c *adminClient) do(ctx context.Context, method, path string, into any) error {
	token, err := c.findToken()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.url, "/")+path, nil)
	if err != nil {
		return &usageError{err: fmt.Errorf("--admin %q is no URL", c.url)}
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("no node answers at %s: %w", c.url, withoutURL(err))
	}
	defer resp.Body.Close() //nolint:errcheck // read to the end
	return decode(resp, into)
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
