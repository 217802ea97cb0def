//go:build cgo && linux

package malloc

/*
#include <malloc.h>

static int fix_threshold(int bytes) {
#ifdef __GLIBC__
	return mallopt(M_MMAP_THRESHOLD, bytes);
#else
	return 1;
#endif
}
*/
import "C"

// GiveBack fixes the size from which on malloc maps pieces by themselves. Other C libraries than glibc need nothing. It reports
// whether that worked.
func GiveBack() bool { return C.fix_threshold(largest) == 1 }
