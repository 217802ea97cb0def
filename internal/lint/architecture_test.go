package lint

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"testing"
)

// place matches a piece of code as the documents name it: `path/file.go: name`.
var place = regexp.MustCompile("`([a-z0-9_/]+\\.go): ([A-Za-z_][A-Za-z0-9_]*)`")

// checkPlaces checks that everything that a document names, a function, a type, a field or a constant, is where it says.
func checkPlaces(text string, declared func(file string) (map[string]bool, error)) (complaints []string) {
	for _, m := range place.FindAllStringSubmatch(text, -1) {
		names, err := declared(m[1])
		switch {
		case err != nil:
			complaints = append(complaints, fmt.Sprintf("%s: %v", m[1], err))
		case !names[m[2]]:
			complaints = append(complaints, fmt.Sprintf("%s declares no %s: the walk of a message goes another way now", m[1], m[2]))
		}
	}
	return complaints
}

// declaredIn lists the functions, methods, types, fields, constants and variables of a file of this repository.
func declaredIn(file string) (map[string]bool, error) {
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	names := make(map[string]bool)
	ast.Inspect(f, func(n ast.Node) bool {
		switch d := n.(type) {
		case *ast.FuncDecl:
			names[d.Name.Name] = true
		case *ast.TypeSpec:
			names[d.Name.Name] = true
		case *ast.StructType:
			for _, field := range d.Fields.List {
				note(names, field.Names)
			}
		case *ast.ValueSpec:
			note(names, d.Names)
		}
		return true
	})
	return names, nil
}

func note(names map[string]bool, ids []*ast.Ident) {
	for _, id := range ids {
		names[id.Name] = true
	}
}

func TestArchitecture_NamesCodeThatExists(t *testing.T) {
	text := read(t, "ARCHITECTURE.md")
	if len(place.FindAllString(text, -1)) == 0 {
		t.Error("ARCHITECTURE.md walks through no code")
	}
	report(t, checkPlaces(text, declaredIn))
}

// Other documents explain code, too, and grow old as fast.
func TestDocuments_NameCodeThatExists(t *testing.T) {
	seen := 0
	for _, pattern := range []string{"CONTRIBUTING.md", "docs/*.md", "docs/adr/*.md", "*/DESIGN.md"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			name, err := filepath.Rel(root, file)
			if err != nil {
				t.Fatal(err)
			}
			for _, complaint := range checkPlaces(read(t, name), declaredIn) {
				t.Errorf("%s: %s", name, complaint)
			}
			seen++
		}
	}
	if seen < 10 {
		t.Errorf("found %d documents only", seen)
	}
}

func TestArchitecture_NoticesStalePlaces(t *testing.T) {
	declared := func(string) (map[string]bool, error) { return map[string]bool{"there": true}, nil }
	wantComplaint(t, checkPlaces("`a/b.go: gone`", declared), "declares no gone")
	report(t, checkPlaces("`a/b.go: there` and `a/b.go`", declared))
	wantComplaint(t, checkPlaces("`no/such.go: there`", declaredIn), "no such file")
}
