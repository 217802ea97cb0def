package lint

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// outside lists what no file of the repository may mention. The patterns are written so that this file does not match
// itself.
var outside = []struct {
	pattern *regexp.Regexp
	because string
}{
	{regexp.MustCompile(`registry\.np[m]js|registry\.yar[n]pkg|npmm[i]rror`), "a lock file that names a registry's host works behind that host only"},
	{regexp.MustCompile(`proxy\.gol[a]ng\.org|sum\.gol[a]ng\.org|goproxy\.[c]n`), "which module proxy is used is the reader's choice"},
	{regexp.MustCompile(`deb\.deb[i]an\.org|pypi\.[o]rg|crates\.[i]o/api`), "which mirror is used is the reader's choice"},
	{regexp.MustCompile(`(^|[\s"'(=:])/(wor[k]|roo[t]|hom[e]|User[s])/`), "a path of one machine means nothing on another"},
}

func checkText(path string, text []byte) (complaints []string) {
	if bytes.IndexByte(text, 0) >= 0 {
		return nil // no text
	}
	for _, o := range outside {
		if hit := o.pattern.Find(text); hit != nil {
			complaints = append(complaints, fmt.Sprintf("%s mentions %q: %s", path, strings.TrimSpace(string(hit)), o.because))
		}
	}
	return complaints
}

func TestRepository_SpeaksOfItselfAlone(t *testing.T) {
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if skipped[e.Name()] {
				return filepath.SkipDir
			}
			return nil
		}
		if !e.Type().IsRegular() || e.Name() == ".git" { // in a work tree .git is a file, and names a path
			return nil
		}
		text, err := os.ReadFile(path)
		report(t, checkText(path, text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// skipped are directories that are no part of the repository: git's, and those that it ignores.
var skipped = map[string]bool{".git": true, "node_modules": true, "bin": true, "parley-data": true}

func TestRepository_NoticesTheOutside(t *testing.T) {
	for _, bad := range []string{
		`"resolved": "https://registry.n` + `pmjs.org/ms/-/ms-0.7.1.tgz"`, "GOPROXY=https://proxy.gol" + "ang.org", "cd /wor" + "k/main", "see '/hom" + "e/me/notes'",
	} {
		wantComplaint(t, checkText("bad", []byte(bad)), "mentions")
	}
	report(t, checkText("good", []byte("https://github.com/parley-im/parley network/work/ /workshop")))
}
