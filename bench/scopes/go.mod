module github.com/zio-go/zio/bench/scopes

go 1.26

require (
	github.com/sourcegraph/conc v0.3.0
	golang.org/x/sync v0.22.0
)
