//go:build !linux

package ioprobe

// Probe says that this system has no io_uring.
func Probe() Result { return Result{Call: "io_uring_setup", Errno: "ENOSYS"} }
