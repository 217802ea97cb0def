// Package s3test runs a real S3 server for tests: Versity's gateway, on a directory.
package s3test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

// Bucket is the one that a Gateway has.
const Bucket = "files"

// Gateway is a server that runs.
type Gateway struct {
	// Addr is its HOST:PORT.
	Addr string

	t           testing.TB
	dir, binary string
	command     *exec.Cmd
	ended       chan struct{}
}

const accessKey, secretKey = "parley-tests", "parley-tests-secret"

// Start starts a Gateway, which ends with the test. The process's environment has its keys from then on.
func Start(t testing.TB) *Gateway {
	t.Helper()
	setKeys()
	g := &Gateway{t: t, dir: t.TempDir()}
	for _, dir := range []string{"data", "meta", "data/" + Bucket} {
		if err := os.Mkdir(filepath.Join(g.dir, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	g.binary = build(t, g.dir)
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is at once
	if err != nil {
		t.Fatal(err)
	}
	g.Addr = l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	g.Launch()
	t.Cleanup(g.Kill)
	return g
}

// setKeys sets the keys by which Gateways know whom they serve, where those that run here look for them.
var setKeys = sync.OnceFunc(func() {
	_ = os.Setenv("AWS_ACCESS_KEY_ID", accessKey)     // a name like any
	_ = os.Setenv("AWS_SECRET_ACCESS_KEY", secretKey) // as above
})

// Address is what --blob takes to keep files below a prefix.
func (g *Gateway) Address(prefix string) string {
	return fmt.Sprintf("s3://%s/%s?endpoint=http://%s&region=us-east-1", Bucket, prefix, g.Addr)
}

// Launch starts it again after Kill, with what it had.
func (g *Gateway) Launch() {
	g.t.Helper()
	g.command = exec.Command(g.binary, "--access", accessKey, "--secret", secretKey, "--port", g.Addr, "--quiet", //nolint:noctx // it ends by Kill
		"posix", "--sidecar", filepath.Join(g.dir, "meta"), filepath.Join(g.dir, "data"))
	output, err := os.Create(filepath.Join(g.dir, "output")) //nolint:gosec // a test's
	if err != nil {
		g.t.Fatal(err)
	}
	defer output.Close() //nolint:errcheck // the child has it
	g.command.Stdout, g.command.Stderr = output, output
	if err := g.command.Start(); err != nil {
		g.t.Fatal(err)
	}
	g.ended = make(chan struct{})
	go func(c *exec.Cmd, ended chan struct{}) { _ = c.Wait(); close(ended) }(g.command, g.ended) // how it ended is of no interest
	g.await()
}

// await waits until it answers.
func (g *Gateway) await() {
	g.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if c, err := net.Dial("tcp", g.Addr); err == nil { //nolint:noctx // the port is here
			_ = c.Close() // it was there
			return
		}
		select {
		case <-g.ended:
			text, _ := os.ReadFile(filepath.Join(g.dir, "output"))
			g.t.Fatalf("the S3 server has ended: %s", text)
		case <-tick.C:
		}
	}
}

// Kill ends it at once.
func (g *Gateway) Kill() {
	_ = g.command.Process.Kill() // or it has ended
	<-g.ended
}

// build builds the server; the go command has all parts of it but for the first time.
func build(t testing.TB, dir string) (path string) {
	t.Helper()
	_, self, _, _ := runtime.Caller(0) //nolint:dogsled // the file is all that is asked
	path = filepath.Join(dir, "versitygw")
	command := exec.Command("go", "build", "-o", path, "github.com/versity/versitygw/cmd/versitygw") //nolint:noctx // the test has the patience
	command.Dir = filepath.Join(filepath.Dir(self), "gateway")
	if text, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build of the S3 server: %v: %s", err, text)
	}
	return path
}
