package compat

import (
	"fmt"
	"testing"

	"github.com/parley-im/parley/cluster/certs/certstest"
	"github.com/parley-im/parley/internal/servertest"
)

// securely starts a node that speaks TLS to clients, by the certificate of a CA that they are told to trust.
func securely(t *testing.T) *servertest.Node {
	t.Helper()
	files := certstest.NewCA(t).Issue(t, t.TempDir(), certstest.Node{Hosts: []string{"127.0.0.1"}})
	s := servertest.New(t)
	s.SpeakTLS(files.Cert, files.Key, files.CA)
	s.Restart()
	return s
}

// Every client by every transport, over TLS: what TestMatrix_EveryClientByEveryTransport asks of them. They verify the certificate.
//
// Checked by breaking it: without NODE_EXTRA_CA_CERTS none of them logs in.
func TestTLS_ClientsMeet(t *testing.T) {
	t.Parallel()
	s := securely(t)
	for i, r := range releases {
		for j, w := range ways {
			k := inNode(r.number, w)
			t.Run(k.name, func(t *testing.T) {
				t.Parallel()
				meet(t, s, k, fmt.Sprintf("-%d-%d", i, j))
			})
		}
	}
}

// The SDKs talk over TLS, their sockets and their REST calls: the original one with its URL exchanged, ours by its option.
func TestTLS_SDK(t *testing.T) {
	t.Parallel()
	exchanged := maxleap
	exchanged.name, exchanged.args = maxleap.name+" by https", []string{"--require", "./clients/secure.js", "clients/maxleap.js", "maxleap-im"}
	for _, k := range []kind{exchanged, parley} {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			s := securely(t)
			tom, twin, jerry := login(t, s, k, "tom"), login(t, s, k, "tom"), login(t, s, k, "jerry")
			tom.befriend("jerry")
			talk(t, tom, twin, jerry)
			history(t, tom, jerry)
			tom.Do("drop", true)
			tom.AwaitNth("login", 2, nil)
			jerry.say("tom", number(0))
			tom.hears("message", number(0))
		})
	}
}
