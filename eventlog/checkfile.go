package eventlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"path/filepath"
)

// Our own files in a data directory are JSON that people can read. The last field, "check", is the CRC-32C of all that is
// before it, so a value that was damaged and still can be read is not believed:
//
//	{
//	  "format": 1,
//	  ...,
//	  "check": "1a2b3c4d"
//	}

var errCheck = errors.New("its checksum does not fit")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// maxChecked bytes of such a file are read at most.
const maxChecked = 1 << 20

func checkOf(body []byte) []byte {
	return fmt.Appendf(nil, ",\n  \"check\": \"%08x\"\n}\n", crc32.Checksum(body, castagnoli))
}

// withCheck returns v, which has at least one field, as such a file holds it.
func withCheck(v any) ([]byte, error) {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, err
	}
	body := bytes.TrimSuffix(b, []byte("\n}"))
	return append(body, checkOf(body)...), nil
}

// cutCheck returns the JSON in a file that is whole, without its check.
func cutCheck(b []byte) ([]byte, error) {
	at := bytes.LastIndex(b, []byte(",\n  \"check\": \""))
	if at < 0 || !bytes.Equal(b[at:], checkOf(b[:at])) {
		return nil, errCheck
	}
	return append(bytes.Clone(b[:at]), '}'), nil
}

// writeChecked puts v into a file of dir, so that a crash leaves the old file or the new one.
func writeChecked(dir, name, temp string, v any) error {
	b, err := withCheck(v)
	if err != nil {
		return err
	}
	return writeFileAtomic(dir, name, temp, b)
}

// readChecked reads into v what writeChecked has written.
func readChecked(dir, name string, v any) error {
	b, err := readAtMost(filepath.Join(dir, name), maxChecked)
	if err != nil {
		return err
	}
	if b, err = cutCheck(b); err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}
