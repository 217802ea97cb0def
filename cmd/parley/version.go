package main

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
)

// release is set by the release build: -ldflags "-X main.release=1.2.3".
var release = ""

// build is what `parley version --json` writes.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

func thisBuild() build {
	b := build{Version: release, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Commit = s.Value[:min(12, len(s.Value))]
			}
		}
	}
	if b.Version == "" {
		b.Version = "dev"
	}
	return b
}

func (b build) String() string {
	s := "parley " + b.Version
	if b.Commit != "" {
		s += " (" + b.Commit + ")"
	}
	return s + " " + b.Go + " " + b.OS + "/" + b.Arch
}

func version(_ context.Context, args []string, e env) error {
	fs := newFlags("version")
	asJSON := fs.Bool("json", false, "write JSON")
	rest, err := load(fs, args, e)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return misuse("version", "unexpected argument %q", rest[0])
	}
	if *asJSON {
		return json.NewEncoder(e.stdout).Encode(thisBuild())
	}
	_, err = fmt.Fprintln(e.stdout, thisBuild())
	return err
}
