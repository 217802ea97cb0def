package store

import (
	"bytes"

	"github.com/cockroachdb/pebble/v2"
)

// fileSpans makes Pebble begin a file wherever another bucket of entries or ids begins, and where these tables end: a file holds keys of
// one table, class and bucket, or none of these tables. So a bucket that expires is some whole files, and when they are deleted no
// byte of it is left. In a file of several buckets the others would keep it.
//
// Pebble asks at the first key of each file that a flush or a compaction writes, and ends the file before the key that it is
// told. It is made for other policies; that a file ends there is part of it (pebble.SpanPolicyFunc).
func fileSpans(first []byte) (policy pebble.SpanPolicy, end []byte, err error) {
	const prefix = 2 + bucketBytes
	switch {
	case bytes.Compare(first, []byte{tableDedup}) < 0:
		return policy, []byte{tableDedup}, nil
	case first[0] != tableDedup && first[0] != tableEvent:
		return policy, nil, nil
	case len(first) < prefix: // no key of ours
		return policy, append(bytes.Clone(first), 0), nil
	}
	return policy, after(first[:prefix]), nil
}
