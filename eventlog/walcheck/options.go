package walcheck

import (
	"fmt"
	"strconv"
	"strings"
)

// CheckOptions reads the file in which Pebble notes the options of Raft's log, and returns an error where Pebble would: it says there
// what is wrong and not where.
func CheckOptions(text string) error {
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.ContainsRune(";#", rune(line[0])) || line[0] == '[' && line[len(line)-1] == ']' {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok || !mayBe(strings.TrimSpace(key), strings.TrimSpace(value)) {
			return fmt.Errorf("it says %q", line)
		}
	}
	return nil
}

// mayBe reports whether an option may have a value, of those that Pebble looks at.
func mayBe(key, value string) bool {
	switch key {
	case "comparer":
		return value == "leveldb.BytewiseComparator"
	case "merger":
		return value == "pebble.concatenate" || value == "nullptr"
	case "strict_wal_tail":
		_, err := strconv.ParseBool(value)
		return err == nil
	}
	return true
}
