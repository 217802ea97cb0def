package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// page is where the page is, resultFiles where the results are, below the root of the repository.
const (
	page        = "docs/capacity.md"
	resultFiles = "bench/results/*-peers.csv"
)

func main() {
	err := write(".")
	if err != nil {
		fmt.Fprintln(os.Stderr, "capacity:", err)
		os.Exit(1)
	}
}

// write writes the page of the repository at root.
func write(root string) error {
	text, err := render(root)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, page), []byte(text), 0o644)
}

// render returns the page that the newest results of the repository at root make.
func render(root string) (string, error) {
	paths, err := filepath.Glob(filepath.Join(root, resultFiles))
	if err != nil {
		return "", err
	}
	if len(paths) == 0 {
		return "", errors.New("no results: run it at the root of the repository, after make bench-peers")
	}
	newest := paths[len(paths)-1] // their names begin with the date
	f, err := os.Open(newest)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // it was only read
	r, err := read(f)
	if err != nil {
		return "", fmt.Errorf("%s: %w", newest, err)
	}
	return r.page(filepath.Base(newest))
}
