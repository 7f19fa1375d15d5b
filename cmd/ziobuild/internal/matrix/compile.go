package matrix

import (
	"context"
	"strings"
	"time"
)

// vetted are the packages that the patches touch.
var vetted = []string{"runtime", "internal/poll", "syscall", "net", "os", "os/exec", "net/http", "crypto/tls"}

// compile builds and vets: what a port that nothing here can run is known by. It takes
// as long on the base, which is asked only where ours fails. Go's vet does not run for
// ios without cgo.
func (w *work) compile(ctx context.Context) {
	build, vet := append([]string{"build"}, "std", "cmd"), append([]string{"vet"}, vetted...)
	if len(w.Packages) > 0 {
		build, vet = append([]string{"build"}, w.Packages...), append([]string{"vet"}, w.Packages...)
	}
	row := w.rows[""]
	for _, u := range []struct {
		name string
		args []string
	}{{Build, build}, {Vet, vet}} {
		w.say(u.name)
		p := &Part{Name: strings.Join(u.args, " ")}
		p.Zio = w.goCommand(ctx, w.ZioSide, u.args)
		p.Base = Outcome{Status: Skip, Why: "it is asked where ours fails"}
		if p.Zio.Status.Bad() {
			p.Base = w.goCommand(ctx, w.BaseSide, u.args)
		}
		if p.Zio.Status.Bad() && !p.Base.Status.Bad() {
			p.New = p.Zio.Why
		}
		row.Cells = append(row.Cells, &Cell{Unit: u.name, Parts: []*Part{p}})
	}
}

func (w *work) goCommand(ctx context.Context, s *Side, args []string) Outcome {
	start := time.Now()
	_, err := s.output(ctx, w.j, w.Dir, args...)
	o := Outcome{Status: Pass, Tries: 1, Seconds: time.Since(start).Seconds()}
	switch {
	case ctx.Err() != nil:
		return Outcome{Why: "interrupted"}
	case err != nil:
		o.Status, o.Why = Fail, clip(err.Error())
	}
	return o
}
