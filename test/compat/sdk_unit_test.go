package compat

import (
	"os/exec"
	"testing"
)

// The unit tests of our SDK, which are its own (sdk/js/test), and its types.
func TestOwnSDK_UnitTests(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "npm", "test", "--silent")
	cmd.Dir = "../../sdk/js"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("npm test: %v\n%s", err, out)
	}
}
