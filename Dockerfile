# The toolchain with the emulators that its matrix needs, for a user without root:
#
#   docker build -t zio .
#   docker run zio ziobuild matrix -short
#
# scripts/dockerfile.sh executes the RUN lines without a daemon.
FROM golang:1.26.8-trixie AS build
COPY . /zio
WORKDIR /zio
RUN CGO_ENABLED=0 go build -trimpath -ldflags=-s -o /out/ziobuild ./cmd/ziobuild

FROM debian:13-slim
COPY --from=build /usr/local/go /usr/local/go
COPY --from=build /out/ziobuild /usr/local/bin/ziobuild
COPY . /zio
ENV PATH=/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin
WORKDIR /zio
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends ca-certificates && scripts/emulators.sh user system wine && apt-get clean && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 1000 zio && chown -R zio /zio
USER zio
# The base release is fetched and patched now, not when a container starts.
RUN ziobuild setup && ziobuild build -o /tmp/echo ./examples/echo && /tmp/echo && rm /tmp/echo
CMD ["ziobuild", "help"]
