package web

import (
	"io/fs"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What is built has all that is served, and is there for the next who asks.
func TestBuild_HasThePagesAndTheSDK(t *testing.T) {
	for range 2 {
		files, err := Build(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"index.html", "chat.js", "chat.css", "icon.svg", "sdk/ML.im.js", "sdk/ML.im.esm.js"} {
			if info, err := fs.Stat(files, name); err != nil || info.Size() == 0 {
				t.Errorf("%s: %v, %v", name, info, err)
			}
		}
	}
}

// A server runs nothing that somebody else has put where its sources were.
//
// Checked by breaking it: it fails when the owner is not looked at, and when the path is not.
func TestBuild_TrustsNobodyElsesSources(t *testing.T) {
	dir := t.TempDir()
	if err := check(dir, os.Geteuid()); err != nil {
		t.Errorf("a directory of one's own: %v", err)
	}
	if check(dir, os.Geteuid()+1) == nil {
		t.Error("a directory of somebody else's is trusted")
	}
	if check(".", os.Geteuid()) == nil {
		t.Error("a directory that depends on where the server was started is trusted")
	}
	if check(dir+"/none", os.Geteuid()) == nil {
		t.Error("a directory that is not there is trusted")
	}
}
