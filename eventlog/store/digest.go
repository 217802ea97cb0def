package store

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parley-im/parley/im"
)

// Digest says in a few bytes what a shard holds as of one command. Replicas that have applied the same commands have equal
// digests, whoever sent them what: everything in a shard follows from its commands. LAYOUT.md draws what is hashed.
type Digest struct {
	Shard im.ShardID
	// Applied is the Raft index of the last command that the shard holds. 0 means that it holds nothing by its own account,
	// being new, or emptied for what another member sends: then the rest is zero.
	Applied uint64
	// Sum is the SHA-256 of all, Applied included, and zero when that is 0.
	//
	// SHA-256, because nobody can make two states with one sum, though clients choose most of what is hashed; because it is in
	// the standard library, and fast enough: with the processor's help it is not what a digest waits for.
	Sum [sha256.Size]byte
	// Tables are those that have keys, by letter.
	Tables []TableDigest
}

// TableDigest is the part of a digest that one table of the shard has: it says where two replicas differ.
type TableDigest struct {
	// Letter is the first byte of the table's keys, Name what it is called.
	Letter byte
	Name   string
	// Keys counts the keys, Bytes is the length of keys and values as they are without compression.
	Keys, Bytes uint64
	Sum         [sha256.Size]byte
}

// Entries is the number of entries of all logs in the shard.
func (d *Digest) Entries() (n uint64) {
	for _, t := range d.Tables {
		if t.Letter == tableEvent {
			n = t.Keys
		}
	}
	return n
}

// ErrDamaged is returned, wrapped in a text that names the file, when what is on the disk is not what was written.
var ErrDamaged = errors.New("damaged")

// tableNames are for people.
var tableNames = map[byte]string{
	tableCarry: "carried", tableDedup: "ids", tableEvent: "entries", tableGrave: "graves", tableHead: "heads", tableIndex: "index", tableMeta: "shard",
	tableCount: "counts", tableOwed: "owed", tablePartial: "partial snapshots", tableRecord: "records", tableSnapshot: "snapshots",
}

// digestMagic begins what a digest hashes: three letters and the version of the form.
var digestMagic = [4]byte{'P', 'S', 'D', 2}

// Digest reads the whole shard as of the view. It holds no more than a block in memory, beside the cache. alive is asked
// all the time; the error that it returns ends the reading. ErrDamaged is returned when a checksum fails; it names the file.
// Blocks that are in the cache are not read from the disk again. What lies before the watermarks does not count: each replica deletes
// it at a time of its own.
func (v *View) Digest(alive func() error) (Digest, error) {
	v.s.checks.Add(1)
	defer v.s.checks.Add(-1)
	m, _, err := get(v.snap, metaKey(v.id), decodeMeta)
	if err != nil {
		return Digest{}, damaged(err)
	}
	d := Digest{Shard: v.id, Applied: m.applied}
	if m.applied == 0 {
		return d, nil
	}
	g := digester{r: v.snap, alive: alive, table: sha256.New()}
	if err := v.s.eachRange(v.snap, v.id, v.marks, g.add); err != nil {
		return Digest{}, damaged(err)
	}
	d.Tables = g.finish()
	d.Sum = sumOf(d.Tables)
	return d, nil
}

// onDamage is told of each block whose checksum fails. Whoever reads it gets an error, but Pebble would rather end the process
// at once: not all who read may notice. A digest does, and is made to find just that; it must not end the node. Who else reads at
// the same time has its error.
func (s *Store) onDamage(o *Options) func(pebble.DataCorruptionInfo) {
	l := logger{o.Logger, nil}
	return func(info pebble.DataCorruptionInfo) {
		what, _, _ := strings.Cut(fmt.Sprint(info.Details), "\n")
		err := fmt.Errorf("%s is %w: %s", info.Path, ErrDamaged, what)
		switch {
		case s.checks.Load() > 0:
			l.Errorf("%s", info)
		case o.OnDamage != nil:
			o.OnDamage(err)
		default:
			l.Fatalf("%v", err)
		}
	}
}

// sumOf puts the tables together, in the order of their keys.
func sumOf(tables []TableDigest) (sum [sha256.Size]byte) {
	h := sha256.New()
	h.Write(digestMagic[:])
	for i := range tables {
		h.Write([]byte{tables[i].Letter})
		h.Write(tables[i].Sum[:])
	}
	h.Sum(sum[:0])
	return sum
}

// digester hashes range after range. Those of a table come one after the other, in the order of their keys.
type digester struct {
	r     pebble.Reader
	alive func() error
	// unasked bytes were read since alive was asked.
	unasked int
	done    []TableDigest
	// table hashes the table that is being read, which is the last of done.
	table hash.Hash
}

// askEvery so many bytes alive is asked. A key counts as perKey more: short ones take time, too.
const (
	askEvery = 1 << 20
	perKey   = 256
)

// add hashes what lies in lo..hi, which is of one table.
func (g *digester) add(lo, hi []byte) (err error) {
	it, err := g.r.NewIter(&pebble.IterOptions{LowerBound: lo, UpperBound: hi})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for it.First(); it.Valid(); it.Next() {
		val, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		g.key(it.Key(), val)
		if g.unasked += perKey + len(it.Key()) + len(val); g.unasked > askEvery {
			g.unasked = 0
			if err := g.alive(); err != nil {
				return err
			}
		}
	}
	return it.Error()
}

// key hashes one key, as a stream has it.
func (g *digester) key(key, val []byte) {
	if n := len(g.done); n == 0 || g.done[n-1].Letter != key[0] {
		g.endTable()
		g.done = append(g.done, TableDigest{Letter: key[0], Name: tableNames[key[0]]})
	}
	var lengths [8]byte
	binary.BigEndian.PutUint32(lengths[:], uint32(len(key)))
	binary.BigEndian.PutUint32(lengths[4:], uint32(len(val)))
	g.table.Write(lengths[:])
	g.table.Write(key)
	g.table.Write(val)
	t := &g.done[len(g.done)-1]
	t.Keys++
	t.Bytes += uint64(len(key) + len(val))
}

func (g *digester) endTable() {
	if n := len(g.done); n > 0 {
		g.table.Sum(g.done[n-1].Sum[:0])
		g.table.Reset()
	}
}

// finish returns the tables by letter.
func (g *digester) finish() []TableDigest {
	g.endTable()
	slices.SortFunc(g.done, func(a, b TableDigest) int { return int(a.Letter) - int(b.Letter) })
	return g.done
}

// damaged makes an ErrDamaged of what says that the disk does not hold what was written; another err it returns as it is.
func damaged(err error) error {
	if info := pebble.ExtractDataCorruptionInfo(err); info != nil {
		return fmt.Errorf("%s is %w: %w", info.Path, ErrDamaged, info.Details)
	}
	if errors.Is(err, errCorrupt) || pebble.IsCorruptionError(err) {
		return fmt.Errorf("the store is %w: %w", ErrDamaged, err)
	}
	return err
}
