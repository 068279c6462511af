# Everything that a day with Resync needs. `make` alone says what there is.

STATICCHECK_VERSION := v0.8.2
STATICCHECK := bin/staticcheck-$(STATICCHECK_VERSION)
# Errors that a user sees are Redis's words to the letter, capitals and full stops included (ST1005).
CHECKS := -checks=inherit,-ST1005
PLAYWRIGHT := web/e2e/node_modules/.package-lock.json

# The packages that touch nothing of the world: their tests must pass in WebAssembly too.
PURE = $(shell go list ./engine/... ./web/model/... | grep -vE '/engine/(tcp|real|cmd)(/|$$)')
WASM := GOOS=js GOARCH=wasm
WASM_EXEC = -exec="$$(go env GOROOT)/lib/wasm/go_js_wasm_exec"

ADDR ?=
TESTFLAGS ?=
BENCHTIME ?= 0.5s
FUZZTIME ?= 20s
SEEDS ?= 10000
FROM ?= 1

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run build server test tools fmt vet lint unit imports wasm-test interop topology valkey suite e2e e2e-all shots frames examples bench bench-go bench-wasm bench-server bench-page peers lighthouse fuzz swarm diff real clean

## run: build the page, serve it and print its address (ADDR=host:port to choose one)
run: build
	@go run ./wasm/site serve $(if $(ADDR),-addr $(ADDR))

## build: build the static site into dist/
build:
	@.ci/need xz xz-utils
	@go run ./wasm/site build

## server: build bin/resync-server and bin/resync
server:
	go build -trimpath -ldflags="-s -w" -o bin/ ./engine/cmd/resync-server ./engine/cmd/resync

## test: check everything; what the machine lacks is installed first, or named
test: tools fmt vet lint unit wasm-test e2e

## tools: install what the tests need and the machine lacks
tools: $(PLAYWRIGHT)
	@.ci/need xz xz-utils
	@.ci/need redis-server redis-server
	@.ci/need redis-cli redis-tools
	@.ci/need socat socat
	@.ci/need chromium chromium
	@.ci/need firefox-esr firefox-esr

## fmt: check that every Go file is formatted
fmt:
	@unformatted=$$(gofmt -l assets engine wasm web); test -z "$$unformatted" || { echo "gofmt would change:"; echo "$$unformatted"; exit 1; }

## vet: go vet, natively and for the browser, and the syntax of the scripts
vet:
	go vet ./...
	$(WASM) go vet ./wasm/main ./wasm/browser ./web/... ./wasm/browser/testdata/probe ./wasm/site/testdata/hello
	@.ci/need node nodejs
	@for script in assets/*.js web/e2e/*.mjs; do node --check "$$script" || exit 1; done
	@node --input-type=module --check < assets/v1/embed.js

## lint: staticcheck, natively and for the browser
lint: $(STATICCHECK)
	$(STATICCHECK) $(CHECKS) ./...
	$(WASM) $(CURDIR)/$(STATICCHECK) $(CHECKS) ./wasm/main ./wasm/browser ./web/...

# Two packages mostly wait for real servers: they begin first, and leave the processor to the third.
## unit: all Go tests, those against real redis-server among them
unit:
	@.ci/need redis-server redis-server
	@.ci/need socat socat
	@.ci/need xz xz-utils
	@.ci/need node nodejs
	go test -p 3 $(TESTFLAGS) ./engine/tcp ./engine/real ./...

## imports: the test of who may import whom
imports:
	go test -run 'Import' ./engine

## wasm-test: the tests of the engine and the page's model, compiled to WebAssembly, under Node
wasm-test:
	@.ci/need node nodejs
	$(WASM) go test $(TESTFLAGS) $(WASM_EXEC) $(PURE)

## interop: only what runs against real redis-server, afresh
interop: server
	@.ci/need redis-server redis-server
	@.ci/need socat socat
	go test -count=1 $(TESTFLAGS) ./engine/tcp/... ./engine/real/... ./engine/cmd/...

## topology: SEEDS=20 random trees of servers, redis-server's and ours, from seed FROM on: cut, killed, promoted
topology: SEEDS = 20
topology:
	@.ci/need redis-server redis-server
	go test -count=1 -timeout 0 -run 'TestTopologies' ./engine/tcp -seeds $(SEEDS) -from $(FROM)

## real: every scenario that real redis-server processes can play, by our runner and as a runbook, however long it takes
real:
	@.ci/need redis-server redis-server
	@.ci/need socat socat
	go test -count=1 -timeout 0 -v -run 'TestScenarios|TestRunbooks' ./engine/real -long

## valkey: what runs against a real Valkey 8.0, which Debian has not: VALKEY=/path/to/valkey-server
valkey: VALKEY = valkey-server
valkey:
	go vet -tags valkey ./engine/tcp
	go test -count=1 -tags valkey $(TESTFLAGS) -run 'TestValkey' ./engine/tcp -valkey $(VALKEY)

## suite: Redis's own tests, played to our server: REDIS=/path/to/redis-7.0.15, its sources
suite: server
	@.ci/need tclsh tcl
	@.ci/need redis-benchmark redis-tools
	.ci/suite "$(REDIS)"

## e2e: the page in headless Chromium, and in Firefox
e2e: build $(PLAYWRIGHT)
	@.ci/need redis-server redis-server
	@.ci/need redis-check-rdb redis-tools
	@.ci/need chromium chromium
	@.ci/need firefox-esr firefox-esr
	cd web/e2e && node --test --test-reporter=spec --test-concurrency=2 *.test.mjs

## e2e-all: the same, with the numbers compared at 100 random events of a run instead of 20
e2e-all: export ALL = 1
e2e-all: e2e

## shots: a picture of every state of the page, in both themes and at four widths, in SHOTS=folder, to be looked at
shots: SHOTS = /tmp/resync-shots
shots: build $(PLAYWRIGHT)
	@.ci/need chromium chromium
	node web/e2e/shots.mjs $(SHOTS)

## frames: how smooth the page is under 1,000 writes a second, how long a leap takes, and whether memory stays level
frames: build $(PLAYWRIGHT)
	@.ci/need chromium chromium
	node web/e2e/frames.mjs

## examples: build the example sites of assets/examples with their own tools, and open each in headless Chromium
examples: build $(PLAYWRIGHT)
	@.ci/need chromium chromium
	@.ci/need mkdocs mkdocs
	@.ci/need hugo hugo
	@.ci/need sphinx-build python3-sphinx
	@python3 -c 'import material' 2>/dev/null || .ci/need /usr/share/mkdocs/themes/material mkdocs-material
	cd web/e2e && node --test --test-reporter=spec examples.mjs

## bench: speed and size, each beside its peer in the same run
bench: bench-go bench-wasm bench-server bench-page

bench-go:
	@echo "== Go benchmarks, native"
	go test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) $(PURE)

bench-wasm:
	@.ci/need node nodejs
	@echo "== Go benchmarks, WebAssembly under Node"
	$(WASM) go test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) $(WASM_EXEC) $(PURE)

bench-server: server
	@.ci/need redis-server redis-server
	@.ci/need redis-benchmark redis-tools
	@echo "== bin/resync-server beside redis-server"
	go run ./engine/cmd/versus
	go run ./engine/cmd/versus -repl -gaps 1,10 -stream 50 -lag 50

bench-page: build $(PLAYWRIGHT)
	@.ci/need chromium chromium
	@echo "== The page beside the smallest go-app program"
	node web/e2e/bench.mjs

## peers: how soon the page can be used, and what is sent for it, beside PGlite and DuckDB-Wasm
peers: build $(PLAYWRIGHT)
	@.ci/need chromium chromium
	npm install --prefix web/e2e/peers --no-audit --no-fund --no-package-lock --silent
	node web/e2e/peers.mjs

## lighthouse: what Lighthouse says of the page, on a telephone and on a desk
lighthouse: build $(PLAYWRIGHT)
	@.ci/need chromium chromium
	npm install --prefix web/e2e/peers --no-audit --no-fund --no-package-lock --silent
	node web/e2e/lighthouse.mjs

## fuzz: every fuzz test for FUZZTIME (20s)
fuzz:
	@grep -rl --include='*_test.go' '^func Fuzz' engine | xargs -n1 dirname | sort -u | while read -r dir; do \
		grep -h '^func Fuzz' "$$dir"/*_test.go | sed 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/' | while read -r name; do \
			echo "== $$dir $$name"; \
			go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "./$$dir" || exit 1; \
		done || exit 1; \
	done

## swarm: SEEDS=10000 random worlds, from seed FROM on, of ERA or mixed; whatever was cut and killed, in the end all data agree
swarm: server
	bin/resync swarm --seeds $(SEEDS) --from $(FROM) $(if $(ERA),--era $(ERA))

## diff: SEEDS=10000 scripts of random commands, from seed FROM on, told to redis-server and to us; FAMILY=name for one kind
diff:
	@.ci/need redis-server redis-server
	go test -count=1 -timeout 0 -run 'TestRandomCommands' ./engine/command -seeds $(SEEDS) -from $(FROM) $(if $(FAMILY),-about $(FAMILY))

## clean: delete what was built
clean:
	rm -rf bin dist web/e2e/node_modules

## help: this list
help:
	@sed -n 's/^## //p' Makefile | awk -F': ' '{ printf "  make %-10s %s\n", $$1, $$2 }'

$(STATICCHECK):
	@mkdir -p bin
	GOBIN=$(CURDIR)/bin go install honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK_VERSION)
	@mv bin/staticcheck $@

$(PLAYWRIGHT): web/e2e/package-lock.json
	@.ci/need node nodejs
	@.ci/need npm npm
	cd web/e2e && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
