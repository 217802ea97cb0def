package hostile

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/parley-im/parley/internal/servertest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		servertest.Cleanup()
		os.Exit(code)
	}))
}
