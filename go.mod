module github.com/zio-go/zio

go 1.26.0

ignore ./src

require golang.org/x/sys v0.49.0 // indirect
