package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/parley-im/parley/internal/server"
)

// peersFlag collects the first members of a cluster, separated by commas or spaces.
type peersFlag []server.Peer

// String implements flag.Value.
func (f *peersFlag) String() string { return "" }

// Set implements flag.Value.
func (f *peersFlag) Set(value string) error {
	for _, field := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' }) {
		p, err := server.ParsePeer(field)
		if err != nil {
			return err
		}
		*f = append(*f, p)
	}
	return nil
}

// openToOthers are the permissions that the file of a secret must not have. A group may read it: that is how secrets are mounted into
// containers.
const openToOthers = 0o027

// readSecret reads a cluster's secret without the white space around it; none for no path. It refuses a file that others may
// read, as ssh and MongoDB do: whoever started the node would not notice a warning.
func readSecret(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cluster-secret-file: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("cluster-secret-file: %w", err)
	}
	if mode := info.Mode().Perm(); mode&openToOthers != 0 {
		return nil, fmt.Errorf("cluster-secret-file %s: open to others (mode %04o); chmod 600 it", path, mode)
	}
	text, err := io.ReadAll(io.LimitReader(f, 2*server.MaxSecret))
	if err != nil {
		return nil, fmt.Errorf("cluster-secret-file: %w", err)
	}
	if text = bytes.TrimSpace(text); len(text) == 0 {
		return nil, fmt.Errorf("cluster-secret-file %s: empty", path)
	}
	return text, nil
}
