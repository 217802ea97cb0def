package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/parley-im/parley/im"
)

// Members changes who the nodes of the cluster are. Its methods return when the change is written down, or with an *im.Error:
// Invalid, NotFound and Conflict say why it cannot be, Unavailable that there is no majority to write it. They may be repeated.
type Members interface {
	// Add lets a node of that name join, Replace in the place of the member that has the name.
	Add(ctx context.Context, name string) error
	Replace(ctx context.Context, name string) error
	// Remove ends a membership, or an invitation.
	Remove(ctx context.Context, name string) error
	// Drain has a node hand over what it leads, take nothing, and send its clients away; or ends that.
	Drain(ctx context.Context, name string, on bool) error
	// Transfer asks that a node lead a shard.
	Transfer(ctx context.Context, shard uint32, to string) error
}

// Added is the request of POST /v1/cluster/nodes.
type Added struct {
	Name string `json:"name"`
}

// Transferred is the request of POST /v1/cluster/shards/N/transfer.
type Transferred struct {
	// To is the name of the node that is to lead the shard.
	To string `json:"to"`
}

// Accepted is the answer to a change: it is written down, and the nodes carry it out. GET /v1/cluster shows how far they are.
type Accepted struct {
	Accepted bool `json:"accepted"`
}

// maxRequest bounds the body of a request, in bytes.
const maxRequest = 4 << 10

func changeMembers(mux *http.ServeMux, m Members) {
	mux.HandleFunc("POST /v1/cluster/nodes", change(func(r *http.Request) error {
		var req Added
		if err := decode(r, &req); err != nil {
			return err
		}
		return m.Add(r.Context(), req.Name)
	}))
	mux.HandleFunc("DELETE /v1/cluster/nodes/{name}", change(func(r *http.Request) error {
		return m.Remove(r.Context(), r.PathValue("name"))
	}))
	mux.HandleFunc("POST /v1/cluster/nodes/{name}/replace", change(func(r *http.Request) error {
		return m.Replace(r.Context(), r.PathValue("name"))
	}))
	mux.HandleFunc("POST /v1/cluster/nodes/{name}/drain", change(func(r *http.Request) error {
		return m.Drain(r.Context(), r.PathValue("name"), true)
	}))
	mux.HandleFunc("POST /v1/cluster/nodes/{name}/undrain", change(func(r *http.Request) error {
		return m.Drain(r.Context(), r.PathValue("name"), false)
	}))
	mux.HandleFunc("POST /v1/cluster/shards/{shard}/transfer", change(func(r *http.Request) error {
		shard, err := strconv.ParseUint(r.PathValue("shard"), 10, 32)
		if err != nil {
			return im.E(opMembers, im.Invalid, "a shard is a number, not "+strconv.Quote(r.PathValue("shard")))
		}
		var req Transferred
		if err := decode(r, &req); err != nil {
			return err
		}
		return m.Transfer(r.Context(), uint32(shard), req.To)
	}))
}

const opMembers = "admin.members"

func decode(r *http.Request, into any) error {
	d := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxRequest))
	if err := d.Decode(into); err != nil {
		return &im.Error{Op: opMembers, Kind: im.Invalid, Text: "the request is not the JSON that is wanted", Err: err}
	}
	return nil
}

// change answers 202 when do has no error, else with its text, without where it came from.
func change(do func(*http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := do(r)
		if err == nil {
			answer(w, http.StatusAccepted, Accepted{Accepted: true})
			return
		}
		fail(w, statusOf(err), userText(err))
	}
}

// userText says what an error is, without where it came from.
func userText(err error) string {
	if e := (*im.Error)(nil); errors.As(err, &e) {
		return e.UserText()
	}
	return err.Error()
}
