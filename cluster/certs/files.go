package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/parley-im/parley/internal/keypair"
)

// Files are the paths of what a node proves itself by, all three PEM. Links to other files are followed.
type Files struct {
	// Cert holds the node's certificate, for both ends of a connection (serverAuth and clientAuth), then those by which it leads
	// to the CA, if there are any.
	Cert string
	// Key holds the certificate's private key, not encrypted.
	Key string
	// CA holds the certificates of those that may have signed another node's, and have signed this node's.
	CA string
}

// None reports whether no file is named.
func (f Files) None() bool { return f == Files{} }

// Validate returns an error unless all three files are named, or none.
func (f Files) Validate() error {
	if f.None() || f.Cert != "" && f.Key != "" && f.CA != "" {
		return nil
	}
	return errors.New("cluster-cert, cluster-key and cluster-ca: give all three, or none")
}

// set is what the files hold at a time.
type set struct {
	own   tls.Certificate
	roots *x509.CertPool
	// ca is the CA's file, to see whether it is another one.
	ca string
	// stamps are those of the files, taken before they were read.
	stamps [3]os.FileInfo
	// open is the mode of a key that others may read; 0 = they may not.
	open os.FileMode
}

// read reads the files and looks at what is in them.
func (f Files) read() (*set, error) {
	s := &set{}
	var err error
	if s.stamps, err = f.stamps(); err != nil {
		return nil, err
	}
	if mode := s.stamps[1].Mode().Perm(); keypair.OpenToOthers(mode) {
		s.open = mode
	}
	if s.own, err = (keypair.Files{Cert: f.Cert, Key: f.Key}).Read("cluster"); err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(f.CA)
	if err != nil {
		return nil, fmt.Errorf("cluster-ca: %w", err)
	}
	s.ca, s.roots = string(ca), x509.NewCertPool()
	if !s.roots.AppendCertsFromPEM(ca) {
		return nil, fmt.Errorf("cluster-ca %s: holds no certificate; it must be PEM", f.CA)
	}
	return s, f.verify(s)
}

// stamps returns what the system says of the files.
func (f Files) stamps() (stamps [3]os.FileInfo, err error) {
	for i, file := range []struct{ flag, path string }{{"cluster-cert", f.Cert}, {"cluster-key", f.Key}, {"cluster-ca", f.CA}} {
		if stamps[i], err = os.Stat(file.path); err != nil {
			return stamps, fmt.Errorf("%s: %w", file.flag, err)
		}
	}
	return stamps, nil
}

// changed reports whether the files may be others than s was read from.
func (f Files) changed(s *set) bool {
	stamps, err := f.stamps()
	if err != nil {
		return true
	}
	for i, is := range stamps {
		if was := s.stamps[i]; !os.SameFile(is, was) || !is.ModTime().Equal(was.ModTime()) || is.Size() != was.Size() {
			return true
		}
	}
	return false
}

// differs reports whether s has another certificate or CA than before.
func (s *set) differs(before *set) bool {
	return s.ca != before.ca || !slices.EqualFunc(s.own.Certificate, before.own.Certificate, slices.Equal[[]byte])
}
