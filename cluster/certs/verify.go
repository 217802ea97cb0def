package certs

import (
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/parley-im/parley/internal/keypair"
)

// verify asks of the node's own certificate what the other nodes will ask of it, but for its names.
func (f Files) verify(s *set) error {
	between := x509.NewCertPool()
	for _, der := range s.own.Certificate[1:] {
		if cert, err := x509.ParseCertificate(der); err == nil {
			between.AddCert(cert)
		}
	}
	now := time.Now()
	for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
		_, err := s.own.Leaf.Verify(x509.VerifyOptions{
			Roots: s.roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{usage},
		})
		if err != nil {
			return f.explain(err, now)
		}
	}
	return nil
}

// explain says what is wrong with the node's own certificate, and what to do.
func (f Files) explain(err error, now time.Time) error {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	if errors.As(err, &unknown) {
		return fmt.Errorf("cluster-cert %s: was not signed by cluster-ca %s; have it signed by that, or name the CA that did", f.Cert, f.CA)
	}
	if !errors.As(err, &invalid) {
		return fmt.Errorf("cluster-cert %s: %w", f.Cert, err)
	}
	what := fmt.Sprintf("cluster-cert %s", f.Cert)
	if invalid.Cert.IsCA {
		what = fmt.Sprintf("cluster-ca %s, or what stands behind the certificate in cluster-cert %s", f.CA, f.Cert)
	}
	switch {
	case invalid.Reason == x509.Expired && now.Before(invalid.Cert.NotBefore):
		return fmt.Errorf("%s: is valid from %s on; is this machine's clock right?", what, invalid.Cert.NotBefore.UTC().Format(time.RFC3339))
	case invalid.Reason == x509.Expired:
		return fmt.Errorf("%s: has expired at %s; renew it", what, invalid.Cert.NotAfter.UTC().Format(time.RFC3339))
	case invalid.Reason == x509.IncompatibleUsage:
		return fmt.Errorf("%s: is not for both ends of a connection; sign it with extendedKeyUsage = serverAuth, clientAuth", what)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// covers returns an error unless the certificate is for all of these hosts.
func (f Files) covers(s *set, hosts []string) error {
	for _, host := range hosts {
		if err := s.own.Leaf.VerifyHostname(host); err != nil {
			return fmt.Errorf("cluster-cert %s: is for %s and not for %s, by which the other nodes dial this one; have that among its subjectAltName",
				f.Cert, keypair.Names(s.own.Leaf), host)
		}
	}
	return nil
}
