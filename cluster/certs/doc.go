// Package certs is how the nodes of a cluster prove themselves to each other by certificates: it reads a node's own certificate, its
// key and the CA that signed those of all nodes from files, says what is wrong with them, and makes configurations of TLS of them.
//
//	own, err := certs.Open(certs.Files{Cert: "node.crt", Key: "node.key", CA: "ca.crt"}, logger)
//	tls.Server(conn, own.Server())             // for a node that has dialled
//	tls.Client(conn, own.Client("10.0.0.2"))   // for one that was dialled there
//
// Both speak TLS 1.3 and nothing else, and hold the other side to a certificate that the CA signed: Client to one for the host
// that was dialled, with the usage serverAuth, Server to one of any name, with the usage clientAuth. So whoever holds a
// certificate of that CA for clientAuth may dial as any node: the CA must be the cluster's own. Sessions are not resumed, so each
// connection is proven anew.
//
// # Renewal
//
// The files are looked at when a connection is made, once a second at most, and read again when one of them is another one or was
// written to. Certificates that do not pass what Open asks of them, such as half of a renewal, are told in the log once, and what was
// read before stays until they do. Connections that are there stay as they are, also when a certificate expires.
//
// Certs are safe for concurrent use, start no goroutines, and need no end.
package certs
