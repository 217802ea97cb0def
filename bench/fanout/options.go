package fanout

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"time"
)

// Options say what to measure. Few have defaults here; cmd/parley has them.
type Options struct {
	// URL is the server's root, http://HOST:PORT. App and Key (any of its keys) belong to an app of it.
	URL      string
	App, Key string
	// AdminURL is the root of its /metrics, for the processor time that it uses; "" = that is not measured.
	AdminURL string
	// Revision of Engine.IO: 3 or 4.
	Revision int
	// Rooms is how many rooms there are, Members how many members each has, and Senders how many of those speak. Everybody
	// is in one room.
	Rooms, Members, Senders int
	// Window is how many broadcasts are outstanding in all (closed load), Rate how many are due per second in all (open
	// load). Exactly one of them is positive.
	Window int
	Rate   float64
	// Size of a message's body in bytes, at least MinSize.
	Size int
	// Duration is how long is measured, after Warmup.
	Duration, Warmup time.Duration
	// Quiet is how long nothing may arrive, after the last broadcast, before what is missing counts as lost; 0 = 3 s.
	Quiet time.Duration
	// OnProgress is told a few times a second how far the run is, from one goroutine; nil = nobody.
	OnProgress func(Progress)
}

const (
	// MinSize is the size of the header that every body begins with.
	MinSize = headerBytes
	// MaxSize is what a server must take at least (MaxIM protocol, 5.3), less the rest of a `say`.
	MaxSize = 60 << 10
	// maxWindow and maxRate are far beyond any server, and keep numbers within their bounds.
	maxWindow = 1 << 16
	maxRate   = 5e5
	// maxLogins bounds the sockets of one generator.
	maxLogins = 1 << 20
	// maxDuration keeps the numbers of broadcasts and the histogram within their bounds.
	maxDuration = time.Hour
)

// Validate returns everything that is wrong with o, with the rules; nil when nothing is.
func (o *Options) Validate() error {
	return errors.Join(
		checkURL("target", o.URL),
		check(o.AdminURL == "" || checkURL("admin", o.AdminURL) == nil, "admin %q: must be http://HOST:PORT", o.AdminURL),
		check(o.App != "" && o.Key != "", "app: id and key are needed"),
		check(o.Revision == 3 || o.Revision == 4, "revision %d: 3 or 4", o.Revision),
		check(o.Rooms >= 1, "rooms %d: at least 1", o.Rooms),
		check(o.Members >= 2, "members %d: at least 2, one speaks and one hears", o.Members),
		check(o.Rooms < 1 || o.Members <= maxLogins/o.Rooms, "members %d in %d rooms: at most %d in all", o.Members, o.Rooms, maxLogins),
		check(o.Senders >= 1 && o.Senders <= o.Members, "senders %d: from 1 to the number of members", o.Senders),
		check(o.Window > 0 != (o.Rate > 0), "window and rate: exactly one of them"),
		check(o.Window >= 0 && o.Window <= maxWindow, "window %d: from 1 to %d", o.Window, maxWindow),
		check(o.Rate >= 0 && o.Rate <= maxRate && !math.IsNaN(o.Rate), "rate %v: up to %d a second", o.Rate, int(maxRate)),
		check(o.Size >= MinSize && o.Size <= MaxSize, "size %d: from %d (the header) to %d bytes", o.Size, MinSize, MaxSize),
		check(o.Duration > 0 && o.Duration <= maxDuration, "duration %v: up to %v", o.Duration, maxDuration),
		check(o.Warmup >= 0 && o.Warmup <= maxDuration, "warmup %v: up to %v", o.Warmup, maxDuration),
	)
}

func check(holds bool, format string, args ...any) error {
	if holds {
		return nil
	}
	return fmt.Errorf(format, args...)
}

func checkURL(name, s string) error {
	u, err := url.Parse(s)
	plain := err == nil && u.Scheme == "http" && u.Host != "" && (u.Path == "" || u.Path == "/") && u.RawQuery == ""
	return check(plain, "%s %q: must be http://HOST:PORT", name, s)
}
