package server

import (
	"context"
	"net"

	"github.com/parley-im/parley/cluster/certs"
	"github.com/parley-im/parley/cluster/link"
)

// readCerts reads what this node proves itself by. It comes first: who cannot do so touches nothing.
func (s *Server) readCerts(context.Context) error {
	if s.opts.Certs.None() {
		return nil
	}
	own, err := certs.Open(s.opts.Certs, s.logger)
	if err != nil {
		return err
	}
	s.certs = own
	if len(s.opts.Peers) == 0 && s.opts.Join == "" {
		return nil // who dials it, if anybody does, is known later
	}
	return s.coverPlace()
}

// credentials are those of links; nil = they speak no TLS.
func (s *Server) credentials() link.Credentials {
	if s.certs == nil {
		return nil
	}
	return s.certs
}

// coverPlace returns an error when the certificate is not for the hosts by which other nodes dial this one, as far as it knows them.
func (s *Server) coverPlace() error {
	place := s.opts.place()
	if s.certs == nil || place == nil {
		return nil
	}
	var hosts []string
	for _, addr := range []string{place.GetRaft(), place.GetActor()} {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return err
		}
		hosts = append(hosts, host)
	}
	return s.certs.Covers(hosts...)
}
