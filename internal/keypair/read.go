package keypair

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"slices"
	"strings"
)

// Files are the paths of a certificate and of its key, both PEM. Links to other files are followed.
type Files struct {
	// Cert holds the certificate, then those by which it leads to its CA, if there are any.
	Cert string
	// Key holds the certificate's private key, not encrypted. It may be the same file.
	Key string
}

// None reports whether no file is named.
func (f Files) None() bool { return f == Files{} }

// Validate returns an error unless both files are named, or none. flags is how the names of their flags begin: "tls" for --tls-cert and
// --tls-key; so it is below.
func (f Files) Validate(flags string) error {
	if (f.Cert == "") == (f.Key == "") {
		return nil
	}
	return fmt.Errorf("%s-cert and %s-key: give both, or none", flags, flags)
}

// Read reads the files. An error is one line that names flag and file. The Leaf is set.
func (f Files) Read(flags string) (tls.Certificate, error) {
	t, err := f.texts(flags)
	if err != nil {
		return tls.Certificate{}, err
	}
	return f.parse(flags, t)
}

// texts is what the files hold.
type texts struct{ cert, key string }

// maxBytes is more than any certificate takes with all that it was signed by.
const maxBytes = 1 << 20

func (f Files) texts(flags string) (t texts, err error) {
	for _, file := range []struct {
		flag, path string
		into       *string
	}{{"cert", f.Cert, &t.cert}, {"key", f.Key, &t.key}} {
		text, err := read(file.path)
		if err != nil {
			return texts{}, fmt.Errorf("%s-%s: %w", flags, file.flag, err)
		}
		*file.into = string(text)
	}
	return t, nil
}

// read is os.ReadFile for files that can be read again: it does not wait for who writes to a pipe.
func read(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.Size() > maxBytes && info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: has %d bytes, which no certificate or key has", path, info.Size())
	case !info.Mode().IsRegular() && !info.IsDir():
		return nil, fmt.Errorf("%s: is no regular file", path)
	}
	return os.ReadFile(path)
}

// parse returns what the texts of the files mean.
func (f Files) parse(flags string, t texts) (tls.Certificate, error) {
	cert, key := []byte(t.cert), []byte(t.key)
	switch {
	case !holds(cert, func(t string) bool { return t == "CERTIFICATE" }):
		return tls.Certificate{}, fmt.Errorf("%s-cert %s: holds no certificate; it must be PEM", flags, f.Cert)
	case holds(key, func(t string) bool { return t == "ENCRYPTED PRIVATE KEY" }):
		return tls.Certificate{}, fmt.Errorf("%s-key %s: is encrypted; a node has nobody to ask for a password", flags, f.Key)
	case !holds(key, func(t string) bool { return strings.HasSuffix(t, "PRIVATE KEY") }):
		return tls.Certificate{}, fmt.Errorf("%s-key %s: holds no private key; it must be PEM", flags, f.Key)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("%s-key %s: is not the key of %s-cert %s, or one of the two is damaged: %w", flags, f.Key, flags, f.Cert, err)
	}
	return pair, nil
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

// openToOthers are the permissions that the file of a key should not have. A group may read it: that is how secrets are mounted
// into containers.
const openToOthers = 0o027

// OpenToOthers reports whether others than its owner and its group may read a key, or others than its owner write it, in a file of that mode.
func OpenToOthers(mode os.FileMode) bool { return mode.Perm()&openToOthers != 0 }

// Names are the hosts that a certificate is for, for people.
func Names(cert *x509.Certificate) string {
	all := slices.Clone(cert.DNSNames)
	for _, ip := range cert.IPAddresses {
		all = append(all, ip.String())
	}
	if len(all) == 0 {
		return "no host"
	}
	return strings.Join(all, ", ")
}
