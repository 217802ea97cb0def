# make help lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Two packages at a time: the system tests run servers of their own, and a small machine has two cores.
TEST_PARALLEL ?= 2
# For tests that hang. A machine may be several times slower at one hour than at another.
TEST_TIMEOUT  ?= 40m
RACE_TIMEOUT  ?= 60m
# Never from the test cache: the system tests run a binary that the cache does not know of.
TEST_FLAGS    ?= -count=1
PACKAGES      ?= ./...

BIN   := bin
DEV   := internal/devtools
TOOLS := $(abspath $(BIN))/tools
LOCAL := github.com/parley-im/parley
INSTALLED := $(TOOLS)/.installed-$(shell go env GOVERSION)

.PHONY: help run build test check format fmt lint race tidy generated pages vuln fuzz bench bench-cluster bench-connect bench-fanout bench-peers bench-retention bench-start capacity proto soak chaos clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

run: pages ## start a single node on ./parley-data
	go run ./cmd/parley serve

build: pages ## build bin/parley
	go build -o $(BIN)/parley ./cmd/parley

# Go embeds what is there when it builds; a server that has none builds it when it starts.
pages: web/dist/index.html ## build the chat page and the JavaScript SDK into web/dist, by npm

web/dist/index.html: $(shell find web/chat sdk/js/src -type f) web/build.mjs web/package-lock.json sdk/js/package-lock.json
	cd sdk/js && npm ci --no-audit --no-fund
	cd web && npm ci --no-audit --no-fund && npm run --silent check && npm run --silent build

test: pages ## vet and all tests, the original clients and the kill test included
	go vet ./...
	go test -p $(TEST_PARALLEL) -timeout $(TEST_TIMEOUT) $(TEST_FLAGS) $(PACKAGES)

check: pages format lint tidy generated race ## everything that a commit should pass
	@echo "make check: all clean"

# The servers that tests start are built with it too; see CONTRIBUTING.md, Races. The log's tests have clusters in their process, whose
# elections come to no end beside others on two cores; those of ./test have servers and clients that fill both.
race: ## all tests with the race detector, but those of three processes, and of the page
	go test -race -timeout $(RACE_TIMEOUT) $(TEST_FLAGS) ./eventlog
	go list $(PACKAGES) | sed -e '/\/eventlog$$/d' -e '/\/test\//d' -e '/\/bench\/cluster$$/d' | \
	  xargs -r go test -race -p $(TEST_PARALLEL) -timeout $(RACE_TIMEOUT) $(TEST_FLAGS)
	go list $(PACKAGES) | sed -n -e '/\/test\/browser$$/d' -e '/\/test\/cluster$$/d' -e '/\/test\/chaos$$/d' -e '/\/test\//p' | \
	  xargs -r go test -race -p 1 -timeout $(RACE_TIMEOUT) $(TEST_FLAGS)

# Generated code is formatted by its generator.
SOURCES = $(shell find . -name '*.go' -not -name '*.pb.go' -not -path '*/node_modules/*')

format: $(INSTALLED) ## complain about files that gofumpt or goimports would change
	@out="$$($(TOOLS)/gofumpt -l $(SOURCES); $(TOOLS)/goimports -local $(LOCAL) -l $(SOURCES))"; \
	if [ -n "$$out" ]; then echo "not formatted (gofumpt, goimports -local $(LOCAL)):"; echo "$$out" | sort -u; exit 1; fi

fmt: $(INSTALLED) ## rewrite the files that format complains about
	@$(TOOLS)/gofumpt -w $(SOURCES); $(TOOLS)/goimports -local $(LOCAL) -w $(SOURCES)

lint: $(INSTALLED) ## vet, staticcheck, golangci-lint
	go vet ./...
	$(TOOLS)/staticcheck -checks all,-ST1000,-ST1003 ./...
	$(TOOLS)/golangci-lint run ./...

# It wants to look at more modules than a build does. What it says goes to stdout, what kept it from that to stderr.
tidy: ## complain when a go.mod or go.sum would change, where the modules can be reached
	@for module in . bench/peers blob/s3/s3test/gateway; do \
	  diff="$$(go -C $$module mod tidy -diff)" && continue; echo "$$diff"; \
	  [ -z "$$diff" ] || { echo "go.mod or go.sum of $$module would change: run go mod tidy there"; exit 1; }; \
	  echo "make tidy: not all modules of $$module can be reached, skipped"; done

generated: ## complain when generated code is stale, where its generator is installed
	@internal/devtools/generated.sh

vuln: $(INSTALLED) ## govulncheck, where its database can be reached
	@$(TOOLS)/govulncheck ./... || { code=$$?; [ $$code -eq 3 ] && exit $$code; echo "make vuln: the vulnerability database cannot be reached"; }

FUZZTIME ?= 10s
fuzz: ## every fuzz target for FUZZTIME each; make fuzz FUZZTIME=10m
	FUZZTIME=$(FUZZTIME) internal/devtools/fuzz.sh

BENCH ?= .
bench: ## run the Go benchmarks; BENCH=regexp chooses
	go test -run '^$$' -bench '$(BENCH)' -benchmem -timeout 60m ./bench/... $(BENCH_FLAGS)

BENCH_CLUSTER_FLAGS ?=
bench-cluster: build ## what three nodes cost beside one: messages a second, latency, idle processors; a quarter of an hour
	$(BIN)/parley bench cluster $(BENCH_CLUSTER_FLAGS)

BENCH_FANOUT_FLAGS ?=
bench-fanout: build ## what rooms cost, all loads of bench/scenarios beside the limit, three runs each; result in bench/results/fanout; half an hour
	$(BIN)/parley bench fanout --scenario "$$(ls bench/scenarios/*.json | paste -sd, -)" --runs 3 --baseline --out bench/results/fanout $(BENCH_FANOUT_FLAGS)

# The others are in a module of their own, so that their dependencies are not parley's.
BENCH_PEERS_OUT   ?= bench/results/$(shell date -u +%F)-peers
BENCH_PEERS_FLAGS ?=
bench-peers: build ## rooms beside those of NATS, Centrifuge and Socket.IO, and beside the limits; results in BENCH_PEERS_OUT.{json,csv,md,svg}; an hour
	cd bench/peers && go build -o $(abspath $(BIN))/peers .
	cd bench/peers/socketio && npm ci
	$(BIN)/peers -out $(BENCH_PEERS_OUT) $(BENCH_PEERS_FLAGS)

capacity: ## write docs/capacity.md from the newest results of make bench-peers
	go run ./bench/capacity

BENCH_CONNECT_FLAGS ?=
bench-connect: build ## what 10,000 sessions cost a node, polling and by WebSocket, and that it is given back; ten minutes
	$(BIN)/parley bench connect $(BENCH_CONNECT_FLAGS)

BENCH_START_FLAGS ?=
bench-start: build ## start a node again and again on 1,000,000 users and 1 GB of messages; takes 3 GB of disk, half an hour
	$(BIN)/parley bench start $(BENCH_START_FLAGS)

# Each benchmark makes a gigabyte of messages in a directory of its own, by the way that messages go.
BENCH_RETENTION_COUNT ?= 3
bench-retention: ## what speakers and readers notice of a bucket of 1 GB that goes, what ten days take on the disk, what a page costs; eight minutes
	go test -run '^$$' -bench '^BenchmarkWindow_BucketGoes$$' -benchtime 1x -count $(BENCH_RETENTION_COUNT) -timeout 60m ./eventlog
	go test -run '^$$' -bench '^BenchmarkWindow_TenDays$$' -benchtime 1x -timeout 60m ./eventlog
	go test -run '^$$' -bench '^BenchmarkHistory_Latest$$' -benchtime 1x -timeout 60m ./eventlog/store

proto: ## generate Go code from proto/
	protoc -I proto --go_out=. --go_opt=module=$(LOCAL) proto/parley/v1/*.proto

soak: ## 1,000 damaged bytes, kills of one node and of leaders, restarts, repeats, 100,000 logins; a lost disk; years of windows, a million objects that go; a room of 100,000 members, 10,000 joins of each connection; writes docs/reports/{soak,churn,storm,rooms,joins,kills,serial,replace,storm-cluster}-<date>.md
	PARLEY_SOAK=1 go test -count=1 -timeout 60m -v -run '^Test(Kill|Churn|Storm|Attachment)_' ./test/system
	PARLEY_SOAK=1 go test -count=1 -timeout 60m -v -run '^TestFlip_' ./eventlog
	PARLEY_SOAK=1 go test -count=1 -timeout 120m -v -run '^TestWindow_' ./eventlog
	PARLEY_SOAK=1 go test -count=1 -timeout 120m -v -run '^TestRooms_' ./test/system
	PARLEY_SOAK=1 go test -count=1 -timeout 60m -v -run '^Test(Kill|Kills|Pause|Stop|Serial|Replace|Storm)_' ./test/cluster

# One seed after the other; each prints its figures. docs/reports/chaos.md says what came of it.
CHAOS       ?= 15m
CHAOS_SEEDS ?= 1 2 3
chaos: ## three nodes under faults for CHAOS with each of CHAOS_SEEDS, every guarantee checked
	for seed in $(CHAOS_SEEDS); do \
	  PARLEY_CHAOS=$(CHAOS) PARLEY_SEED=$$seed go test -count=1 -timeout 2h -v -run '^TestChaos_' ./test/chaos; done

clean: ## remove what was built
	rm -rf $(BIN) {test/compat,test/browser,bench/peers/socketio,web,sdk/js}/node_modules web/dist/*

# The tools are pinned in a module of their own, so that their dependencies are not parley's.
# A linter that was built with an older Go refuses what a newer one compiles; to build them again is a matter of Go's cache.
$(INSTALLED): $(DEV)/go.mod $(DEV)/go.sum
	mkdir -p $(TOOLS)
	cd $(DEV) && GOBIN=$(TOOLS) go install tool
	touch $@
