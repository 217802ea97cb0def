// Package certstest makes CAs and certificates of nodes, for tests.
//
//	ca := certstest.NewCA(t)
//	files := ca.Issue(t, t.TempDir(), certstest.Node{Hosts: []string{"127.0.0.1"}})
package certstest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/parley-im/parley/cluster/certs"
)

// CA signs certificates.
type CA struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// Node says what a certificate is to be; the zero value is valid for an hour, for no host, as server and as client.
type Node struct {
	// Hosts are the addresses and names that it is for.
	Hosts []string
	// From and Until are when it is valid; zero = an hour ago, an hour from now.
	From, Until time.Time
	// Usages are what it is for; nil = serverAuth and clientAuth.
	Usages []x509.ExtKeyUsage
}

// NewCA returns a CA that is valid for a day.
func NewCA(t testing.TB) *CA {
	t.Helper()
	c := &CA{key: newKey(t)}
	c.cert = &x509.Certificate{
		Subject: pkix.Name{CommonName: "a CA of tests"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	var err error
	if c.cert, err = x509.ParseCertificate(c.sign(t, c.cert, c.cert, c.key)); err != nil {
		t.Fatal(err)
	}
	return c
}

// Issue writes a certificate, its key and the CA's own certificate to dir, over those that are there.
func (c *CA) Issue(t testing.TB, dir string, n Node) certs.Files {
	t.Helper()
	files := certs.Files{Cert: filepath.Join(dir, "node.crt"), Key: filepath.Join(dir, "node.key"), CA: filepath.Join(dir, "ca.crt")}
	key := newKey(t)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, files.CA, "CERTIFICATE", c.cert.Raw)
	write(t, files.Key, "PRIVATE KEY", der)
	write(t, files.Cert, "CERTIFICATE", c.sign(t, n.template(), c.cert, key))
	return files
}

func (n Node) template() *x509.Certificate {
	cert := &x509.Certificate{
		Subject: pkix.Name{CommonName: "a node of tests"}, KeyUsage: x509.KeyUsageDigitalSignature,
		NotBefore: n.From, NotAfter: n.Until, ExtKeyUsage: n.Usages,
	}
	if n.From.IsZero() {
		cert.NotBefore = time.Now().Add(-time.Hour)
	}
	if n.Until.IsZero() {
		cert.NotAfter = time.Now().Add(time.Hour)
	}
	if n.Usages == nil {
		cert.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	}
	for _, h := range n.Hosts {
		if ip := net.ParseIP(h); ip != nil {
			cert.IPAddresses = append(cert.IPAddresses, ip)
		} else {
			cert.DNSNames = append(cert.DNSNames, h)
		}
	}
	return cert
}

// sign returns template as a certificate of key, signed by parent.
func (c *CA) sign(t testing.TB, template, parent *x509.Certificate, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 100))
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = serial
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), c.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// write replaces a file at once, as what renews certificates does.
func write(t testing.TB, path, blockType string, der []byte) {
	t.Helper()
	fresh := path + ".new"
	if err := os.WriteFile(fresh, pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(fresh, path); err != nil {
		t.Fatal(err)
	}
}
