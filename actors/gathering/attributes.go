package gathering

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	pb "github.com/parley-im/parley/proto/parley/v1"
)

func byName(a, b *pb.Attribute) int { return strings.Compare(a.Name, b.Name) }

// merge returns old with set over it, sorted by name; of equal names the last counts. It changes neither.
func merge(old, set []*pb.Attribute) []*pb.Attribute {
	last := make(map[string]*pb.Attribute, len(old)+len(set))
	for _, a := range slices.Concat(old, set) {
		last[a.Name] = a
	}
	return slices.SortedFunc(maps.Values(last), byName)
}

// news returns what of set is not in old already, sorted by name, each once.
func news(old, set []*pb.Attribute) []*pb.Attribute {
	return slices.DeleteFunc(merge(nil, set), func(a *pb.Attribute) bool {
		i, found := slices.BinarySearchFunc(old, a, byName)
		return found && bytes.Equal(old[i].Value, a.Value)
	})
}
