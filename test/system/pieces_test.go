package system

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// pieceBytes is the length of the pieces in which bodies are looked for: files cut long values in two, and pieces of them are
// bodies still.
const pieceBytes = 16

// pieces are those of random text that was written somewhere below a directory.
type pieces struct {
	dir string
	// which holds them; begins says which two bytes they begin with, since few places of a file do.
	which  map[string]bool
	begins [1 << 16]bool
}

func newPieces(dir string) *pieces { return &pieces{dir: dir, which: map[string]bool{}} }

// draw returns random text of so many bytes: 64 different ones, so that no program for compression finds anything to save, but one that
// counts letters, which neither store uses. Some of it is looked for from then on: a piece of each kilobyte.
func (p *pieces) draw(length int) string {
	random := make([]byte, length)
	rand.Read(random) //nolint:errcheck // never fails
	text := base64.RawURLEncoding.EncodeToString(random)[:length]
	for at := 0; at+pieceBytes <= length; at += 1024 {
		piece := text[at : at+pieceBytes]
		p.which[piece] = true
		p.begins[int(piece[0])<<8|int(piece[1])] = true
	}
	return text
}

// found counts the pieces in each file below the directory, and all together.
func (p *pieces) found() (in map[string]int, all map[string]bool, err error) {
	in, all = map[string]int{}, map[string]bool{}
	err = filepath.WalkDir(p.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return skipGone(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return skipGone(err)
		}
		for i := range len(data) - pieceBytes + 1 {
			if p.begins[int(data[i])<<8|int(data[i+1])] && p.which[string(data[i:i+pieceBytes])] {
				name, _ := filepath.Rel(p.dir, path)
				in[name]++
				all[string(data[i:i+pieceBytes])] = true
			}
		}
		return nil
	})
	return in, all, err
}

// skipGone lets files go while they are walked over: stores delete theirs when they like.
func skipGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// left is how many pieces are on the disk.
func (h *held) left() int {
	h.t.Helper()
	_, all, err := h.found()
	if err != nil {
		h.t.Fatal(err)
	}
	return len(all)
}

// where names the files that hold pieces, and how many.
func (h *held) where() string {
	h.t.Helper()
	in, _, err := h.found()
	if err != nil {
		h.t.Fatal(err)
	}
	var files []string
	for _, name := range slices.Sorted(maps.Keys(in)) {
		files = append(files, fmt.Sprintf("%s (%d)", name, in[name]))
	}
	return strings.Join(files, ", ")
}
