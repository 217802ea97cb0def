package server

import (
	"context"
	"fmt"
	"net/http"

	"github.com/parley-im/parley/transport/admin"
)

// openAdmin opens the operators' listener, while the node is still starting: what it waits for can be seen there. On the clients'
// port it answers the health routes.
func (s *Server) openAdmin(context.Context) error {
	token, err := admin.EnsureToken(s.opts.Dir)
	if err != nil {
		return fmt.Errorf("admin token: %w", err)
	}
	s.health.Checks = s.checks()
	s.operators.gate.open(withFaults(admin.New(admin.Options{
		Apps: s.adminApps, Cluster: s.clusterStatus, Members: changes{s}, Digests: s.digests,
		Retention: s.opts.Retention, RetentionStrangers: s.opts.RetentionStrangers, Keeps: s.retention,
		Health: s.health, Metrics: s.metrics.Handler(), Token: token,
	})))
	s.clients.gate.open(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.health.Serves(r.URL.Path) {
			s.health.ServeHTTP(w, r)
			return
		}
		starting(w)
	}))
	return nil
}

// adminApps returns the apps for the API, nil until they are loaded.
func (s *Server) adminApps() admin.Apps {
	if !s.appsAreOpen.Load() {
		return nil
	}
	return s.apps
}
