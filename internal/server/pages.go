package server

import (
	"context"
	"net"
	"net/http"
	"strings"

	"github.com/parley-im/parley/transport/pages"
)

// Whether the pages may use the first app: by Options.Demo.
const (
	DemoAuto = "auto"
	DemoOn   = "on"
	DemoOff  = "off"
)

// openPages reads the pages; changes to their files from here on are not seen.
func (s *Server) openPages(context.Context) (err error) {
	s.pages, err = pages.New(pages.Options{Files: s.opts.Pages, Demo: s.demoApp})
	return err
}

// demoApp returns the app that the pages may use: the first that was given, or that there is.
func (s *Server) demoApp(r *http.Request) (appID, key string, ok bool) {
	if !s.lendsApp(r) {
		return "", "", false
	}
	apps := s.opts.Apps
	if len(apps) == 0 {
		apps = s.apps.List()
	}
	if len(apps) == 0 {
		return "", "", false
	}
	return string(apps[0].ID), apps[0].ClientKey, true
}

// lendsApp reports whether the page of a request may use an app: whoever opens it can act for its users. With DemoAuto it may
// when both this node and the page's address are this machine's, for whoever has their own name lead to 127.0.0.1 is somewhere else, and
// so is a proxy's client. NB: a proxy that neither keeps the address nor says that it is one looks like a browser here.
func (s *Server) lendsApp(r *http.Request) bool {
	if s.opts.Demo != DemoAuto {
		return s.opts.Demo == DemoOn
	}
	return isThisMachine(s.opts.Listen) && isThisMachine(r.Host) && !isForwarded(r)
}

// isForwarded reports whether a proxy says that it has passed a request on, or speaks as only proxies still do.
func isForwarded(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"} {
		if r.Header.Get(name) != "" {
			return true
		}
	}
	return !r.ProtoAtLeast(1, 1)
}

// isThisMachine reports whether an address, with or without a port, is one of the loopback interface. NB: isLoopback takes what is none for one.
func isThisMachine(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = strings.Trim(addr, "[]")
	}
	return isLoopbackHost(host)
}
