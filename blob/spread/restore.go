package spread

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/parley-im/parley/blob"
)

// batch bounds how many names one node asks another for at a time, and maxQuestion how long that may be, in bytes.
const (
	batch       = 500
	maxQuestion = batch * 64
)

// Restore sees that each file of this node is on another one, too, and brings it to the first that is to have it where no other has. After
// nil all of them have a copy. It is to be called when members have changed, or one has lost its files.
func (s *Spread) Restore(ctx context.Context) (copied int, err error) {
	var some []blob.Info
	var problems []error
	restore := func() {
		n, err := s.restore(ctx, some)
		copied, problems, some = copied+n, append(problems, err), some[:0]
	}
	err = s.o.Local.Each(ctx, func(f blob.Info) error {
		if some = append(some, f); len(some) == batch {
			restore()
		}
		return ctx.Err()
	})
	restore()
	return copied, errors.Join(append(problems, err)...)
}

// restore restores up to a batch of files. Where a node cannot be asked, it may have them.
func (s *Spread) restore(ctx context.Context, files []blob.Info) (copied int, err error) {
	others := s.o.Others()
	var problems []error
	if len(files) == 0 {
		return 0, nil
	}
	for turn := range others {
		asked := map[string][]blob.Info{}
		for _, f := range files {
			node := ranked(others, f.Name)[turn]
			asked[node] = append(asked[node], f)
		}
		files = nil
		for node, some := range asked {
			lacking, err := s.askLacking(ctx, node, some)
			problems = append(problems, err)
			files = append(files, lacking...)
		}
	}
	for _, f := range files {
		if len(others) == 0 {
			break
		}
		var done bool
		done, others, err = s.copyFile(ctx, others, f)
		if problems = append(problems, err); done {
			copied++
		}
	}
	return copied, errors.Join(problems...)
}

// askLacking asks a node which of the files it lacks.
func (s *Spread) askLacking(ctx context.Context, node string, files []blob.Info) (lacking []blob.Info, err error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	var question strings.Builder
	for _, f := range files {
		question.WriteString(string(f.Name) + "\n")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+node+Path, strings.NewReader(question.String()))
	if err != nil {
		return nil, err
	}
	res, err := s.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close() //nolint:errcheck // it was read
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("spread: %s answers %s", node, res.Status)
	}
	names, err := readNames(res.Body)
	return slices.DeleteFunc(files, func(f blob.Info) bool { return !slices.Contains(names, f.Name) }), err
}

// readNames reads names, each in a line of its own.
func readNames(r io.Reader) (names []blob.Name, err error) {
	lines := bufio.NewScanner(io.LimitReader(r, maxQuestion))
	for lines.Scan() {
		name, ok := blob.ParseName(lines.Text())
		if !ok {
			return nil, errMalformed
		}
		names = append(names, name)
	}
	return names, lines.Err()
}

// copyFile brings a file that is here to the first of nodes that keeps it, and returns those that may keep more: who does not keep one is not
// asked again. One that has gone meanwhile was too old.
func (s *Spread) copyFile(ctx context.Context, nodes []string, info blob.Info) (done bool, left []string, err error) {
	f, err := s.o.Local.Open(ctx, info.Name)
	if errors.Is(err, blob.ErrNotFound) {
		return false, nodes, nil
	}
	if err != nil {
		return false, nodes, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	var problems []error
	for _, node := range ranked(nodes, info.Name) {
		_, err := f.Seek(0, io.SeekStart)
		if err == nil {
			err = s.copyTo(ctx, node, f, f.Info())
		}
		if err == nil {
			return true, nodes, errors.Join(problems...)
		}
		problems = append(problems, err)
		nodes = slices.DeleteFunc(slices.Clone(nodes), func(n string) bool { return n == node })
	}
	return false, nodes, errors.Join(append(problems, ErrNoCopy)...)
}

// serveLacking answers which of the names that are asked for this node lacks.
func (s *Spread) serveLacking(w http.ResponseWriter, r *http.Request) {
	names, err := readNames(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	var lacking strings.Builder
	for _, name := range names {
		f, err := s.o.Local.Open(r.Context(), name)
		switch {
		case errors.Is(err, blob.ErrNotFound):
			lacking.WriteString(string(name) + "\n")
		case err == nil:
			f.Close() //nolint:errcheck // it was only looked for
		default:
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
	}
	io.WriteString(w, lacking.String()) //nolint:errcheck // whoever asked is gone
}
