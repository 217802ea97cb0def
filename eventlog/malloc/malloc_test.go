package malloc

import "testing"

// malloc takes the threshold. What that is for is shown by test/system: TestRooms_JoiningAndLeavingLeavesNothing.
func TestGiveBack_Works(t *testing.T) {
	if !GiveBack() {
		t.Error("malloc does not take the threshold")
	}
}
