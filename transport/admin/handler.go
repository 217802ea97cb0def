package admin

import (
	"context"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/parley-im/parley/auth"
	"github.com/parley-im/parley/im"
)

// Apps is what the API needs of the registry of apps.
type Apps interface {
	List() []auth.App
	Create(ctx context.Context) (auth.App, error)
	SetRetention(ctx context.Context, id im.AppID, d time.Duration) (auth.App, error)
}

// Options configure New.
type Options struct {
	// Apps returns the registry; nil = it is not loaded yet. Required.
	Apps func() Apps
	// Retention and RetentionStrangers are the node's windows, which those of apps are compared with.
	Retention, RetentionStrangers time.Duration
	// Keeps says what the node keeps of the past. nil = the API does not tell.
	Keeps RetentionFunc
	// Cluster says how the cluster is, at once and without waiting for other nodes. nil = the API does not tell.
	Cluster func() Cluster
	// Members changes who the nodes of the cluster are. nil = the API does not.
	Members Members
	// Digests makes digests of what the node holds. nil = the API does not tell.
	Digests DigestsFunc
	// Health answers the health routes. Required.
	Health *Health
	// Metrics answers /metrics. Required.
	Metrics http.Handler
	// Token opens the profiles and the API. Required: the empty token opens nothing.
	Token string
}

// New returns the handler of the admin listener.
func New(opts Options) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/livez", opts.Health)
	mux.Handle("/healthz", opts.Health)
	mux.Handle("/readyz", opts.Health)
	mux.Handle("GET /metrics", opts.Metrics)
	guarded := guard(opts.Token, api(opts))
	mux.Handle("/debug/pprof/", guarded)
	mux.Handle("/v1/", guarded)
	return mux
}

func api(opts Options) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /v1/apps", withApps(opts.Apps, opts.listApps))
	mux.HandleFunc("POST /v1/apps", withApps(opts.Apps, createApp))
	mux.HandleFunc("PATCH /v1/apps/{id}", withApps(opts.Apps, changeApp))
	if opts.Keeps != nil {
		mux.HandleFunc("GET /v1/retention", showRetention(opts.Keeps))
	}
	if opts.Cluster != nil {
		mux.HandleFunc("GET /v1/cluster", showCluster(opts.Cluster))
	}
	if opts.Members != nil {
		changeMembers(mux, opts.Members)
	}
	if opts.Digests != nil {
		mux.HandleFunc("GET /v1/cluster/digests", showDigests(opts.Digests))
	}
	return mux
}
