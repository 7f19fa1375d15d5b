package matrix

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// A githubJob is an element of a job matrix of GitHub Actions.
type githubJob struct {
	Name string `json:"name"` // for people
	Args string `json:"args"` // of ziobuild matrix, without -short
	Tier int    `json:"tier"`
}

// WriteGitHub prints the jobs as the value of strategy.matrix, an element for
// each port and runner: guests and variants of a port share what is built.
func WriteGitHub(w io.Writer, jobs []*Job) error {
	var list struct {
		Include []githubJob `json:"include"`
	}
	list.Include = []githubJob{}
	for _, j := range jobs {
		g := githubJob{
			Name: j.Port.Name() + " " + j.Runner,
			Args: fmt.Sprintf("-run %s -runner %s", j.Port.Name(), j.Runner),
			Tier: j.Port.Tier,
		}
		if j.Runner == Compile {
			// One machine compiles the architectures of a system.
			g.Name = j.Port.GOOS + " " + j.Runner
			g.Args = fmt.Sprintf("-run %s/* -runner %s", j.Port.GOOS, j.Runner)
		}
		same := func(o githubJob) bool { return o.Name == g.Name }
		if i := slices.IndexFunc(list.Include, same); i >= 0 {
			list.Include[i].Tier = min(list.Include[i].Tier, g.Tier)
			continue
		}
		list.Include = append(list.Include, g)
	}
	return json.NewEncoder(w).Encode(list)
}

// WritePlan prints a line for each job and what it tests.
func WritePlan(w io.Writer, jobs []*Job, units func(*Job) []Unit) {
	for _, j := range jobs {
		fmt.Fprintf(w, "%s: %s\n", j.Name(), how(j, units(j)))
	}
	fmt.Fprintf(w, "%d jobs\n", len(jobs))
}
