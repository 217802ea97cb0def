package wire

import (
	"github.com/bytedance/sonic"

	"github.com/parley-im/parley/im"
)

// MaxNesting bounds how deeply arrays and objects may nest in JSON that comes from outside. No client nests more
// than a few levels; the parsers behind this package allow some thousands.
const MaxNesting = 128

// api behaves like encoding/json, apart from: HTML is not escaped, and object keys match exactly, as in JavaScript.
var api = sonic.Config{
	SortMapKeys:      true,
	CompactMarshaler: true,
	CopyString:       true,
	ValidateString:   true,
	CaseSensitive:    true,
}.Froze()

// Marshal returns the compact JSON of v: struct tags as in encoding/json, map keys sorted, HTML characters as they
// are. Use it for REST bodies. It fails on values that JSON cannot hold.
func Marshal(v any) ([]byte, error) { return api.Marshal(v) }

// Unmarshal parses JSON that comes from outside into what v points at, as encoding/json does except that object keys
// match their exact case. It returns an *im.Error of kind Invalid for anything but one JSON value in UTF-8 nested at
// most MaxNesting deep that fits v. The caller bounds the size.
func Unmarshal(data []byte, v any) error {
	if !Valid(data) {
		return errMalformed
	}
	return readValid(data, v)
}

// readValid is Unmarshal for data that is Valid, or a value in such. NB: sonic does not look at everything that it passes over:
// of a long string that is wanted as raw JSON, or not at all, it takes escapes that do not exist. Whoever got them passed on
// would choke on them.
func readValid(data []byte, v any) error {
	if err := api.Unmarshal(data, v); err != nil {
		return &im.Error{Op: "wire.unmarshal", Kind: im.Invalid, Text: errMalformed.Text, Err: err}
	}
	return nil
}

// errMalformed answers text that is not the JSON it should be.
var errMalformed = im.E("wire.unmarshal", im.Invalid, "malformed JSON")
