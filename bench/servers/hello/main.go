// Hello shows what a program pays that does no network I/O at all. With an
// argument it stays, so that its memory and threads can be looked at.
package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	fmt.Println("{}") // the empty line of JSON that the runner can wait for
	if len(os.Args) > 1 {
		time.Sleep(time.Minute)
	}
}
