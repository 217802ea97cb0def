// Package s3 keeps files in a bucket of a store that speaks S3, so that all nodes have them and none has them on its disk.
//
//	PREFIXfiles/NAME         the file; its metadata says when it was stored
//	PREFIXdays/DAY/NAME      empty: that it was stored on that day (UTC), so that a day's files are found to be removed
//	PREFIXclock              empty: by which the store is asked what time it is
//
// The second is there before the first, so a file that is there is removed some day, whatever happens in between.
package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/s3utils"

	"github.com/parley-im/parley/blob"
)

// Store is a blob.Store. Safe for concurrent use.
type Store struct {
	client         *minio.Client
	transport      *http.Transport
	bucket, prefix string
}

const (
	// amazon is the endpoint where none is named.
	amazon = "s3.amazonaws.com"
	// metaStored names when a file was stored, as HTTP writes it.
	metaStored = "Stored"
	// timeout bounds storing a file of up to 20 MB, and for how long any answer is waited for.
	timeout = 30 * time.Second
	// attempts bounds how often a request is sent that failed on its way, or of which the store says that it may be sent again.
	attempts = 3
)

// Open returns the store that an address names:
//
//	s3://BUCKET[/PREFIX][?endpoint=URL][&region=REGION]
//
// The endpoint is Amazon's where none is named; an http:// one is spoken to without TLS. Keys are those of the environment
// (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), or of the machine, as Amazon gives them out. Nothing is asked of the store yet: see Check.
func Open(address string) (*Store, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "s3" || u.Host == "" || u.User != nil {
		return nil, errors.New("want s3://BUCKET[/PREFIX][?endpoint=URL][&region=REGION]")
	}
	if err := s3utils.CheckValidBucketNameStrict(u.Host); err != nil {
		return nil, err
	}
	query := u.Query()
	for key := range query {
		if key != "endpoint" && key != "region" {
			return nil, fmt.Errorf("%q is neither endpoint nor region", key)
		}
	}
	host, secure, err := endpointOf(query.Get("endpoint"))
	if err != nil {
		return nil, err
	}
	transport, err := minio.DefaultTransport(secure)
	if err != nil {
		return nil, err
	}
	transport.ResponseHeaderTimeout = timeout
	client, err := minio.New(host, &minio.Options{
		Creds:  credentials.NewChainCredentials([]credentials.Provider{&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{}}),
		Secure: secure, Region: query.Get("region"), Transport: transport, MaxRetries: attempts,
	})
	if err != nil {
		return nil, err
	}
	s := &Store{client: client, transport: transport, bucket: u.Host}
	if s.prefix = strings.Trim(u.Path, "/"); s.prefix != "" {
		s.prefix += "/"
	}
	return s, nil
}

// endpointOf returns the host of an endpoint, and whether it is spoken to by TLS.
func endpointOf(endpoint string) (host string, secure bool, err error) {
	if endpoint == "" {
		return amazon, true, nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" {
		return "", false, fmt.Errorf("endpoint %q: want http:// or https:// with a host and no path", endpoint)
	}
	return u.Host, u.Scheme == "https", nil
}

// Close gives back the connections.
func (s *Store) Close() { s.transport.CloseIdleConnections() }

// Check reports whether the bucket is there and may be used.
func (s *Store) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	ok, err := s.client.BucketExists(ctx, s.bucket)
	switch {
	case err != nil:
		return failed("bucket "+s.bucket, err)
	case !ok:
		return fmt.Errorf("s3: bucket %s: there is none of that name", s.bucket)
	}
	return nil
}

// Now returns what time it is for the store, by a file that is stored for that.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	key := s.prefix + "clock"
	if _, err := s.client.PutObject(ctx, s.bucket, key, bytes.NewReader(nil), 0, minio.PutObjectOptions{}); err != nil {
		return time.Time{}, failed("clock", err)
	}
	st, err := s.client.StatObject(ctx, s.bucket, key, minio.StatObjectOptions{})
	if err != nil {
		return time.Time{}, failed("clock", err)
	}
	return st.LastModified, nil
}

// failed is err, as blob.ErrUnavailable unless the store has answered that it will not.
func failed(what string, err error) error {
	if status := minio.ToErrorResponse(err).StatusCode; status == 0 || status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
		err = errors.Join(blob.ErrUnavailable, err)
	}
	return fmt.Errorf("s3: %s: %w", what, err)
}

// isMissing reports whether there is no such file, in a bucket that is there as far as can be seen.
func isMissing(err error) bool {
	r := minio.ToErrorResponse(err)
	return r.StatusCode == http.StatusNotFound && r.Code != minio.NoSuchBucket
}

func (s *Store) fileKey(name blob.Name) string { return s.prefix + "files/" + string(name) }

func (s *Store) days() string { return s.prefix + "days/" }

// Put implements blob.Store.
func (s *Store) Put(ctx context.Context, d *blob.Draft, name blob.Name, stored time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	stored = stored.UTC()
	day := s.days() + stored.Format(time.DateOnly) + "/" + string(name)
	if _, err := s.client.PutObject(ctx, s.bucket, day, bytes.NewReader(nil), 0, minio.PutObjectOptions{}); err != nil {
		return failed("put", err)
	}
	_, err := s.client.PutObject(ctx, s.bucket, s.fileKey(name), d.Content(), d.Size(), minio.PutObjectOptions{
		ContentType: "application/octet-stream", DisableMultipart: true,
		UserMetadata: map[string]string{metaStored: stored.Format(http.TimeFormat)},
	})
	if err != nil {
		return failed("put", err)
	}
	return nil
}

// file is a blob.File of a Store.
type file struct {
	*minio.Object
	info   blob.Info
	cancel context.CancelFunc
}

// Close implements io.Closer.
func (f *file) Close() error {
	err := f.Object.Close()
	f.cancel()
	return err
}

// Info implements blob.File.
func (f *file) Info() blob.Info { return f.info }

// Open implements blob.Store. ctx bounds the reads, too.
func (s *Store) Open(ctx context.Context, name blob.Name) (blob.File, error) {
	if _, ok := blob.ParseName(string(name)); !ok {
		return nil, blob.ErrNotFound
	}
	ctx, cancel := context.WithCancel(ctx)
	late := time.AfterFunc(timeout, cancel)
	st, object, err := s.get(ctx, name)
	if late.Stop(); err != nil {
		cancel()
		return nil, err
	}
	at := st.LastModified
	if stored, err := http.ParseTime(st.UserMetadata[metaStored]); err == nil {
		at = stored
	}
	return &file{object, blob.Info{Name: name, Size: st.Size, Stored: at}, cancel}, nil
}

// get asks for a file, and for what is known of it.
func (s *Store) get(ctx context.Context, name blob.Name) (minio.ObjectInfo, *minio.Object, error) {
	object, err := s.client.GetObject(ctx, s.bucket, s.fileKey(name), minio.GetObjectOptions{})
	if err != nil {
		return minio.ObjectInfo{}, nil, failed("open", err)
	}
	st, err := object.Stat()
	if err == nil {
		return st, object, nil
	}
	object.Close() //nolint:errcheck // it was of no use
	if isMissing(err) {
		return minio.ObjectInfo{}, nil, blob.ErrNotFound
	}
	return minio.ObjectInfo{}, nil, failed("open", err)
}

// Sweep implements blob.Store. Nodes may sweep at the same time. What cannot be removed does not keep the rest.
func (s *Store) Sweep(ctx context.Context, before time.Time) (all blob.Swept, err error) {
	var problems []error
	for o := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.days()}) {
		if o.Err != nil {
			problems = append(problems, failed("sweep", o.Err))
			break
		}
		day, err := time.Parse(time.DateOnly, path.Base(o.Key))
		if err == nil && !day.AddDate(0, 0, 1).After(before) {
			problems = append(problems, s.sweepDay(ctx, o.Key, &all))
		}
	}
	return all, errors.Join(problems...)
}

// sweepDay removes the files of a day.
func (s *Store) sweepDay(ctx context.Context, day string, swept *blob.Swept) error {
	var first error // of as many as there may be files
	for o := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: day, Recursive: true}) {
		err := o.Err
		if err == nil {
			err = s.removeMarked(ctx, o.Key, s.prefix+"files/"+strings.TrimPrefix(o.Key, day), swept)
		}
		if err != nil && first == nil {
			first = failed("sweep", err)
		}
		if o.Err != nil || ctx.Err() != nil {
			break
		}
	}
	return first
}

// removeMarked removes a file, and last what says of which day it is.
func (s *Store) removeMarked(ctx context.Context, mark, key string, swept *blob.Swept) error {
	st, err := s.client.StatObject(ctx, s.bucket, key, minio.StatObjectOptions{})
	if err == nil {
		err = s.client.RemoveObject(ctx, s.bucket, key, minio.RemoveObjectOptions{})
	}
	if err != nil && !isMissing(err) {
		return err
	}
	if err == nil {
		swept.Files, swept.Bytes = swept.Files+1, swept.Bytes+st.Size
	}
	return s.client.RemoveObject(ctx, s.bucket, mark, minio.RemoveObjectOptions{})
}
