package certs_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-im/parley/cluster/certs"
	"github.com/parley-im/parley/cluster/certs/certstest"
)

var node1 = certstest.Node{Hosts: []string{"10.0.0.1", "node1.example.org"}}

// serial is the number of the certificate that c shows.
func serial(t *testing.T, c *certs.Certs) string {
	t.Helper()
	shown := c.Server().Certificates[0]
	asked, err := c.Client("h").GetClientCertificate(nil)
	if err != nil || asked.Leaf.SerialNumber.Cmp(shown.Leaf.SerialNumber) != 0 {
		t.Errorf("both ends show different ones, %v", err)
	}
	return shown.Leaf.SerialNumber.String()
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What is wrong with the files is said in one line, which names the file and what to do.
//
// Checked by breaking it: the last five are taken when read does not verify.
func TestOpen_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	ca, other := certstest.NewCA(t), certstest.NewCA(t)
	good, foreign := ca.Issue(t, t.TempDir(), node1), other.Issue(t, t.TempDir(), node1)
	issue := func(n certstest.Node) certs.Files { return ca.Issue(t, t.TempDir(), n) }
	dir := t.TempDir()
	empty := write(t, filepath.Join(dir, "empty"), "")
	locked := write(t, filepath.Join(dir, "locked"), string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")})))
	hour := time.Hour
	for _, row := range []struct {
		files certs.Files
		want  string
	}{
		{certs.Files{Cert: dir + "/none", Key: good.Key, CA: good.CA}, "cluster-cert: stat " + dir + "/none: no such file"},
		{certs.Files{Cert: good.Cert, Key: dir + "/none", CA: good.CA}, "cluster-key: stat " + dir + "/none: no such file"},
		{certs.Files{Cert: good.Cert, Key: good.Key, CA: dir + "/none"}, "cluster-ca: stat " + dir + "/none: no such file"},
		{certs.Files{Cert: dir, Key: good.Key, CA: good.CA}, "cluster-cert: read " + dir + ": is a directory"},
		{certs.Files{Cert: empty, Key: good.Key, CA: good.CA}, "cluster-cert " + empty + ": holds no certificate"},
		{certs.Files{Cert: good.Cert, Key: empty, CA: good.CA}, "cluster-key " + empty + ": holds no private key"},
		{certs.Files{Cert: good.Cert, Key: locked, CA: good.CA}, "cluster-key " + locked + ": is encrypted"},
		{certs.Files{Cert: good.Cert, Key: good.Key, CA: empty}, "cluster-ca " + empty + ": holds no certificate"},
		{certs.Files{Cert: good.Key, Key: good.Cert, CA: good.CA}, "cluster-cert " + good.Key + ": holds no certificate"},
		{certs.Files{Cert: good.Cert, Key: foreign.Key, CA: good.CA}, "is not the key of cluster-cert " + good.Cert},
		{certs.Files{Cert: good.Cert, Key: good.Key, CA: foreign.CA}, "was not signed by cluster-ca " + foreign.CA},
		{issue(certstest.Node{From: time.Now().Add(-2 * hour), Until: time.Now().Add(-hour)}), "has expired at "},
		{issue(certstest.Node{From: time.Now().Add(hour), Until: time.Now().Add(2 * hour)}), "is this machine's clock right?"},
		{issue(certstest.Node{Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}), "extendedKeyUsage = serverAuth, clientAuth"},
		{issue(certstest.Node{Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}), "extendedKeyUsage = serverAuth, clientAuth"},
	} {
		if _, err := certs.Open(row.files, nil); err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want one line with %q", err, row.want)
		}
	}
}

// A key that others may read is taken, with a warning that says what to do; one that a group may read is how containers have theirs.
func TestOpen_WarnsOfAKeyThatIsOpen(t *testing.T) {
	t.Parallel()
	for mode, warns := range map[os.FileMode]bool{0o600: false, 0o640: false, 0o644: true, 0o620: true} {
		files := certstest.NewCA(t).Issue(t, t.TempDir(), node1)
		if err := os.Chmod(files.Key, mode); err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		if _, err := certs.Open(files, slog.New(slog.NewTextHandler(&log, nil))); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(log.String(), "chmod 600"); got != warns {
			t.Errorf("mode %o: warned %v: %s", mode, got, log.String())
		}
	}
}

// All three files, or none.
func TestFiles_AreThreeOrNone(t *testing.T) {
	t.Parallel()
	for _, f := range []certs.Files{{Cert: "c"}, {Key: "k"}, {CA: "a"}, {Cert: "c", Key: "k"}, {Cert: "c", CA: "a"}, {Key: "k", CA: "a"}} {
		if err := f.Validate(); err == nil {
			t.Errorf("%+v was taken", f)
		}
	}
	for _, f := range []certs.Files{{}, {Cert: "c", Key: "k", CA: "a"}} {
		if err := f.Validate(); err != nil {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

// A certificate is for the hosts among its subjectAltNames, addresses and names, and for no other.
func TestCerts_CoverHosts(t *testing.T) {
	t.Parallel()
	c, err := certs.Open(certstest.NewCA(t).Issue(t, t.TempDir(), node1), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Covers("10.0.0.1", "node1.example.org"); err != nil {
		t.Error(err)
	}
	for _, host := range []string{"10.0.0.2", "node2.example.org", "a node of tests"} {
		if err := c.Covers("10.0.0.1", host); err == nil || !strings.Contains(err.Error(), "is for node1.example.org, 10.0.0.1 and not for "+host) {
			t.Errorf("%s: %v", host, err)
		}
	}
}

// Files that were replaced count a second later, not sooner; half of a renewal does not, and is told once, until it is whole.
//
// Checked by breaking it: the new one never counts when changed says no; the log has many lines when the complaint is not kept.
func TestCerts_RenewalIsReadWhenWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		ca := certstest.NewCA(t)
		files := ca.Issue(t, dir, node1)
		var log bytes.Buffer
		c, err := certs.Open(files, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		first := serial(t, c)

		next := ca.Issue(t, t.TempDir(), node1)
		replace(t, next.Cert, files.Cert)
		if serial(t, c) != first {
			t.Error("the files were looked at at once")
		}
		for range 5 {
			<-time.After(time.Second)
			if serial(t, c) != first {
				t.Error("half of a renewal counts")
			}
		}
		if n := strings.Count(log.String(), "is not the key of cluster-cert"); n != 1 {
			t.Errorf("told %d times:\n%s", n, log.String())
		}
		replace(t, next.Key, files.Key)
		<-time.After(time.Second)
		second := serial(t, c)
		if second == first {
			t.Error("the whole renewal does not count")
		}
		roots := c.Client("h").RootCAs
		certstest.NewCA(t).Issue(t, dir, node1)
		<-time.After(time.Second)
		if serial(t, c) == second || c.Server().ClientCAs.Equal(roots) || c.Client("h").RootCAs.Equal(roots) {
			t.Error("another CA does not count")
		}
		if n := strings.Count(log.String(), "certificates were read again"); n != 2 {
			t.Errorf("read again %d times:\n%s", n, log.String())
		}
	})
}

func replace(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// A file that goes away leaves what was read, and one that was only touched is no renewal.
func TestCerts_StayWhenFilesGo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		files := certstest.NewCA(t).Issue(t, dir, node1)
		var log bytes.Buffer
		c, err := certs.Open(files, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		first := serial(t, c)
		replace(t, files.CA, files.CA+".away")
		<-time.After(time.Second)
		if serial(t, c) != first || !strings.Contains(log.String(), "cluster-ca: stat") {
			t.Errorf("the log says %s", log.String())
		}
		replace(t, files.CA+".away", files.CA)
		<-time.After(time.Second)
		if serial(t, c) != first || !strings.Contains(log.String(), "certificates were read again") {
			t.Errorf("the log says %s", log.String())
		}
		if err := os.Chtimes(files.Key, time.Time{}, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		before := log.Len()
		<-time.After(time.Second)
		if serial(t, c) != first || log.Len() != before {
			t.Errorf("the log says %s", log.String())
		}
	})
}
