package fanout

import (
	"errors"
	"net/url"
	"time"
)

// Options say what to measure, and whom.
type Options struct {
	// Scenario is the load.
	Scenario
	// Protocol speaks to the server.
	Protocol Protocol
	// PID is the server's process, for what it uses; 0 = its metrics tell that, or nobody.
	PID int
	// AdminURL is the root of the server's /metrics, in Prometheus's text format; "" = there is none.
	AdminURL string
	// Quiet is how long nothing may arrive, after the last broadcast, before what is missing counts as lost; 0 = 3 s.
	Quiet time.Duration
	// OnProgress is told a few times a second how far the run is, from one goroutine; nil = nobody.
	OnProgress func(Progress)
}

// Validate returns everything that is wrong with o, with the rules; nil when nothing is.
func (o *Options) Validate() error {
	return errors.Join(
		check(o.Protocol != nil, "a protocol is needed"),
		check(o.AdminURL == "" || checkURL("admin", o.AdminURL) == nil, "admin %q: must be http://HOST:PORT", o.AdminURL),
		o.Scenario.Validate(),
	)
}

func checkURL(name, s string) error {
	u, err := url.Parse(s)
	plain := err == nil && u.Scheme == "http" && u.Host != "" && (u.Path == "" || u.Path == "/") && u.RawQuery == ""
	return check(plain, "%s %q: must be http://HOST:PORT", name, s)
}
