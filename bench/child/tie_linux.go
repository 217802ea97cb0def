package child

import "syscall"

// tie makes the kernel end the child when its parent is gone, also when that was killed.
func tie(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGTERM }
