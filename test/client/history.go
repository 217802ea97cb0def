package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

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

// maxPage is the largest page of history that the API gives.
const maxPage = 100

// History returns the whole history of the friends a and b, oldest first, page by page.
func (r REST) History(ctx context.Context, a, b string) ([]Record, error) {
	return r.ChatsByTime(ctx, "/ctx/"+a+"/friends/"+b+"/chats")
}

// GroupHistory returns the whole history of a group, oldest first, page by page.
func (r REST) GroupHistory(ctx context.Context, group string) ([]Record, error) {
	return r.ChatsByTime(ctx, "/groups/"+group+"/chats")
}

// StrangerHistory returns the whole history of a and b as strangers, oldest first, page by page.
func (r REST) StrangerHistory(ctx context.Context, a, b string) ([]Record, error) {
	return r.ChatsByTime(ctx, "/ctx/"+a+"/strangers/"+b+"/chats")
}

// ChatsByTime returns the whole history at a route of chats, oldest first, page by page: each is what is older than the one
// before.
func (r REST) ChatsByTime(ctx context.Context, chats string) ([]Record, error) {
	return r.pages(ctx, chats, func(oldest Record) string { return fmt.Sprint("&ts=", oldest.TS) })
}

// ChatsByNumber is ChatsByTime by numbers (docs/protocol.md 13).
func (r REST) ChatsByNumber(ctx context.Context, chats string) ([]Record, error) {
	return r.pages(ctx, chats, func(oldest Record) string { return fmt.Sprint("&before=", oldest.N) })
}

// pages reads the route chats to its first page; before says what asks for what comes before a record.
func (r REST) pages(ctx context.Context, chats string, before func(oldest Record) string) ([]Record, error) {
	var all []Record
	for bound := ""; ; {
		var page []Record
		if err := r.call(ctx, http.MethodGet, fmt.Sprintf("%s?limit=%d%s", chats, maxPage, bound), &page); err != nil {
			return nil, err
		}
		if len(page) == 0 {
			return all, nil
		}
		all = append(page, all...)
		bound = before(page[0])
	}
}
