// Package malloc has the C library give back what Pebble frees.
//
// Pebble takes its memtables, 32 MiB each, and its blocks from malloc of C. After the first of them is freed, glibc takes pieces of
// that size from arenas instead of mapping each, has an arena for each thread, up to eight for each core, and what is freed inside of one
// stays with the process: 12 arenas with 32 to 48 MiB each after 100,000 joins on two cores, and more on more cores. GiveBack ends that. It
// is called once, before the log is opened.
package malloc

// largest is from what size on, in bytes, pieces are mapped by themselves, and are given back when they are freed: well below a memtable,
// well above a block.
const largest = 1 << 20
