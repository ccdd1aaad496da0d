# SPDX-License-Identifier: MIT
# Cohort: `make run` starts the server, `make test` passes the tests, `make help` lists the rest.

# What a user may set: `make CC=clang`, `make CFLAGS='-O3 -g'`, `make WERROR=1`.
COHORT_BUILD ?= build
CC           ?= cc
CFLAGS       ?= -O2 -g
CPPFLAGS     ?=
LDFLAGS      ?=
WERROR       ?=
SANITIZE     ?=
PREFIX       ?= /usr/local
LIBDIR       ?= $(PREFIX)/lib
INCLUDEDIR   ?= $(PREFIX)/include
MANDIR       ?= $(PREFIX)/share/man
DESTDIR      ?=
ARGS         ?=
V            ?=

B := $(COHORT_BUILD)

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:

.PHONY: all
all: ## build the server, its control tool, the library and the bench client

# ---- Flags ------------------------------------------------------------------

INCLUDES  := -Isrc
BASICS    := -std=gnu11 -D_GNU_SOURCE
WARNINGS  := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2
# Fortified functions need an optimizer; sanitizers check more than they do,
# and the two do not mix.
FORTIFY   := $(if $(filter -O1 -O2 -O3 -Og -Os,$(CFLAGS)),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
HARDENING := -fno-common -fno-omit-frame-pointer $(if $(SANITIZE),,-fstack-protector-strong $(FORTIFY))
SANITIZER := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all)
THREADS   := -pthread
STATIC    := $(if $(findstring musl,$(CC)),-static)
# The same objects are for the archive and the shared library: with all but
# cohort_* hidden they are linked to the code that they would be without -fPIC.
SHARED    := $(if $(STATIC),,-fPIC -fvisibility=hidden -fno-semantic-interposition)
# Part of libc where that is new enough.
LIBRARIES := -ldl

COMPILE = $(CC) $(THREADS) $(BASICS) $(INCLUDES) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) $(if $(WERROR),-Werror) $(HARDENING) $(SHARED) $(SANITIZER)
LINK    = $(CC) $(THREADS) $(CFLAGS) $(HARDENING) $(SANITIZER) $(STATIC) -Wl,-z,relro,-z,now

# ---- What is built from what ------------------------------------------------

LIBRARY_ROOMS := base event metrics net config control process

objects = $(patsubst %.c,$(B)/%.o,$(wildcard $(1)))

# A build that is linked statically has no shared library, and loads none.
SONAME    := libcohort.so.0
LIBRARY   := $(B)/libcohort.a $(if $(STATIC),,$(B)/$(SONAME) $(B)/libcohort.so)

all: $(B)/cohort $(B)/cohortctl $(B)/cohort-bench $(LIBRARY)

LIBRARY_OBJECTS  := $(call objects,$(LIBRARY_ROOMS:%=src/%/*.c))
PROTOCOL_OBJECTS := $(call objects,src/protocols/*.c)
BENCH_OBJECTS    := $(call objects,tools/cohort-bench/*.c)
BENCH_MAIN       := $(B)/tools/cohort-bench/main.o
CTL_OBJECTS      := $(call objects,tools/cohortctl/*.c)
CTL_MAIN         := $(B)/tools/cohortctl/main.o

# Programs of one source file each, by directory.
one_each = $(patsubst tests/$(1)/%.c,$(B)/tests/$(2)%,$(wildcard tests/$(1)/$(3)*.c))

BENCH_UNIT_TESTS := $(call one_each,unit,,test_bench_)
CTL_UNIT_TESTS   := $(call one_each,unit,,test_cohortctl_)
UNIT_TESTS       := $(filter-out $(BENCH_UNIT_TESTS) $(CTL_UNIT_TESTS),$(call one_each,unit,,test_))
TEST_SERVERS     := $(call one_each,servers,servers/)
TEST_CLIENTS     := $(call one_each,clients,clients/)
EXAMPLES         := $(patsubst tools/examples/%.c,$(B)/examples/%,$(wildcard tools/examples/*.c))

TEST_PLUGINS     := $(if $(STATIC),,$(patsubst %.c,$(B)/%.so,$(wildcard tests/plugins/*.c)))

# Objects follow a change of compiler or flags, the library a removed source:
# these files hold what was used last and are written when it has changed.
# `make -j8 clean all` cleans first: everything comes after them.
CLEAN_FIRST := $(filter clean,$(MAKECMDGOALS))
FLAGS       := $(strip $(COMPILE) $(LINK) $(LDFLAGS))

comma  := ,
same    = $(and $(findstring <$(1)>,<$(2)>),$(findstring <$(2)>,<$(1)>))
changed = $(if $(or $(CLEAN_FIRST),$(if $(call same,$(file <$(1)),$(2)),,changed)),force)
quoted  = '$(subst ','\'',$(1))'

.PHONY: force
$(B)/flags: $(call changed,$(B)/flags,$(FLAGS)) | $(CLEAN_FIRST)
	@mkdir -p $(@D)
	@printf '%s\n' $(call quoted,$(FLAGS)) >$@

$(B)/members: $(call changed,$(B)/members,$(LIBRARY_OBJECTS)) | $(CLEAN_FIRST)
	@mkdir -p $(@D)
	@printf '%s\n' $(call quoted,$(LIBRARY_OBJECTS)) >$@

# `make V=1` shows the whole commands, `make -s` nothing.
IS_SILENT    = $(findstring s,$(firstword -$(MAKEFLAGS)))
show         = $(if $(V),,@$(if $(IS_SILENT),,printf '  %-5s %s\n' $(1) $(2) && ))
LINK_PROGRAM = $(call show,LINK,$@)mkdir -p $(@D) && $(LINK) $^ $(LDFLAGS) $(LIBRARIES) -o $@

$(B)/%.o: %.c $(B)/flags
	$(call show,CC,$<)mkdir -p $(@D) && $(COMPILE) -MMD -MP -c $< -o $@

# What the manual says of directives, verbs and metrics.
$(B)/man-tables: $(B)/tools/man/tables.o $(PROTOCOL_OBJECTS) $(B)/libcohort.a
	$(LINK_PROGRAM)

# The live page is a part of its object.
$(B)/src/control/page.o: src/control/page.html

$(B)/libcohort.a: $(LIBRARY_OBJECTS) $(B)/members
	$(call show,AR,$@)rm -f $@ && $(AR) rcs $@ $(LIBRARY_OBJECTS)

$(B)/$(SONAME): $(LIBRARY_OBJECTS) $(B)/members src/cohort.map
	$(call show,LINK,$@)$(LINK) -shared -Wl,-soname,$(SONAME) -Wl,--version-script=src/cohort.map \
		$(LIBRARY_OBJECTS) $(LDFLAGS) $(LIBRARIES) -o $@

$(B)/libcohort.so: $(B)/$(SONAME)
	@ln -sf $(SONAME) $@

# All of cohort_*, called or not, for plug-ins.
$(B)/cohort: $(B)/src/main.o $(PROTOCOL_OBJECTS) $(B)/libcohort.a
	$(call show,LINK,$@)$(LINK) $(filter-out %.a,$^) -Wl,--whole-archive $(filter %.a,$^) -Wl,--no-whole-archive \
		$(if $(STATIC),,-Wl$(comma)--export-dynamic-symbol='cohort_*') $(LDFLAGS) $(LIBRARIES) -o $@

$(B)/cohort-bench: $(BENCH_OBJECTS) $(B)/libcohort.a
	$(LINK_PROGRAM)

$(B)/cohortctl: $(CTL_OBJECTS) $(B)/libcohort.a
	$(LINK_PROGRAM)

$(B)/bench/bare-epoll: $(B)/tools/bench/bare_epoll.o
	$(LINK_PROGRAM)

$(B)/bench/bare-stream: $(B)/tools/bench/bare_stream.o
	$(LINK_PROGRAM)

$(B)/bench/stream-client: $(B)/tools/bench/stream_client.o
	$(LINK_PROGRAM)

$(B)/bench/bare-send: $(B)/tools/bench/bare_send.o
	$(LINK_PROGRAM)

$(B)/bench/sharing: $(B)/tools/bench/sharing.o
	$(LINK_PROGRAM)

# The same echo on other libraries, for `make bench`: those whose Debian
# packages are here (tools/bench/install brings them).
PEERS_IN_C := $(if $(STATIC),,$(if $(wildcard /usr/include/uv.h),libuv) $(if $(wildcard /usr/include/event2/event.h),libevent bufferevent))
PEERS_MADE := $(PEERS_IN_C) $(if $(wildcard /usr/bin/go),go) $(and $(wildcard /usr/bin/cargo),$(wildcard /usr/share/cargo/registry/tokio-1*),tokio)
PEERS_ASKED = $(filter $(or $(subst $(comma), ,$(PEERS)),%),$(PEERS_MADE))

$(PEERS_IN_C:%=$(B)/bench/%): $(B)/bench/%: $(B)/tools/bench/peers/%.o
	$(LINK_PROGRAM)

$(B)/bench/libuv: private LIBRARIES += -luv
$(B)/bench/libevent $(B)/bench/bufferevent: private LIBRARIES += -levent_core

$(B)/bench/go: tools/bench/peers/echo.go
	$(call show,GO,$@)mkdir -p $(@D) && GO111MODULE=off CGO_ENABLED=0 /usr/bin/go build -o $@ $<

# A directory of its own, for what cargo writes beside its input.
$(B)/bench/tokio: tools/bench/peers/tokio/Cargo.toml tools/bench/peers/tokio/src/main.rs
	$(call show,CARGO,$@)tools/bench/build_tokio $(@D)/tokio.build $@

$(B)/bench/half-busy: $(B)/tools/bench/half_busy.o $(B)/libcohort.a
	$(LINK_PROGRAM)

$(UNIT_TESTS): $(B)/tests/%: $(B)/tests/unit/%.o $(PROTOCOL_OBJECTS) $(B)/libcohort.a
	$(LINK_PROGRAM)

$(BENCH_UNIT_TESTS): $(B)/tests/%: $(B)/tests/unit/%.o $(filter-out $(BENCH_MAIN),$(BENCH_OBJECTS)) $(B)/libcohort.a
	$(LINK_PROGRAM)

$(CTL_UNIT_TESTS): $(B)/tests/%: $(B)/tests/unit/%.o $(filter-out $(CTL_MAIN),$(CTL_OBJECTS)) $(B)/libcohort.a
	$(LINK_PROGRAM)

$(TEST_SERVERS) $(TEST_CLIENTS): $(B)/tests/%: $(B)/tests/%.o $(B)/libcohort.a
	$(LINK_PROGRAM)

$(EXAMPLES): $(B)/examples/%: $(B)/tools/examples/%.o $(B)/libcohort.a
	$(LINK_PROGRAM)

$(TEST_PLUGINS): $(B)/tests/plugins/%.so: $(B)/tests/plugins/%.o
	$(call show,LINK,$@)$(LINK) -shared $< $(LDFLAGS) $(LIBRARIES) -o $@

# One that brings the library along.
$(B)/tests/plugins/linked.so: $(B)/libcohort.so
$(B)/tests/plugins/linked.so: private LIBRARIES += -L$(B) -lcohort -Wl,-rpath,$(abspath $(B))

# In the server of the campaign calls fail when they shall.
$(B)/tests/servers/ledger: $(B)/tests/support/failing_calls.o
$(B)/tests/servers/ledger: private LDFLAGS += -Wl,--wrap=fork -Wl,--wrap=accept4

# Whether the loop polls or sleeps is counted.
$(B)/tests/test_loop_spin: private LDFLAGS += -Wl,--wrap=epoll_wait

# A splice that is refused, or finds its connection gone.
$(B)/tests/test_transport_splice: private LDFLAGS += -Wl,--wrap=splice

# A socket stands in for the admin process.
$(B)/tests/servers/ordered: private LDFLAGS += -Wl,--wrap=supervisor_start_signals -Wl,--wrap=supervisor_tell_admins

# The programs of tools/ and their tests include each other's headers by name.
$(BENCH_OBJECTS) $(BENCH_UNIT_TESTS:$(B)/tests/%=$(B)/tests/unit/%.o): private INCLUDES += -Itools/cohort-bench
$(CTL_OBJECTS) $(CTL_UNIT_TESTS:$(B)/tests/%=$(B)/tests/unit/%.o): private INCLUDES += -Itools/cohortctl

.PHONY: tests
tests: all $(B)/bench/bare-epoll $(B)/bench/half-busy $(PEERS_IN_C:%=$(B)/bench/%) $(UNIT_TESTS) $(BENCH_UNIT_TESTS) $(CTL_UNIT_TESTS) $(TEST_SERVERS) $(TEST_CLIENTS) $(TEST_PLUGINS) $(EXAMPLES) $(B)/bench/bare-send $(B)/man-tables ## build, with all that the tests run

-include $(wildcard $(foreach folder,src src/* tools/* tools/bench/peers tests/*,$(B)/$(folder)/*.d))

# ---- Using it ---------------------------------------------------------------

.PHONY: run
run: $(B)/cohort ## start the server: echo on 127.0.0.1:8888 (ARGS='-w 4'); Ctrl-C ends it
	@exec $(B)/cohort $(ARGS)

.PHONY: test
test: tests ## run the tests (FILES='tests/00-smoke.bats' FILTER='a regex' JOBS=2)
	@COHORT_BUILD=$(B) tests/run

.PHONY: bench
bench: all $(B)/bench/bare-epoll $(PEERS_ASKED:%=$(B)/bench/%) ## beside a bare epoll loop and other libraries (CASES=64x64 PEERS=bare,cohort ROUNDS=5 SECONDS_EACH=1)
	@tools/bench/run $(B)

.PHONY: bench-install
bench-install: ## install the Debian packages that `make bench` compares with
	tools/bench/install

.PHONY: bench-services
bench-services: all $(B)/bench/bare-epoll $(B)/bench/bare-stream $(B)/bench/stream-client ## echo, discard and chargen in bulk beside bare loops: server CPU per byte, bytes per second
	tools/bench/services $(B)/bench/bare-epoll $(B)/bench/bare-stream $(B)/cohort $(B)/bench/stream-client

.PHONY: bench-chat
bench-chat: $(B)/examples/chat $(B)/bench/bare-send ## a room of 50000: memory of each, CPU of telling all (MEMBERS=50000)
	tools/bench/chat $(B)/examples/chat $(B)/bench/bare-send

.PHONY: bench-million
bench-million: all ## a million connections: what each costs, and that none is lost (CONNECTIONS=100000; root)
	tools/bench/million $(B) --connections $(or $(CONNECTIONS),1000000)

.PHONY: bench-scale
bench-scale: all ## CPU per exchange with more workers, connections and services (CASES=workers,idle ROUNDS=5 SECONDS_EACH=1)
	tools/bench/scale $(B) --rounds $(or $(ROUNDS),5) --seconds $(or $(SECONDS_EACH),1) $(if $(CASES),--cases $(CASES))

.PHONY: bench-sharing
bench-sharing: $(B)/bench/sharing ## what it costs two workers to count side by side
	$(B)/bench/sharing

.PHONY: bench-balance
bench-balance: all $(B)/bench/half-busy ## how evenly connections are spread, and p99 beside a busy worker; nginx too (ROUNDS=5 CASES=spread RATE=2000)
	tools/bench/balance $(B)

.PHONY: chaos
chaos: tests ## every fault under constant load, and what it costs the clients (MINUTES=10 SEED=1)
	tools/chaos/run $(B) --minutes $(or $(MINUTES),1) $(if $(SEED),--seed $(SEED))

.PHONY: campaign
campaign: tests ## all abuse of the admin process, under load, kills and upgrades (MINUTES=10 SEED=1)
	tools/campaign/run $(B) --minutes $(or $(MINUTES),1) $(if $(SEED),--seed $(SEED))

.PHONY: compare
compare: tests ## beside nginx and HAProxy: what the same events cost the same clients (TIMES=10 KILLS=100)
	tools/compare/run $(B) --times $(or $(TIMES),10) --kills $(or $(KILLS),100)

.PHONY: compare-forward
compare-forward: all $(B)/bench/bare-epoll ## the proxy beside HAProxy and nginx: CPU and rate (ROUNDS=7 SECONDS_EACH=3)
	tools/compare/forward $(B) --rounds $(or $(ROUNDS),7) --seconds $(or $(SECONDS_EACH),3)

.PHONY: help
help: ## print this list
	@sed -nE 's/^([a-z-]+):.* ## (.*)/\1\t\2/p' Makefile | expand -t 18

# ---- Checks -----------------------------------------------------------------

MAN_PAGES     = $(sort $(wildcard conf/man/*.[1-8]))
C_FILES       = $(sort $(shell find src tools tests -name '*.[ch]'))
# Those of other libraries are looked into where their headers are.
PEER_SOURCES  = tools/bench/peers/%.c
C_SOURCES     = $(filter-out $(PEER_SOURCES),$(filter %.c,$(C_FILES))) $(PEERS_IN_C:%=$(PEER_SOURCES))
HEADERS       = $(filter %.h,$(C_FILES))
SHELL_FILES   = $(sort $(shell grep -rlE '^\#!.*(sh|bats)$$' .ci tests tools) $(wildcard tests/support/*.bash))
CORES         = $(shell nproc 2>/dev/null || echo 1)
# For those who did not say -j: checks run one after another, their builds wide.
BUILD         = +$(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(CORES))
CHECK_FLAGS   = $(BASICS) $(INCLUDES) -Itools/cohort-bench -Itools/cohortctl -Itests/unit

.PHONY: check
check: check-quick check-tidy ## all of the checks that follow

# The manual comes last, from the tables of what check-warnings has built.
.PHONY: check-quick
check-quick: check-format check-shell check-layers check-sizes check-page check-headers check-warnings check-cppcheck ## all but clang-tidy, which takes longest
	$(BUILD) -s $(BUILD_OF_GCC) check-man

.PHONY: check-format
check-format: ## clang-format would change nothing
	@clang-format --dry-run --Werror $(C_FILES)

# What gcc warns of depends on what it optimizes, with clang it does not.
BUILD_OF_GCC = COHORT_BUILD=$(B)/gcc CC=gcc WERROR=1

.PHONY: check-warnings
check-warnings: | $(CLEAN_FIRST) ## gcc and clang build everything without a warning
	$(BUILD) -s $(BUILD_OF_GCC) tests
	$(BUILD) -s COHORT_BUILD=$(B)/clang CC=clang CFLAGS=-O0 WERROR=1 tests

.PHONY: check-tidy
check-tidy: ## clang-tidy finds nothing (C_SOURCES='src/net/address.c')
	@printf '%s\n' $(C_SOURCES) | xargs -P $(CORES) -n 1 tools/check/tidy $(CHECK_FLAGS)

.PHONY: check-cppcheck
check-cppcheck: ## cppcheck finds nothing
	@cppcheck --quiet -j $(CORES) --error-exitcode=1 --enable=warning,performance,portability \
		--inline-suppr --suppressions-list=tools/check/cppcheck.suppress \
		--std=c11 $(filter-out -std=%,$(CHECK_FLAGS)) src tools tests

.PHONY: check-shell
check-shell: ## shellcheck finds nothing
	@shellcheck -x $(SHELL_FILES)

.PHONY: check-headers
check-headers: ## each header compiles alone, with gcc and clang, the public one in C++ too
	@CHECK_FLAGS='$(CHECK_FLAGS) $(WARNINGS)' tools/check/headers $(HEADERS)

.PHONY: check-layers
check-layers: ## includes point downward, each system interface has one home
	@tools/check/layers

.PHONY: check-sizes
check-sizes: ## no file or function is too long, too deep or takes too much
	@tools/check/sizes

.PHONY: check-page
check-page: ## the live page's policy is true, and it asks for nothing from elsewhere
	@tools/check/page

.PHONY: man
man: $(B)/man-tables ## write the parts of the manual pages that come from the program's tables
	@tools/man/write $(B)

.PHONY: check-man
check-man: $(B)/man-tables ## the manual is what the tables say, and mandoc finds nothing
	@tools/man/write $(B) --check
	@mandoc -T lint -W warning $(MAN_PAGES)

.PHONY: format
format: ## let clang-format rewrite what check-format complains of
	clang-format -i $(C_FILES)

.PHONY: check-cost
check-cost: all ## what an exchange and a connection cost: system calls, allocations, instructions
	@tools/check/cost $(B)/cohort $(B)/cohort-bench

# ---- Other builds, and the tests in them ------------------------------------

# What sanitizers and valgrind find in any process of a server goes to files
# in REPORTS, where tests/run looks: a worker that dies is replaced, and its
# words on stderr could pass unseen.
REPORTS = $(abspath $(B))/$(1)-reports
SANITIZER_OPTIONS = log_path=$(call REPORTS,asan)/report:abort_on_error=0:print_stacktrace=1
# What these test are scripts that compare and measure; the rest tests the product.
BENCH_FILES = tests/57-compare.bats tests/97-bench.bats tests/97-scale.bats
ASAN_FILES  = $(filter-out $(BENCH_FILES),$(sort $(wildcard tests/*.bats)))

.PHONY: test-asan
test-asan: | $(CLEAN_FIRST) ## all tests of the product, with addresses, leaks and undefined behaviour watched (FILES=…)
	$(BUILD) COHORT_BUILD=$(B)/asan SANITIZE=address,undefined CFLAGS='-O1 -g' tests
	@COHORT_BUILD=$(B)/asan COHORT_PATIENCE=3 COHORT_REPORTS=$(call REPORTS,asan) FILES='$(or $(FILES),$(ASAN_FILES))' \
		ASAN_OPTIONS=$(SANITIZER_OPTIONS):detect_leaks=1 UBSAN_OPTIONS=$(SANITIZER_OPTIONS) tests/run

# The children that a server forks are followed: they do not exec.
VALGRIND = valgrind --quiet --log-file=$(call REPORTS,valgrind)/valgrind.%p --error-exitcode=99 \
	--leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite
VALGRIND_FILES = tests/00-smoke.bats tests/05-unit.bats tests/20-serving.bats

.PHONY: test-valgrind
test-valgrind: tests ## unit, smoke and serving tests under valgrind (FILES=…)
	@COHORT_BUILD=$(B) COHORT_PATIENCE=10 COHORT_REPORTS=$(call REPORTS,valgrind) COHORT_WRAPPER='$(VALGRIND)' \
		FILES='$(or $(FILES),$(VALGRIND_FILES))' tests/run

.PHONY: test-musl
test-musl: | $(CLEAN_FIRST) ## a static build with musl-gcc passes the smoke tests
	$(BUILD) COHORT_BUILD=$(B)/musl CC=musl-gcc WERROR=1 tests
	@COHORT_BUILD=$(B)/musl FILES='$(or $(FILES),tests/00-smoke.bats)' tests/run

.PHONY: coverage
coverage: | $(CLEAN_FIRST) ## which lines the tests run, file by file
	$(BUILD) COHORT_BUILD=$(B)/coverage CFLAGS='-Og -g --coverage -fprofile-update=atomic' tests
	@tools/check/coverage $(B)/coverage prepare
	-@COHORT_BUILD=$(B)/coverage COHORT_PATIENCE=2 tests/run
	@tools/check/coverage $(B)/coverage report

# ---- Installing -------------------------------------------------------------

VERSION   = $(shell sed -n 's/^.define COHORT_VERSION "\(.*\)"/\1/p' src/cohort.h)
TARGET    = $(DESTDIR)$(PREFIX)
LIB_PLACE = $(DESTDIR)$(LIBDIR)
INC_PLACE = $(DESTDIR)$(INCLUDEDIR)
MAN_PLACE = $(DESTDIR)$(MANDIR)
# conf/man/cohort.8 into man8.
MANUALS   = $(foreach page,$(MAN_PAGES),$(MAN_PLACE)/man$(patsubst .%,%,$(suffix $(page)))/$(notdir $(page)))
INSTALLED = $(addprefix $(TARGET)/bin/,cohort cohortctl cohort-bench) $(INC_PLACE)/cohort.h \
	$(addprefix $(LIB_PLACE)/,libcohort.a pkgconfig/cohort.pc $(if $(STATIC),,libcohort.so $(SONAME) $(SONAME).$(VERSION))) $(MANUALS)
# As pkg-config writes it: what is below the prefix moves with it.
BELOW     = $(patsubst $(PREFIX)/%,$${prefix}/%,$(1))

.PHONY: install
install: all ## into DESTDIR/PREFIX: programs, libraries, header, pkg-config, manual (PREFIX, LIBDIR, INCLUDEDIR, MANDIR)
	install -d $(sort $(dir $(INSTALLED)))
	install -m 755 $(B)/cohort $(B)/cohortctl $(B)/cohort-bench $(TARGET)/bin
	install -m 644 $(B)/libcohort.a $(LIB_PLACE)
ifeq ($(STATIC),)
	install -m 755 $(B)/$(SONAME) $(LIB_PLACE)/$(SONAME).$(VERSION)
	ln -sf $(SONAME).$(VERSION) $(LIB_PLACE)/$(SONAME)
	ln -sf $(SONAME) $(LIB_PLACE)/libcohort.so
endif
	install -m 644 src/cohort.h $(INC_PLACE)
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(call BELOW,$(LIBDIR))|' -e 's|@INCLUDEDIR@|$(call BELOW,$(INCLUDEDIR))|' \
		-e 's|@VERSION@|$(VERSION)|' -e 's|@LIBRARIES@|$(THREADS) $(LIBRARIES)|' \
		src/cohort.pc.in >$(LIB_PLACE)/pkgconfig/cohort.pc
	$(foreach page,$(MANUALS),install -m 644 conf/man/$(notdir $(page)) $(page) &&) true
	@$(if $(DESTDIR),true,ldconfig 2>/dev/null || true)
	@echo "cohort $(VERSION) is installed in $(TARGET)"

.PHONY: uninstall
uninstall: ## remove what install put there
	rm -f $(INSTALLED)

.PHONY: clean
clean: ## remove everything that was built
	rm -rf $(B)
