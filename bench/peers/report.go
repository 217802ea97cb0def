package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/parley-im/parley/bench/fanout"
	"github.com/parley-im/parley/bench/machine"
)

// report is what a run found out: fanout's, of more servers, with yardsticks.
type report struct {
	fanout.Report
	Command []string `json:"command"`
	// Versions are those of the peers, by name.
	Versions   map[string]string `json:"versions"`
	Yardsticks []yardstick       `json:"yardsticks"`

	peers []string
}

func newReport(o *options, pinned *machine.Pinned) *report {
	r := &report{Command: os.Args, Versions: map[string]string{}, Report: fanout.Report{
		Benchmark: "peers", Format: fanout.ReportFormat, Started: time.Now().UTC().Truncate(time.Second), Machine: machine.Describe(), Pinned: pinned,
	}}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				r.Parley.Commit = s.Value
			}
		}
	}
	for _, s := range o.servers {
		if s.peer {
			r.peers = append(r.peers, s.name)
		}
		if s.version != nil {
			r.Versions[s.name] = s.version()
		}
	}
	return r
}

// add takes what came out of a scenario.
func (r *report) add(result fanout.Result) {
	for _, s := range result.Servers {
		if s.Server == parleyName && len(s.Runs) > 0 {
			r.Parley.Version = s.Runs[0].Version
		}
	}
	r.Results = append(r.Results, result)
	r.Yardsticks = append(r.Yardsticks, yardsticks(&result, r.peers)...)
}

// save writes all files; path "" = none.
func (r *report) save(path string) error {
	if path == "" {
		return nil
	}
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	for ext, write := range map[string]func(io.Writer) error{
		".json": r.json, ".csv": func(w io.Writer) error { return fanout.WriteCSV(w, &r.Report) }, ".md": r.markdown, ".svg": r.plot,
	} {
		err = errors.Join(err, toFile(path+ext, write))
	}
	return err
}

func toFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

func (r *report) json(w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(r)
}
