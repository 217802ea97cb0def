package servertest

import "slices"

// knownRace is a data race that lies wholly inside a library: both accesses are its own, and nothing that we could do
// differently would keep them apart.
type knownRace struct {
	// accesses are the innermost functions of the two stacks, innermost first, as a report names them, the standard
	// library's left out. The stacks may go on with anything, and come in either order.
	accesses [2][]string
	// what says what happens, harm what may come of it, or why nothing does.
	what, harm string
	// upstream names the issue that tells of it, or says that none was found.
	upstream string
}

// knownRaces are those that tests let pass; what is not here fails a test. What the library has mended goes with the pin that
// brings the mend (docs/adr/0013-dependency-pins.md).
//
// There are none. The races of protoactor that are known lie in what the server leaves alone, and whoever begins to use it
// meets them; the numbers are those of asynkron/protoactor-go's issues:
//   - A future that is answered when its time is up: (*future).Result reads what (*futureProcess).SendUserMessage writes
//     (#1145, open). Look-ups under load meet it within minutes, so they do without (cluster/question.go).
//   - A receive timeout that is cancelled when it is due (#1139, open): actors have timers of their own.
//   - Gossip, its state and its count of actors (#1108, closed), and the list of blocked members, which (*BlockList).IsBlocked
//     reads without its lock (no upstream issue found): the server has neither, but links of its own between nodes.
var knownRaces []knownRace

// explained reports whether the two stacks of a report are those of a known race.
func explained(stacks [][]string, known []knownRace) bool {
	return slices.ContainsFunc(known, func(k knownRace) bool { return k.explains(stacks) })
}

func (k knownRace) explains(stacks [][]string) bool {
	if len(stacks) != 2 || len(stacks[0])+len(stacks[1]) == 0 {
		return false
	}
	a, b := k.accesses[0], k.accesses[1]
	return begins(stacks[0], a) && begins(stacks[1], b) || begins(stacks[0], b) && begins(stacks[1], a)
}

// begins reports whether a stack begins with the functions named. An empty one is a stack that the detector forgot, and
// does not gainsay them.
func begins(stack, functions []string) bool {
	return len(stack) == 0 || len(stack) >= len(functions) && slices.Equal(stack[:len(functions)], functions)
}
