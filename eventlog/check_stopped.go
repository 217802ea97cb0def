package eventlog

import "github.com/lni/vfs"

// Damaged returns a line for each file of the directory's Raft log that is not what was written; none when all of it is whole. It
// reads all of it that is needed. What is damaged of the store, OpenStopped and DigestOf say.
func (s *Stopped) Damaged() (lines []string) {
	d := &dataDir{path: s.dir, m: s.m}
	_, damaged := d.checkRaft(vfs.Default)
	for _, err := range damaged {
		lines = append(lines, err.Error())
	}
	return lines
}
