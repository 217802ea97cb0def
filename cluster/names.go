package cluster

import (
	"strconv"
	"strings"

	"github.com/parley-im/parley/im"
)

// The names of the processes that other nodes may write to; all others are protoactor's own.
//
//	shard-<shard>-<term>             an owner
//	shard-<shard>-<term>/<number>    an activation, its child
//	replies                          the calls of a node
//	question-<number>                a look-up that waits
//
// Owners and activations hold the term, so a name is never used twice, and what is sent to an owner that was deposed finds
// nobody. Numbers of calls and questions begin anywhere, so that what a node hears too late, after it started again, is not
// taken for an answer to something else.
const (
	repliesName   = "replies"
	questionStart = "question-"
	ownerStart    = "shard-"
)

// ownerName is asked for with every command: it takes no fmt.
func ownerName(shard im.ShardID, term uint64) string {
	name := append(make([]byte, 0, 32), ownerStart...)
	name = strconv.AppendUint(name, uint64(shard), 10)
	name = append(name, '-')
	return string(strconv.AppendUint(name, term, 10))
}

// parseOwner returns the shard of an owner's name.
func parseOwner(name string) (shard im.ShardID, ok bool) {
	rest, ok := strings.CutPrefix(name, ownerStart)
	if !ok {
		return 0, false
	}
	number, term, ok := strings.Cut(rest, "-")
	if !ok || !isNumber(number) || !isNumber(term) {
		return 0, false
	}
	s, err := strconv.ParseUint(number, 10, 32)
	return im.ShardID(s), err == nil
}

// isActivation reports whether name is that of an activation.
func isActivation(name string) bool {
	owner, number, ok := strings.Cut(name, "/")
	if !ok || !isNumber(number) {
		return false
	}
	_, ok = parseOwner(owner)
	return ok
}

// isActivationOf reports whether name is that of an activation below the owner.
func isActivationOf(owner, name string) bool {
	number, ok := strings.CutPrefix(name, owner+"/")
	return ok && isNumber(number)
}

func isQuestion(name string) bool {
	number, ok := strings.CutPrefix(name, questionStart)
	return ok && isNumber(number)
}

// isNumber reports whether s is a decimal number as it is written here: 64 bits at most, without a sign.
func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 64)
	return err == nil && (s[0] != '0' || len(s) == 1)
}
