package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	envPrefix  = "PARLEY_"
	configFlag = "config"
)

// errHelp is returned when a command was asked for its usage, which has been written.
var errHelp = errors.New("help was shown")

func newFlags(command string) *flag.FlagSet {
	fs := flag.NewFlagSet(command, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // errors are reported once, by run
	return fs
}

// load sets the flags of fs: from args, else from the environment, else from the file named by --config, if fs has that
// flag. Arguments that are no flags are returned. The error is a usageError, or errHelp.
func load(fs *flag.FlagSet, args []string, e env) (rest []string, err error) {
	rest, err = parseInterspersed(fs, args)
	if errors.Is(err, flag.ErrHelp) {
		describe(e.stdout, fs)
		return nil, errHelp
	}
	if err != nil {
		return nil, &usageError{command: fs.Name(), err: err}
	}
	given := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if err := fromEnvironment(fs, given, e); err != nil {
		return nil, &usageError{command: fs.Name(), err: err}
	}
	if err := fromFile(fs, given); err != nil {
		return nil, &usageError{command: fs.Name(), err: err}
	}
	return rest, nil
}

// parseInterspersed lets flags follow arguments, which package flag does not.
func parseInterspersed(fs *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := fs.Parse(args); err != nil {
			return nil, err
		}
		if fs.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, fs.Arg(0))
		args = fs.Args()[1:]
	}
}

// fromEnvironment sets what is not given yet from PARLEY_NAME, and adds it to given. An empty variable counts as none.
func fromEnvironment(fs *flag.FlagSet, given map[string]bool, e env) error {
	var problems []error
	fs.VisitAll(func(f *flag.Flag) {
		name := envPrefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, ok := e.lookup(name)
		if given[f.Name] || !ok || value == "" {
			return
		}
		given[f.Name] = true
		if err := fs.Set(f.Name, value); err != nil {
			problems = append(problems, fmt.Errorf("invalid value %q for %s: %w", value, name, err))
		}
	})
	return errors.Join(problems...)
}

// fromFile sets what is not given yet from the file that --config names.
func fromFile(fs *flag.FlagSet, given map[string]bool) error {
	config := fs.Lookup(configFlag)
	if config == nil || config.Value.String() == "" {
		return nil
	}
	path := config.Value.String()
	settings, err := readFile(path)
	if err != nil {
		return err
	}
	keys := make([]string, 0, len(settings))
	for key := range settings {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		name := strings.ReplaceAll(key, "_", "-")
		if fs.Lookup(name) == nil || name == configFlag || strings.Contains(key, "-") {
			return fmt.Errorf("%s: unknown key %q", path, key)
		}
		if given[name] {
			continue
		}
		for _, value := range settings[key] {
			if err := fs.Set(name, value); err != nil {
				return fmt.Errorf("%s: invalid value %q for %s: %w", path, value, key, err)
			}
		}
	}
	return nil
}

// readFile returns the values of each key of a YAML mapping: one, or those of a list.
func readFile(path string) (map[string][]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var nodes map[string]yaml.Node
	if err := yaml.Unmarshal(data, &nodes); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	settings := map[string][]string{}
	for key, node := range nodes {
		values, ok := scalars(&node)
		if !ok {
			return nil, fmt.Errorf("%s: %s must be a value or a list of values", path, key)
		}
		settings[key] = values
	}
	return settings, nil
}

func scalars(node *yaml.Node) (values []string, ok bool) {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch node.Kind {
	case yaml.ScalarNode:
		if node.Tag == "!!null" {
			return nil, true // a key without a value sets nothing
		}
		return []string{node.Value}, true
	case yaml.SequenceNode:
		for _, item := range node.Content {
			if item.Kind != yaml.ScalarNode {
				return nil, false
			}
			values = append(values, item.Value)
		}
		return values, true
	default:
		return nil, false
	}
}
