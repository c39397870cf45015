# The front door. `make` builds, `make help` lists the rest. meson and ninja do the work.

PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 600
ARGS ?=

.PHONY: build run test bench fuzz check-asan check-tsan check-clang lint format docs install clean help

build: build/build.ninja ## compile to build/cantrack
	@ninja -C build --quiet

run: build ## compile and start the gateway; options: make run ARGS='--listen 0.0.0.0:5013'
	@exec build/cantrack serve $(ARGS)

test: packages-test ## everything: lint, all suites, clang, sanitizers; ends with a count
	@scripts/test

bench: build ## measure this machine, write docs/benchmarks.md
	@scripts/bench $(ARGS)

fuzz: packages-test ## fuzz longer: FUZZ_SECONDS=600 for each target
	@scripts/fuzz $(FUZZ_SECONDS)

check-asan: packages-test ## clang, AddressSanitizer and UndefinedBehaviorSanitizer
	@scripts/test asan

check-tsan: packages-test ## ThreadSanitizer: the suites that use threads
	@scripts/test tsan

check-clang: packages-test ## compile with clang, warnings are errors
	@test -f build-clang/build.ninja || CC=clang-14 meson setup build-clang >/dev/null
	@ninja -C build-clang --quiet

lint: build packages-test ## the rules that a tool can check
	@/usr/bin/python3 tests/lint/lint.py .

format: packages-test ## clang-format all C files in place
	@git ls-files '*.c' '*.h' | xargs clang-format-14 -i

docs: build ## write docs/api.md and the tables of docs/protocol.md anew
	@scripts/protocol-doc
	@scripts/api-doc

install: build ## to $(DESTDIR)$(PREFIX), with the systemd unit
	install -D -m 755 build/cantrack $(DESTDIR)$(PREFIX)/bin/cantrack
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|@PREFIX@|$(PREFIX)|' packaging/cantrack.service \
		>$(DESTDIR)$(PREFIX)/lib/systemd/system/cantrack.service

clean: ## remove everything that was built; data/ stays
	rm -rf build build-* web/dist

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' Makefile | expand -t 16

.PHONY: packages-build packages-test
packages-build:
	@scripts/install-packages build
packages-test:
	@scripts/install-packages build web test
	@scripts/install-node-modules

# Tools for the web page are asked for once; where they cannot be had, the build says so and goes on.
build/build.ninja: | packages-build
	@scripts/install-packages web || true
	@meson setup build >/dev/null || { rm -rf build; meson setup build; }
	@echo "compiling: some minutes the first time"
