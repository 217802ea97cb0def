package link

import "strings"

// maxRefusal bounds a text that is told and logged, in bytes.
const maxRefusal = 512

// refusal ends a handshake for a reason that an operator must see to: trying again is of no use until then.
type refusal struct {
	text string
	// theirs says that the peer refuses this node.
	theirs bool
}

// Error returns the text, and who said it.
func (r *refusal) Error() string {
	if r.theirs {
		return "refused by the peer: " + r.text
	}
	return "refused: " + r.text
}

// clip makes any text one that a Proof can carry.
func clip(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), maxRefusal)], "?")
}
