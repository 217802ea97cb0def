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
	return r.history(ctx, "/ctx/"+a+"/friends/"+b+"/chats")
}

// GroupHistory returns the whole history of a group, oldest first, page by page.
func (r REST) GroupHistory(ctx context.Context, group string) ([]Record, error) {
	return r.history(ctx, "/groups/"+group+"/chats")
}

// StrangerHistory returns the whole history of a and b as strangers, oldest first, page by page.
func (r REST) StrangerHistory(ctx context.Context, a, b string) ([]Record, error) {
	return r.history(ctx, "/ctx/"+a+"/strangers/"+b+"/chats")
}

// PassengerHistory returns the whole history of a passenger and a user, oldest first, page by page.
func (r REST) PassengerHistory(ctx context.Context, passenger, user string) ([]Record, error) {
	return r.history(ctx, "/passengers/"+passenger+"/chats/"+user)
}

// history reads the route chats to its first page.
func (r REST) history(ctx context.Context, chats string) ([]Record, error) {
	var all []Record
	for before := int64(0); ; {
		var page []Record
		path := fmt.Sprintf("%s?limit=%d&ts=%d", chats, maxPage, before)
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
