module github.com/parley-im/parley/bench/peers

go 1.26.0

require (
	github.com/centrifugal/centrifuge v0.38.0
	github.com/nats-io/nats-server/v2 v2.15.0
	github.com/parley-im/parley v0.0.0
)

replace github.com/parley-im/parley => ../..
