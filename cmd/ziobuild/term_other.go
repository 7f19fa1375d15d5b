//go:build !unix

package main

// terminalSize does not know.
func terminalSize() (width, height int, ok bool) { return 0, 0, false }
