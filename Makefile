# Makefile - for fingers that type make.  The build itself is meson.build; what
# must be installed is packages.txt.
BUILD    ?= build
PREFIX   ?= /usr/local
JOBS     ?= $(shell nproc)
AK_SHARED ?= $(abspath ../shared)
FUZZ_SECONDS ?= 30
export AK_SHARED

NINJA = ninja -j $(JOBS)
SANITIZED = CC=clang meson setup -Db_sanitize=address,undefined -Dbuildtype=debugoptimized -Dc_args=-fno-sanitize-recover=undefined

.PHONY: all help packages test demo lint tidy format asan debug release fuzz coverage bench install \
        install-check clean
.DEFAULT_GOAL := all

all: packages-build $(BUILD)/build.ninja ## build akashi
	@$(NINJA) -C $(BUILD)

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

packages-%:
	@tools/install-packages $*

packages: packages-build packages-test packages-bench ## install everything packages.txt lists

$(BUILD)/build.ninja:
	@meson setup $(BUILD) --prefix=$(PREFIX)

test: packages-build packages-test $(BUILD)/build.ninja ## build and run all tests; last line: N passed, N failed
	@$(NINJA) -C $(BUILD)
	@tools/run-tests --jobs $(JOBS) $(BUILD)

demo: all ## make up an incident, investigate it, show the report
	@tools/make-demo $(BUILD)

lint: packages-build packages-test $(BUILD)/build.ninja ## layers, artefacts, banned functions, headers, function sizes, format
	@$(NINJA) -C $(BUILD)
	@tools/run-tests --jobs $(JOBS) --suite lint $(BUILD)

tidy: packages-test $(BUILD)/build.ninja ## every clang-tidy check of .clang-tidy, slow
	@$(NINJA) -C $(BUILD)
	@git ls-files 'src/*.c' | xargs -P $(JOBS) -n 4 clang-tidy -p $(BUILD) --quiet

format: packages-test ## rewrite src/ and tests/ as .clang-format has it
	@git ls-files 'src/*.[ch]' 'tests/*.[ch]' 'bench/*.[ch]' | xargs clang-format -i

asan debug: packages-build packages-test build-asan/build.ninja ## the suite under AddressSanitizer and UBSan, in build-asan
	@$(NINJA) -C build-asan
	@tools/run-tests --jobs $(JOBS) build-asan

build-asan/build.ninja:
	@$(SANITIZED) build-asan

release: packages-build ## build with full optimisation in build-release, without tests and assertions' cost measured
	@test -f build-release/build.ninja || meson setup build-release --prefix=$(PREFIX) -Dbuildtype=release -Db_lto=true -Dstrip=true
	@$(NINJA) -C build-release src/cli/akashi src/engine/akashi-worker

fuzz: packages-build packages-test build-fuzz/build.ninja ## libFuzzer, FUZZ_SECONDS (30) for each target
	@$(NINJA) -C build-fuzz
	@tools/run-fuzz build-fuzz $(FUZZ_SECONDS)

build-fuzz/build.ninja:
	@$(SANITIZED) -Dlibfuzzer=true build-fuzz

coverage: packages-build packages-test ## which lines the tests reach: build-coverage/coverage.txt
	@test -f build-coverage/build.ninja || meson setup build-coverage -Db_coverage=true -Dbuildtype=debugoptimized
	@$(NINJA) -C build-coverage
	@tools/run-tests --jobs $(JOBS) build-coverage || true
	@gcovr --root . --filter src/ --object-directory build-coverage --sort-percentage --txt build-coverage/coverage.txt
	@tail -n 3 build-coverage/coverage.txt

bench: packages-build packages-bench $(BUILD)/build.ninja ## measure speeds
	@$(NINJA) -C $(BUILD)
	@tools/run-bench $(BUILD)

install: all ## install below PREFIX (/usr/local), DESTDIR in front of it
	@meson configure $(BUILD) -Dprefix=$(PREFIX)
	@meson install -C $(BUILD) --no-rebuild $(if $(DESTDIR),--destdir $(abspath $(DESTDIR)))

install-check: all ## install into a scratch folder and run what was installed
	@tests/e2e/install.sh $(BUILD)

clean: ## remove every build folder
	@rm -rf build build-asan build-fuzz build-coverage build-release
