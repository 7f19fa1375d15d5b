package matrix

// A limit is something that an emulator cannot do, or not twice in the same way,
// whatever runs in it, and that costs much time to find out again and again.
type limit struct {
	runner, part string   // part is an area of conformance or a package
	cases        []string // of the area, or top-level tests of the package
	why          string
}

const tooSlow = "the server resets the connection when it has written, and a slow client has not read all by then, on the base neither"

var limits = []limit{
	{QEMUUser, "datagram", []string{"empty/udp4", "empty/udp6", "empty/unixgram"}, "QEMU's user emulator answers EFAULT to sendto of no bytes"},
	{QEMUUser, "whole", []string{"crlf"}, tooSlow},
	{QEMUSystem, "whole", []string{"crlf"}, tooSlow},
	{Wine, "internal/poll", []string{"TestWSASocketConflict"}, "the event of a send to a socket without overlapped input or output is never set"},
	{Wine, "os", []string{"TestRootMultiLink"}, "it makes thousands of links, which takes minutes"},
}

// leftOut returns the cases of an area or tests of a package that a job leaves out, and why.
func leftOut(j *Job, part string) (cases []string, why string) {
	for _, l := range limits {
		if l.runner == j.Runner && l.part == part {
			return l.cases, l.why
		}
	}
	return nil, ""
}
