package servertest

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
)

// SpeakTLS makes the next starts listen to clients over TLS, by a certificate that ca has signed. All three are files.
func (n *Node) SpeakTLS(cert, key, ca string) {
	n.SetFlag("--tls-cert", cert)
	n.SetFlag("--tls-key", key)
	n.CA = ca
}

// TLS returns how to speak to the node as a client, nil without TLS.
func (n *Node) TLS() *tls.Config {
	n.t.Helper()
	if n.CA == "" {
		return nil
	}
	ca, err := os.ReadFile(n.CA)
	if err != nil {
		n.t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		n.t.Fatalf("%s holds no certificate", n.CA)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
}

// HTTP returns a client that trusts the node and keeps no connection.
func (n *Node) HTTP() *http.Client {
	n.t.Helper()
	if n.CA == "" {
		return httpClient
	}
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: n.TLS()}}
}

func (n *Node) scheme() string {
	if n.CA == "" {
		return "http://"
	}
	return "https://"
}
