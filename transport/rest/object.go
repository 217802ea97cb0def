package rest

import (
	"encoding/json"

	"github.com/parley-im/parley/transport/dispatch"
	"github.com/parley-im/parley/transport/wire"
)

// object is how attributes are answered: never nil, since clients want {} for none.
type object map[string]json.RawMessage

func objectOf(attributes []dispatch.Attribute) object {
	o := make(object, len(attributes))
	for _, a := range attributes {
		o[a.Name] = a.Value
	}
	return o
}

// readAttributes reads a JSON object of attributes, as wire.ParseObject does.
func readAttributes(text []byte) ([]dispatch.Attribute, error) {
	members, err := wire.ParseObject(text)
	return dispatch.AttributesFrom(members), err
}
