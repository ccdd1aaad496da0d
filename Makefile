# SPDX-License-Identifier: MIT
# Cohort: `make run` starts the server, `make test` passes the tests, `make help` lists the rest.

COHORT_BUILD ?= build
CC           ?= cc
PREFIX       ?= /usr/local
DESTDIR      ?=
ARGS         ?=
WERROR       ?=
SANITIZE     ?=

B := $(COHORT_BUILD)

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 $(if $(WERROR),-Werror)
HARDEN   := $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2 -fstack-protector-strong)
CPPFLAGS += -D_GNU_SOURCE -Isrc
CFLAGS   ?= -O2 -g
ALL_CFLAGS  = -std=gnu11 $(CPPFLAGS) $(CFLAGS) $(WARNINGS) $(HARDEN) -fno-common -fno-omit-frame-pointer \
	      $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all)
ALL_LDFLAGS = $(LDFLAGS) -Wl,-z,relro,-z,now $(if $(SANITIZE),-fsanitize=$(SANITIZE)) \
	      $(if $(findstring musl,$(CC)),-static)

ROOMS       := base event metrics net config process
LIB_SOURCES := $(wildcard $(ROOMS:%=src/%/*.c))
LIB_OBJECTS := $(LIB_SOURCES:%.c=$(B)/%.o)
COHORT_OBJECTS := $(patsubst %.c,$(B)/%.o,src/main.c $(wildcard src/protocols/*.c))
BENCH_OBJECTS  := $(patsubst %.c,$(B)/%.o,$(wildcard tools/cohort-bench/*.c))
UNIT_TESTS   := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))
TEST_SERVERS := $(patsubst tests/servers/%.c,$(B)/tests/servers/%,$(wildcard tests/servers/*.c))

.PHONY: all
all: $(B)/cohort $(B)/cohort-bench $(B)/libcohort.a ## build the server, the library and the bench client

# A change of compiler or flags rebuilds everything.
STAMP := $(B)/flags
FLAGS_NOW := $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS)
.PHONY: force
$(STAMP): force
	@mkdir -p $(B)
	@printf '%s\n' '$(FLAGS_NOW)' | cmp -s - $@ || printf '%s\n' '$(FLAGS_NOW)' >$@

$(B)/tools/cohort-bench/%.o $(B)/tests/unit/test_bench_%.o: CPPFLAGS += -Itools/cohort-bench

$(B)/%.o: %.c $(STAMP)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(B)/libcohort.a: $(LIB_OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $^

$(B)/cohort: $(COHORT_OBJECTS) $(B)/libcohort.a
	$(CC) $(ALL_CFLAGS) $^ $(ALL_LDFLAGS) -o $@

$(B)/cohort-bench: $(BENCH_OBJECTS) $(B)/libcohort.a
	$(CC) $(ALL_CFLAGS) $^ $(ALL_LDFLAGS) -o $@

$(B)/tests/test_bench_%: $(B)/tests/unit/test_bench_%.o $(filter-out %/main.o,$(BENCH_OBJECTS)) $(B)/libcohort.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $^ $(ALL_LDFLAGS) -o $@

$(B)/tests/test_%: $(B)/tests/unit/test_%.o $(filter-out %/main.o,$(COHORT_OBJECTS)) $(B)/libcohort.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $^ $(ALL_LDFLAGS) -o $@

$(B)/tests/servers/%: $(B)/tests/servers/%.o $(B)/libcohort.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $^ $(ALL_LDFLAGS) -o $@

$(B)/bench/bare-epoll: tools/bench/bare_epoll.c $(STAMP)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $< $(ALL_LDFLAGS) -o $@

.PHONY: tests
tests: all $(UNIT_TESTS) $(TEST_SERVERS) ## build everything that the tests run

.SECONDARY:
-include $(wildcard $(B)/src/*.d $(B)/src/*/*.d $(B)/tools/*/*.d $(B)/tests/*/*.d)

.PHONY: run
run: $(B)/cohort ## start the server: echo on 127.0.0.1:8888 (ARGS='-w 4'); Ctrl-C ends it
	@exec $(B)/cohort $(ARGS)

.PHONY: test
test: tests ## run the tests (FILES='tests/00-smoke.bats' FILTER='a regex')
	@COHORT_BUILD=$(B) tests/run

.PHONY: help
help: ## print this list
	@sed -nE 's/^([a-z-]+):.* ## (.*)/\1\t\2/p' Makefile | expand -t 18

# ---- Checks -----------------------------------------------------------------

C_FILES := $(shell find src tools tests -name '*.[ch]' 2>/dev/null)
C_UNITS := $(filter %.c,$(C_FILES))
HEADERS := $(filter %.h,$(C_FILES))
SHELL_FILES := tests/run $(wildcard tests/*.bats tests/support/*.bash) $(filter-out %.suppress,$(wildcard tools/check/*)) tools/bench/run .ci/run
TIDY_FLAGS := -std=gnu11 -D_GNU_SOURCE -Isrc -Itools/cohort-bench -Itests/unit

.PHONY: check check-format check-warnings check-tidy check-cppcheck check-shell check-headers check-layers check-sizes
check: check-format check-shell check-headers check-layers check-sizes check-warnings check-cppcheck check-tidy ## all checks below

check-format: ## clang-format changes nothing
	clang-format --dry-run --Werror $(C_FILES)

check-warnings: ## gcc and clang build everything without a warning
	+$(MAKE) --no-print-directory -s COHORT_BUILD=$(B)/gcc CC=gcc WERROR=1 tests
	+$(MAKE) --no-print-directory -s COHORT_BUILD=$(B)/clang CC=clang WERROR=1 tests

check-tidy: ## clang-tidy finds nothing
	printf '%s\n' $(C_UNITS) | xargs -P 2 -n 8 sh -c 'exec clang-tidy --quiet "$$@" -- $(TIDY_FLAGS) 2>/dev/null' clang-tidy

check-cppcheck: ## cppcheck finds nothing
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
		--suppressions-list=tools/check/cppcheck.suppress -j 2 -D_GNU_SOURCE -Isrc -Itools/cohort-bench -Itests/unit src tools tests

check-shell: ## shellcheck finds nothing
	shellcheck -x $(SHELL_FILES)

check-headers: ## every header compiles alone, the public one in C++ too
	tools/check/headers $(HEADERS)

check-layers: ## includes point downward, each system interface has one home
	tools/check/layers

check-sizes: ## no long file or function
	tools/check/sizes

# ---- Other builds, and the tests in them ------------------------------------

SANITIZERS := address,undefined
.PHONY: test-asan
test-asan: ## the tests with address and undefined behaviour checked
	+$(MAKE) --no-print-directory COHORT_BUILD=$(B)/asan SANITIZE=$(SANITIZERS) CFLAGS='-O1 -g' tests
	COHORT_BUILD=$(B)/asan COHORT_PATIENCE=3 ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 tests/run

VALGRIND := valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite
.PHONY: test-valgrind
test-valgrind: tests ## unit, smoke and serving tests under valgrind
	COHORT_BUILD=$(B) COHORT_PATIENCE=10 COHORT_WRAPPER='$(VALGRIND)' \
		FILES='tests/00-smoke.bats tests/05-unit.bats tests/20-serving.bats' tests/run

.PHONY: test-musl
test-musl: ## a static build with musl passes the smoke tests
	+$(MAKE) --no-print-directory COHORT_BUILD=$(B)/musl CC=musl-gcc tests
	COHORT_BUILD=$(B)/musl FILES=tests/00-smoke.bats tests/run

.PHONY: bench
bench: all $(B)/bench/bare-epoll ## server CPU per exchange beside a bare epoll loop, in one run
	tools/bench/run $(B)/bench/bare-epoll $(B)/cohort $(B)/cohort-bench

# ---- Installing -------------------------------------------------------------

.PHONY: install
install: all ## into $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/include
	install -m 755 $(B)/cohort $(B)/cohort-bench $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(B)/libcohort.a $(DESTDIR)$(PREFIX)/lib
	install -m 644 src/cohort.h $(DESTDIR)$(PREFIX)/include

.PHONY: clean
clean: ## remove everything that was built
	rm -rf $(B)
