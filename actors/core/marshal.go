package core

import (
	"fmt"

	"google.golang.org/protobuf/proto"
)

// MarshalState encodes a snapshot so that equal states give equal bytes.
func MarshalState(state proto.Message) []byte {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(state)
	if err != nil {
		// Only invalid UTF-8 in a string field can fail, and ids are checked before they enter a core.
		panic(fmt.Sprintf("core: state cannot be encoded: %v", err))
	}
	return b
}
