// Package wire holds the lines that the processes of a benchmark exchange.
package wire

// Ready is a server's first line.
type Ready struct {
	Listen string `json:"listen"`
}

// Final is a server's last line: the whole life of the process, connection
// setup included. The figures per message come from the driver, which looks at
// the server from outside between warm and end.
type Final struct {
	User     float64            `json:"user"` // seconds
	Sys      float64            `json:"sys"`
	MaxRSS   int64              `json:"maxrss"` // KiB
	VCSW     int64              `json:"vcsw"`
	IVCSW    int64              `json:"ivcsw"`
	Threads  int                `json:"threads"`
	Messages int64              `json:"messages"`
	Extra    map[string]float64 `json:"extra,omitempty"`
}

// Result is a line of the driver: empty when it has warmed up, with values
// after each measurement, and with the count of all messages at its end.
type Result struct {
	Messages int64              `json:"messages,omitempty"`
	Values   map[string]float64 `json:"values,omitempty"`
}
