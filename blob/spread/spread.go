package spread

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/parley-im/parley/blob"
)

// Options configure New. All but Logger and IsFull are required.
type Options struct {
	// Local is this node's own store, Spool where files arrive that come from others.
	Local Local
	Spool *blob.Spool
	// Others returns the names of the other members, reachable or not.
	Others func() []string
	// Transport reaches another node by its name as the host.
	Transport http.RoundTripper
	Logger    *slog.Logger
	// MaxBytes bounds a file that comes from another node.
	MaxBytes int64
	// IsFull reports whether there is no room for files of other nodes. Default: there is.
	IsFull func() bool
}

// Local is a store that can say what it has.
type Local interface {
	blob.Store
	// Each calls f for each file until that returns an error, which it returns.
	Each(ctx context.Context, f func(blob.Info) error) error
}

// Spread is a blob.Store. Safe for concurrent use.
type Spread struct {
	o    Options
	http http.Client
	// fetching has one fetch for each name.
	fetching singleflight.Group
	// asking bounds the fetches.
	asking chan struct{}
}

const (
	// Path begins what nodes ask each other.
	Path = "/_attachment/"
	// copyTimeout bounds how long a node takes to keep a file, fetchTimeout how long one takes to come.
	copyTimeout  = 10 * time.Second
	fetchTimeout = 30 * time.Second
	// maxFetches bounds how many files are looked for at other nodes at a time. Overflow: they wait.
	maxFetches = 32
)

// ErrNoCopy is returned by Put when no other node keeps the file, though there are others.
var ErrNoCopy = fmt.Errorf("spread: no other node keeps the file: %w", blob.ErrUnavailable)

// New returns a Spread.
func New(o Options) *Spread {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.IsFull == nil {
		o.IsFull = func() bool { return false }
	}
	return &Spread{o: o, http: http.Client{Transport: o.Transport}, asking: make(chan struct{}, maxFetches)}
}

// ranked returns nodes in the order in which they are to have a file (rendezvous hashing, Thaler and Ravishankar 1998).
func ranked(nodes []string, name blob.Name) []string {
	weight := func(node string) uint64 {
		h := fnv.New64a()
		fmt.Fprintf(h, "%s\x00%s", node, name) //nolint:errcheck // a hash takes everything
		return h.Sum64()
	}
	nodes = slices.Clone(nodes)
	slices.SortFunc(nodes, func(a, b string) int {
		if wa, wb := weight(a), weight(b); wa != wb {
			if wa > wb {
				return -1
			}
			return 1
		}
		return 0
	})
	return nodes
}

// Put implements blob.Store: the file is here and on another node when it returns nil. The other node comes first: while none is there,
// nothing is kept of what is tried again and again.
func (s *Spread) Put(ctx context.Context, d *blob.Draft, name blob.Name, stored time.Time) error {
	info := blob.Info{Name: name, Size: d.Size(), Stored: stored}
	others := s.o.Others()
	if err := s.copyToOne(ctx, others, d.Content(), info); err != nil {
		return err
	}
	if err := s.o.Local.Put(ctx, d, name, stored); err != nil || len(others) > 0 {
		return err
	}
	// NB: Restore of those who have come meanwhile may have passed it over.
	return s.copyToOne(ctx, s.o.Others(), d.Content(), info)
}

// copyToOne brings a file to the first of nodes that keeps it, in the order in which they are to have it; nil where there are none.
func (s *Spread) copyToOne(ctx context.Context, nodes []string, content *io.SectionReader, info blob.Info) error {
	if len(nodes) == 0 {
		return nil
	}
	errs := []error{ErrNoCopy}
	for _, node := range ranked(nodes, info.Name) {
		err := s.copyTo(ctx, node, io.NewSectionReader(content, 0, info.Size), info)
		if err == nil {
			return nil
		}
		s.o.Logger.Warn("another node does not keep a file", "node", node, "err", err)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (s *Spread) copyTo(ctx context.Context, node string, content io.Reader, info blob.Info) error {
	ctx, cancel := context.WithTimeout(ctx, copyTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, "http://"+node+Path+string(info.Name), io.NopCloser(content))
	if err != nil {
		return err
	}
	r.ContentLength = info.Size
	r.Header.Set("Last-Modified", info.Stored.UTC().Format(http.TimeFormat))
	res, err := s.http.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close() //nolint:errcheck // there is none
	if res.StatusCode != http.StatusNoContent {
		return fmt.Errorf("spread: %s answers %s", node, res.Status)
	}
	return nil
}

// Open implements blob.Store. What is not here is fetched.
func (s *Spread) Open(ctx context.Context, name blob.Name) (blob.File, error) {
	f, err := s.o.Local.Open(ctx, name)
	if !errors.Is(err, blob.ErrNotFound) {
		return f, err
	}
	if _, ok := blob.ParseName(string(name)); !ok || len(s.o.Others()) == 0 {
		return nil, err
	}
	fetched := s.fetching.DoChan(string(name), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
		defer cancel()
		return nil, s.fetch(ctx, name)
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case got := <-fetched:
		if got.Err != nil {
			return nil, got.Err
		}
	}
	return s.o.Local.Open(ctx, name)
}

// fetch gets a file from whoever has it. It is not found only where all others have said so. Where there is no room for it nobody is asked.
func (s *Spread) fetch(ctx context.Context, name blob.Name) error {
	if s.o.IsFull() {
		return errors.Join(blob.ErrUnavailable, errFull)
	}
	select {
	case s.asking <- struct{}{}:
		defer func() { <-s.asking }()
	case <-ctx.Done():
		return ctx.Err()
	}
	var unknown error
	for _, node := range ranked(s.o.Others(), name) {
		err := s.fetchFrom(ctx, node, name)
		if err == nil {
			return nil
		}
		if !errors.Is(err, blob.ErrNotFound) {
			unknown = errors.Join(unknown, err)
		}
	}
	if unknown != nil {
		return errors.Join(blob.ErrUnavailable, unknown)
	}
	return blob.ErrNotFound
}

func (s *Spread) fetchFrom(ctx context.Context, node string, name blob.Name) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+node+Path+string(name), nil)
	if err != nil {
		return err
	}
	res, err := s.http.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close() //nolint:errcheck // it was read
	switch res.StatusCode {
	case http.StatusOK:
		return receive(ctx, s.o, name, res.Header, res.Body, res.ContentLength)
	case http.StatusNotFound:
		return blob.ErrNotFound
	}
	return fmt.Errorf("spread: %s answers %s", node, res.Status)
}

// receive keeps a file that comes from another node here, once all of it has come.
func receive(ctx context.Context, o Options, name blob.Name, header http.Header, body io.Reader, size int64) (err error) {
	stored, err := http.ParseTime(header.Get("Last-Modified"))
	if err != nil || size < 0 || size > o.MaxBytes {
		return fmt.Errorf("spread: %d bytes of %q: %w", size, header.Get("Last-Modified"), errors.Join(errMalformed, err))
	}
	if o.IsFull() {
		return errFull
	}
	draft, err := o.Spool.New()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, draft.Discard()) }()
	if _, err := io.CopyN(draft, body, size); err != nil {
		return fmt.Errorf("spread: %w", err)
	}
	return o.Local.Put(ctx, draft, name, stored)
}

var (
	errMalformed = errors.New("malformed")
	errFull      = errors.New("spread: no room on the disk")
)

// Sweep implements blob.Store: it sweeps what is here.
func (s *Spread) Sweep(ctx context.Context, before time.Time) (blob.Swept, error) {
	return s.o.Local.Sweep(ctx, before)
}
