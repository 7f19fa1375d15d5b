module github.com/zio-go/zio

go 1.26.0

ignore ./src

require (
	github.com/rogpeppe/go-internal v1.16.0
	golang.org/x/sys v0.49.0
	golang.org/x/tools v0.52.0
)
