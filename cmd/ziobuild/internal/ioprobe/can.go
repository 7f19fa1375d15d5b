package ioprobe

// Can says how a program performs its operations on the backend: "no", "ready"
// (the goroutine does, when the descriptor is ready), "batch" (for many with one
// system call) or "flight" (in the kernel, while no thread waits). It is the line
// "ZIO can:" of GODEBUG=ziotrace, and a test compares the two. It is "" for a
// backend that does not exist.
func Can(backend string) string {
	switch backend {
	case "io_uring":
		return "wait=ready receive=batch send=batch read=flight write=flight sync=flight"
	case "epoll", "poll":
		return "wait=ready receive=ready send=ready read=no write=no sync=no"
	}
	return ""
}
