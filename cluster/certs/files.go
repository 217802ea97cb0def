package certs

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
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

// openToOthers are the permissions that the file of a key should not have. A group may read it: that is how secrets are mounted
// into containers.
const openToOthers = 0o027

// read reads the files and looks at what is in them.
func (f Files) read() (*set, error) {
	s := &set{}
	var err error
	if s.stamps, err = f.stamps(); err != nil {
		return nil, err
	}
	if mode := s.stamps[1].Mode().Perm(); mode&openToOthers != 0 {
		s.open = mode
	}
	if err := f.readOwn(s); err != nil {
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

// readOwn reads the node's certificate and key.
func (f Files) readOwn(s *set) error {
	cert, err := os.ReadFile(f.Cert)
	if err != nil {
		return fmt.Errorf("cluster-cert: %w", err)
	}
	key, err := os.ReadFile(f.Key)
	if err != nil {
		return fmt.Errorf("cluster-key: %w", err)
	}
	switch {
	case !holds(cert, func(t string) bool { return t == "CERTIFICATE" }):
		return fmt.Errorf("cluster-cert %s: holds no certificate; it must be PEM", f.Cert)
	case holds(key, func(t string) bool { return t == "ENCRYPTED PRIVATE KEY" }):
		return fmt.Errorf("cluster-key %s: is encrypted; a node has nobody to ask for a password", f.Key)
	case !holds(key, func(t string) bool { return strings.HasSuffix(t, "PRIVATE KEY") }):
		return fmt.Errorf("cluster-key %s: holds no private key; it must be PEM", f.Key)
	}
	if s.own, err = tls.X509KeyPair(cert, key); err != nil {
		return fmt.Errorf("cluster-key %s: is not the key of cluster-cert %s, or one of the two is damaged: %w", f.Key, f.Cert, err)
	}
	return nil
}

// holds reports whether text has a block of PEM of such a type.
func holds(text []byte, is func(blockType string) bool) bool {
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			return false
		}
		if is(block.Type) {
			return true
		}
		text = rest
	}
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
