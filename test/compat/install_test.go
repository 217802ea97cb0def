package compat

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/puppet"
	"github.com/parley-im/parley/web"
)

func TestMain(m *testing.M) {
	// More at a time than there are cores: most of a test's time is waiting. The command line has the last word.
	if err := errors.Join(puppet.Install("stubs/*/*"), makeSDK(), flag.Set("test.parallel", "4")); err != nil {
		fmt.Fprintln(os.Stderr, "test/compat:", err)
		os.Exit(1)
	}
	servertest.Main(m)
}

// makeSDK builds our SDK for Node, as whoever installs it has it, unless what is there was made from the same sources.
func makeSDK() error {
	// By one at a time: whoever builds the pages installs there, too.
	if _, err := web.Build(context.Background()); err != nil {
		return err
	}
	const dir = "../../sdk/js"
	sources := []string{dir + "/package.json", dir + "/package-lock.json", dir + "/tsconfig*.json", dir + "/src/*"}
	return puppet.Once(dir+"/dist", sources, func() error {
		// With what is there go the marks of what was built before.
		return errors.Join(os.RemoveAll(dir+"/dist"), puppet.NPM(dir, "ci", "--no-audit", "--no-fund"), puppet.NPM(dir, "run", "--silent", "build"))
	})
}
