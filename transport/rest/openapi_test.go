package rest_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/parley-im/parley/transport/rest"
)

// docs/openapi.yaml is a valid document, its examples included, and has every route with each of its methods, and no other.
// That answers are as it says is shown by test/contract. Checked by breaking it: without the row of POST /system, and with
// one for /nothing, both sides were missed.
func TestOpenAPI_HasEveryRouteAndNoOther(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromFile("../../docs/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	documented, served := operations(doc), rest.Routes()
	for _, op := range documented {
		if !slices.Contains(served, op) {
			t.Errorf("%s stands in docs/openapi.yaml, but no route has it", op)
		}
	}
	for _, op := range served {
		if !slices.Contains(documented, op) {
			t.Errorf("%s is served, but does not stand in docs/openapi.yaml", op)
		}
	}
}

// operations returns the operations of doc as rest.Routes names them.
func operations(doc *openapi3.T) (all []string) {
	parameter := regexp.MustCompile(`\{[^}]*\}`)
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			all = append(all, method+" "+parameter.ReplaceAllString(path, "*"))
		}
	}
	return all
}
