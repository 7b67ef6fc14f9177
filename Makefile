# workforced -- one file builds, tests and installs everything; nothing is recursive but the variants.
#
#   make                 the daemon, libworkforce and the consumers, in ./build
#   make demo            what it does, on the official figures (installs what is missing first)
#   make check           every test, the same set-up; the last line is "N passed, N failed"
#   make install         DESTDIR and PREFIX are honoured; no packages, no network
#   make deps            the Debian packages it needs; INSTALL=1 installs them
#
# Variables: B build directory; VARIANT asan, fuzz or clang (the same rules, other flags, in $B of its own);
# V=1 shows whole commands; PREFIX, DESTDIR, SYSCONFDIR, LIBDIR, UNITDIR as usual.

VERSION := 0.1.0
SOVERSION := 1
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

VARIANT ?=
B ?= build$(if $(VARIANT),/$(VARIANT))
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),@:,@echo) "  $(1)	$(patsubst $B/%,%,$@)"
JOBS := $(shell nproc 2>/dev/null || echo 2)

# ---------------------------------------------------------------------------------------------------- flags

CC := gcc
CLANG ?= clang-14
OPT ?= -O2 -g
WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef \
        -Wswitch-enum -fno-common
HARDEN := -fstack-protector-strong -D_FORTIFY_SOURCE=2
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

ifeq ($(VARIANT),asan)
OPT := -O1 -g
HARDEN := $(SANITIZE)
else ifeq ($(VARIANT),fuzz)
CC := $(CLANG)
OPT := -O1 -g
HARDEN := $(SANITIZE) -fsanitize=fuzzer-no-link
else ifeq ($(VARIANT),clang)
CC := $(CLANG)
else ifneq ($(VARIANT),)
$(error VARIANT is asan, fuzz or clang)
endif

# The daemon is optimized as a whole (a twelfth of its time), tests and consumers file by file: fat objects serve both.
LTO ?= $(if $(VARIANT)$(findstring clang,$(CC)),,-flto=auto -ffat-lto-objects)

# What each event goes through is compiled for speed (an eighth of the daemon's time).
FAST ?= -O3
HOT_SRC = $(call under,proto daemon/core daemon/engine)

# pkg-config is asked once, and only when something is compiled: `make deps` runs before it is there.
PKGS = libzmq lmdb $(MSGPACK) libsystemd libconfuse jansson libsodium
MSGPACK = $(shell pkg-config --exists msgpack-c && echo msgpack-c || echo msgpack)
once = $(eval $(1) := $$(shell $(2)))$($(1))
PKG_CFLAGS = $(call once,PKG_CFLAGS,pkg-config --cflags $(PKGS))
PKG_LIBS = $(call once,PKG_LIBS,pkg-config --libs $(PKGS))
TEST_LIBS = $(call once,TEST_LIBS,pkg-config --libs criterion)

ALL_CPPFLAGS = -D_GNU_SOURCE -DWF_VERSION='"$(VERSION)"' \
               -Iinclude -Idaemon -Iproto -I. $(EXTRA_CPPFLAGS) $(PKG_CFLAGS) $(CPPFLAGS)
ALL_CFLAGS = -std=gnu17 $(OPT) $(LTO) $(WARN) $(EXTRA_WARN) $(HARDEN) -fPIC -pthread $(CFLAGS)
ALL_LDFLAGS = -pthread -Wl,--as-needed -Wl,-z,relro,-z,now $(filter -fsanitize%,$(HARDEN)) $(LDFLAGS)

# -------------------------------------------------------------------------------------------------- sources

under = $(sort $(shell find $(1) -name '*.c' 2>/dev/null))
objects = $(patsubst %.c,$B/%.o,$(1))

PROTO_SRC := $(call under,proto)
ROOM_SRC := $(call under,daemon/core daemon/store daemon/engine daemon/net) $(filter-out daemon/main.c,$(wildcard daemon/*.c))
CONSUMERS := $(patsubst consumers/%.c,%,$(sort $(wildcard consumers/*.c)))
CONSUMER_DIRS := $(patsubst consumers/%/,%,$(sort $(dir $(wildcard consumers/*/*.c))))
# A folder that is no program's own serves all of them.
SHARED_CONSUMER_SRC := $(foreach d,$(filter-out $(CONSUMERS),$(CONSUMER_DIRS)),$(call under,consumers/$d))
CONSUMER_SRC := $(call under,consumers)
SUPPORT_SRC := $(call under,tests/support)
UNIT_SRC := $(call under,tests/unit)
PROPERTY_SRC := $(sort $(wildcard tests/property/*.c))
SCENARIO_SRC := $(call under,tests/scenario)
BENCH_SRC := $(sort $(wildcard tests/bench/bench_*.c))
PEER_SRC := $(call under,tests/bench/peers)
BENCH_SHARED_SRC := $(filter-out $(BENCH_SRC) $(PEER_SRC),$(call under,tests/bench))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
SYSTEM_SRC := $(sort $(wildcard tests/system/*.c))
SHIM_SRC := $(wildcard tests/faults/*.c)
PRODUCT_SRC := $(PROTO_SRC) $(ROOM_SRC) $(wildcard daemon/main.c) $(CONSUMER_SRC)
TEST_SRC := $(SUPPORT_SRC) $(UNIT_SRC) $(PROPERTY_SRC) $(SCENARIO_SRC) $(BENCH_SRC) $(BENCH_SHARED_SRC) $(SYSTEM_SRC) $(SHIM_SRC)

LIB := $B/libworkforce.a $B/libworkforce.so
ROOMS := $B/librooms.a
PROGRAMS := $(if $(wildcard daemon/main.c),$B/workforced) $(CONSUMERS:%=$B/%)
PROPERTIES := $(PROPERTY_SRC:tests/property/%.c=$B/property_%)
BENCHES := $(BENCH_SRC:tests/bench/%.c=$B/%)
FUZZERS := $(FUZZ_SRC:tests/fuzz/%.c=$B/%)
SYSTEM_TOOLS := $(SYSTEM_SRC:tests/system/%.c=$B/system_%)
# What is preloaded into a daemon under test.
PRELOADS := $(patsubst tests/system/preload/%.c,$B/preload_%.so,$(wildcard tests/system/preload/*.c))
TEST_PROGRAMS := $(PRELOADS) $(if $(UNIT_SRC),$B/unit) $(PROPERTIES) $(if $(SCENARIO_SRC),$B/scenario) $(SYSTEM_TOOLS) $(if $(SHIM_SRC),$B/fault.so)

# ---------------------------------------------------------------------------------------------------- build

.PHONY: all tests benches fuzzers
all: $(LIB) $(PROGRAMS) $B/workforce.pc
tests: $(TEST_PROGRAMS)
benches: $(BENCHES)
fuzzers: $(FUZZERS)

$B/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

# Criterion's macros convert; the rest of the flags hold for tests too.
$(call objects,$(TEST_SRC) $(FUZZ_SRC)): EXTRA_WARN = -Wno-conversion
$(call objects,$(TEST_SRC) $(FUZZ_SRC)): LTO =
ifeq ($(VARIANT),)
$(call objects,$(HOT_SRC)): OPT += $(FAST)
endif
$(call objects,$(TEST_SRC) $(FUZZ_SRC)): EXTRA_CPPFLAGS = -Itests -Itests/support

define archive
	@mkdir -p $(@D); rm -f $@
	$(call say,AR)
	$(Q)ar rcs $@ $^
endef
define link
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) $(LINK_OPT) $(LINK_EXTRA) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(filter %.a,$^) $(PKG_LIBS) $(LINK_LIBS) -lm
endef

$B/libworkforce.a: $(call objects,$(PROTO_SRC))
	$(archive)
$(ROOMS): $(call objects,$(ROOM_SRC))
	$(archive)
$B/libconsumers.a: $(call objects,$(SHARED_CONSUMER_SRC))
	$(archive)

# What the public headers declare is exported, nothing else.
$B/libworkforce.map: $(wildcard include/workforce/*) Makefile
	@mkdir -p $(@D)
	@{ echo 'WORKFORCE_$(SOVERSION) { global:'; \
	   grep -ohE '\bwf_[a-z0-9_]+ *[[(]' $(filter include/%,$^) | sed 's/ *[[(]$$/;/' | LC_ALL=C sort -u; \
	   echo 'local: *; };'; } > $@
$B/libworkforce.so.$(SOVERSION): $(call objects,$(PROTO_SRC)) $B/libworkforce.map
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) $(LINK_OPT) $(if $(VARIANT),,-Wl,-z,defs) -shared -Wl,-soname,libworkforce.so.$(SOVERSION) -Wl,--version-script=$B/libworkforce.map \
	    -o $@ $(filter %.o,$^) $(PKG_LIBS)
$B/libworkforce.so: $B/libworkforce.so.$(SOVERSION)
	@ln -sf $(<F) $@

# Places can change between two calls of make, so what holds them is written anew when they do.
.PHONY: FORCE
FORCE:
renew = mkdir -p $(@D); cmp -s - $@ <<< "$$text" || printf '%s\n' "$$text" > $@
$B/workforce.pc: workforce.pc.in FORCE
	@text=$$(sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@INCLUDEDIR@|$(INCLUDEDIR)|; s|@VERSION@|$(VERSION)|' \
	    -e 's|@MSGPACK@|$(MSGPACK)|' $<); $(renew)

LINK_OPT = $(if $(LTO),-fno-lto)
$B/workforced: LINK_OPT = $(if $(LTO),$(OPT) $(FAST) $(LTO))
$B/workforced: $B/daemon/main.o $(ROOMS) $B/libworkforce.a
	$(link)

define consumer
$B/$(1): $(call objects,consumers/$(1).c $(call under,consumers/$(1))) $(if $(SHARED_CONSUMER_SRC),$B/libconsumers.a) $B/libworkforce.a
	$$(link)
endef
$(foreach c,$(CONSUMERS),$(eval $(call consumer,$c)))

TEST_BASE := $(if $(SUPPORT_SRC),$B/libsupport.a) $(if $(SHARED_CONSUMER_SRC),$B/libconsumers.a) $(ROOMS) $B/libworkforce.a
$B/libsupport.a: $(call objects,$(SUPPORT_SRC))
	$(archive)
$B/unit $B/scenario $(PROPERTIES) $(BENCHES) $(SYSTEM_TOOLS): LINK_LIBS = $(TEST_LIBS)
$B/unit: $(call objects,$(UNIT_SRC)) $(TEST_BASE)
	$(link)
$B/scenario: $(call objects,$(SCENARIO_SRC)) $(TEST_BASE)
	$(link)
$(PROPERTIES): $B/property_%: $B/tests/property/%.o $(TEST_BASE)
	$(link)
$(BENCHES): $B/bench_%: $B/tests/bench/bench_%.o $(call objects,$(BENCH_SHARED_SRC)) $(TEST_BASE)
	$(link)
# With libpq, so only for bench-peers.
$(call objects,$(PEER_SRC)): EXTRA_WARN = -Wno-conversion
$(call objects,$(PEER_SRC)): EXTRA_CPPFLAGS = -Itests $(call once,PQ_CFLAGS,pkg-config --cflags libpq)
$B/bench_peers: LINK_LIBS = $(call once,PQ_LIBS,pkg-config --libs libpq)
$B/bench_peers: $(call objects,$(PEER_SRC) $(BENCH_SHARED_SRC)) $(TEST_BASE)
	$(link)
$(PRELOADS): $B/preload_%.so: tests/system/preload/%.c Makefile
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) -D_GNU_SOURCE -Iinclude -Itests -std=gnu17 -O2 -g $(WARN) -Wno-conversion -fPIC -shared -pthread -o $@ $<
$(SYSTEM_TOOLS): $B/system_%: $B/tests/system/%.o $(TEST_BASE)
	$(link)
$B/fault.so: LINK_EXTRA = -shared
$B/fault.so: $B/tests/faults/shim.o
	$(link)
$(FUZZERS): LINK_EXTRA = -fsanitize=fuzzer
$(FUZZERS): $B/fuzz_%: $B/tests/fuzz/fuzz_%.o $(ROOMS) $B/libworkforce.a
	$(link)

-include $(patsubst %.c,$B/%.d,$(PRODUCT_SRC) $(TEST_SRC) $(FUZZ_SRC))

# ---------------------------------------------------------------------------------------------------- tests

# Names that the tests know, so that every one of them finds the same build.
export WF_BUILD = $(abspath $B)
export WF_TOP = $(CURDIR)
FUZZ_SECONDS ?= 10
again = +@$(MAKE) --no-print-directory -j$(JOBS)

.PHONY: bench-peers check unit property scenario system asan fuzz fuzz-run syntax lint analyze bench soak mutants published demo
check:
	+@$(MAKE) --no-print-directory ensure FOR="run build test"
	@B=$(B) FUZZ_SECONDS=$(FUZZ_SECONDS) MAKE=$(MAKE) bash tests/check.sh

unit property scenario system asan fuzz lint:
	@B=$(B) FUZZ_SECONDS=$(FUZZ_SECONDS) MAKE=$(MAKE) bash tests/check.sh $@

# gcc 12 and clang 14 in turn; neither may have anything to say.
syntax: $(patsubst %.c,$B/syntax/%.ok,$(PRODUCT_SRC) $(TEST_SRC) $(FUZZ_SRC))
analyze: $(patsubst %.c,$B/analyze/%.ok,$(PRODUCT_SRC)) $(patsubst %.c,$B/warnings/%.ok,$(TEST_SRC) $(FUZZ_SRC))
$(foreach d,syntax warnings,$(patsubst %.c,$B/$d/%.ok,$(TEST_SRC) $(FUZZ_SRC))): EXTRA_WARN = -Wno-conversion
$(foreach d,syntax warnings,$(patsubst %.c,$B/$d/%.ok,$(TEST_SRC) $(FUZZ_SRC))): EXTRA_CPPFLAGS = -Itests -Itests/support
judged = @mkdir -p $(@D); $(1) -Werror $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -MF $(@:.ok=.d) -MT $@
$B/syntax/%.ok $B/analyze/%.ok $B/warnings/%.ok: LTO =
$B/syntax/%.ok: %.c Makefile
	$(call judged,$(CLANG)) -fsyntax-only $< && touch $@
# gcc 12 loses sight of memory that hangs in a structure and calls it a leak; LeakSanitizer and cppcheck judge leaks.
$B/analyze/%.ok: %.c Makefile
	$(call judged,timeout 120 gcc -fanalyzer -Wno-analyzer-malloc-leak $(QUIET)) -c -o /dev/null $< && touch $@
# state_at() gives nothing only outside a spell, where nobody asks; lists that are reached through one another are grown
# one at a time.
$B/analyze/daemon/core/engagement.ok: QUIET = -Wno-analyzer-null-dereference
$B/analyze/daemon/core/ledger.ok: QUIET = -Wno-analyzer-double-free
$B/warnings/%.ok: %.c Makefile
	$(call judged,gcc) -c -o /dev/null $< && touch $@
-include $(foreach d,syntax analyze warnings,$(patsubst %.c,$B/$d/%.d,$(PRODUCT_SRC) $(TEST_SRC) $(FUZZ_SRC)))

# BENCH=quick: half a minute, to try it out. Else some five; the exit status says whether the targets were met.
bench:
	$(again) all benches
	@B=$(B) BENCH=$(BENCH) bash tests/bench/bench.sh

# The same work beside PostgreSQL, which is installed for it when it is missing.
bench-peers:
	+@$(MAKE) --no-print-directory ensure FOR="run build peers"
	$(again) all $B/bench_peers
	@bash tests/bench/peers.sh

# The rates of any table with the DfE's column names, worked out by the daemon and compared with the printed ones.
FIGURES ?= $(firstword $(wildcard ../shared/domain/published.csv) profiles/figures-five-councils.csv)
published:
	$(again) all
	@bash tests/system/published.sh $(FIGURES)

soak:
	$(again) all tests
	@B=$(B) MAKE=$(MAKE) bash tests/check.sh soak

# Bugs put in on purpose, one at a time, in a copy of the tree: some test must find each.
mutants:
	@bash tests/property/mutants.sh $(NAMES)

demo:
	+@$(MAKE) --no-print-directory ensure FOR="run build"
	$(again) all
	@B=$(B) bash tests/system/demo.sh

# ----------------------------------------------------------------------------------------------- packages

DEPS_run := libzmq5 liblmdb0 libmsgpackc2 libsystemd0 libconfuse2 libjansson4 libsodium23
DEPS_build := gcc libc6-dev binutils pkg-config libzmq3-dev liblmdb-dev libmsgpack-dev libsystemd-dev libconfuse-dev \
              libjansson-dev libsodium-dev uthash-dev
DEPS_test := libcriterion-dev clang-14 libclang-rt-14-dev cppcheck mandoc systemd python3 python3-zmq python3-msgpack tzdata \
             lmdb-utils
DEPS_peers := postgresql-15 libpq-dev
FOR ?= run build test
WANTED := $(foreach f,$(FOR),$(DEPS_$f))

# Prints what of $(WANTED) is not installed; nothing where packages are not Debian's.
missing = $$(command -v dpkg-query >/dev/null || exit 0; for p in $(WANTED); do \
            dpkg-query -W -f='$${db:Status-Status}\n' $$p 2>/dev/null | grep -qx installed || printf '%s ' $$p; done)

.PHONY: deps ensure
deps:
	@echo "run:   $(DEPS_run)"
	@echo "build: $(DEPS_build)"
	@echo "test:  $(DEPS_test)"
ifeq ($(INSTALL),1)
	+@$(MAKE) --no-print-directory ensure FOR="$(FOR)"
else
	@m="$(missing)"; if [ -n "$$m" ]; then echo "missing here: $$m(make deps INSTALL=1 installs them)"; \
	 else echo "nothing is missing here"; fi
endif

# Installs what is missing of the kinds in FOR; says nothing and asks no network when all is there.
ensure:
	@m="$(missing)"; [ -n "$$m" ] || exit 0; \
	 line="apt-get install -y --no-install-recommends $$m"; sudo=; \
	 if [ "$$(id -u)" != 0 ]; then \
	     if command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then sudo=sudo; \
	     else echo "These Debian packages are missing and need root. Run this, then try again:"; echo "    $$line"; exit 1; fi; \
	 fi; \
	 echo "Installing Debian packages$${sudo:+ through sudo}: $$m"; \
	 $$sudo apt-get update -qq || echo "The package lists could not be renewed; trying with those that are here."; \
	 $$sudo env DEBIAN_FRONTEND=noninteractive $$line

# ------------------------------------------------------------------------------------------------ install

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
BINDIR ?= $(PREFIX)/bin
SBINDIR ?= $(PREFIX)/sbin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
SYSTEMDDIR ?= $(PREFIX)/lib
PROFILES := $(wildcard profiles/*)
MAN1 := $(wildcard consumers/*.1)
MAN5 := $(wildcard daemon/*.5)
MAN8 := $(wildcard daemon/*.8)
COMPLETIONS := $(wildcard consumers/completion/*)

# One table of everything that is installed: source : place : mode. Install and uninstall both read it.
installed = $B/workforced:$(SBINDIR)/workforced:755 $(foreach c,$(CONSUMERS),$B/$c:$(BINDIR)/$c:755) \
    $B/libworkforce.a:$(LIBDIR)/libworkforce.a:644 \
    $B/libworkforce.so.$(SOVERSION):$(LIBDIR)/libworkforce.so.$(SOVERSION):755 \
    $B/workforce.pc:$(LIBDIR)/pkgconfig/workforce.pc:644 \
    $(foreach h,$(wildcard include/workforce/*),$h:$(INCLUDEDIR)/workforce/$(notdir $h):644) \
    $(foreach m,$(MAN1),$B/placed/$m:$(MANDIR)/man1/$(notdir $m):644) $(foreach m,$(MAN5),$B/placed/$m:$(MANDIR)/man5/$(notdir $m):644) \
    $(foreach m,$(MAN8),$B/placed/$m:$(MANDIR)/man8/$(notdir $m):644) \
    $(foreach p,$(PROFILES),$p:$(DATADIR)/workforced/profiles/$(notdir $p):644) \
    $B/placed/daemon/workforced.conf.sample:$(DATADIR)/workforced/workforced.conf.sample:644 \
    $(foreach s,$(COMPLETIONS),$s:$(DATADIR)/bash-completion/completions/$(notdir $s):644) \
    $B/placed/systemd/workforced.service:$(SYSTEMDDIR)/systemd/system/workforced.service:644 \
    $B/placed/systemd/workforced-backup.service:$(SYSTEMDDIR)/systemd/system/workforced-backup.service:644 \
    systemd/workforced-backup.timer:$(SYSTEMDDIR)/systemd/system/workforced-backup.timer:644 \
    systemd/workforced.tmpfiles:$(SYSTEMDDIR)/tmpfiles.d/workforced.conf:644 \
    systemd/workforced.sysusers:$(SYSTEMDDIR)/sysusers.d/workforced.conf:644 \
    systemd/workforced.catalog:$(SYSTEMDDIR)/systemd/catalog/workforced.catalog:644
CONF = $(SYSCONFDIR)/workforced/workforced.conf
OWN_DIRS = $(DATADIR)/workforced/profiles $(DATADIR)/workforced $(INCLUDEDIR)/workforce $(SYSCONFDIR)/workforced
# Below a DESTDIR the common directories are ours too where nothing else is in them.
COMMON_DIRS = $(sort $(foreach i,$(installed),$(dir $(word 2,$(subst :, ,$i)))) $(SYSCONFDIR)/)

# The sources speak of /usr and /etc; what is installed speaks of where it is.
PLACED := systemd/workforced.service systemd/workforced-backup.service daemon/workforced.conf.sample $(MAN5) $(MAN8) $(MAN1)
$(PLACED:%=$B/placed/%): $B/placed/%: % FORCE
	@text=$$(sed -e 's|/usr/sbin/|$(SBINDIR)/|g; s|/usr/bin/workforcectl|$(BINDIR)/workforcectl|g; s|/usr/share/|$(DATADIR)/|g' \
	    -e 's|/etc/workforced|$(SYSCONFDIR)/workforced|g' $<); \
	 $(renew)

.PHONY: install uninstall clean
install: all $(PLACED:%=$B/placed/%)
	@set -e; for i in $(installed); do IFS=: read -r from to mode <<< "$$i"; install -D -m "$$mode" "$$from" "$(DESTDIR)$$to"; done
	@ln -sfn libworkforce.so.$(SOVERSION) $(DESTDIR)$(LIBDIR)/libworkforce.so
	@if [ -e $(DESTDIR)$(CONF) ]; then echo "$(DESTDIR)$(CONF) is there already and stays as it is"; \
	 else install -D -m 644 $B/placed/daemon/workforced.conf.sample $(DESTDIR)$(CONF); fi
	@if [ -z "$(DESTDIR)" ]; then ldconfig 2>/dev/null || true; \
	 echo "Installed below $(PREFIX). Next: systemd-sysusers && systemd-tmpfiles --create && journalctl --update-catalog &&" \
	    "systemctl daemon-reload && systemctl enable --now workforced"; fi

uninstall: $B/placed/daemon/workforced.conf.sample
	@for i in $(installed); do IFS=: read -r from to mode <<< "$$i"; rm -f "$(DESTDIR)$$to"; done
	@rm -f $(DESTDIR)$(LIBDIR)/libworkforce.so
	@if [ -e $(DESTDIR)$(CONF) ]; then \
	     if cmp -s $B/placed/daemon/workforced.conf.sample $(DESTDIR)$(CONF); then rm -f $(DESTDIR)$(CONF); \
	     else echo "$(DESTDIR)$(CONF) was changed and stays"; fi; fi
	@for d in $(OWN_DIRS); do rmdir --ignore-fail-on-non-empty $(DESTDIR)$$d 2>/dev/null || true; done
	@if [ -n "$(DESTDIR)" ]; then for d in $(COMMON_DIRS); do while [ "$$d" != / ]; do \
	     rmdir "$(DESTDIR)$$d" 2>/dev/null; d=$$(dirname "$$d"); done; done; fi
	@if [ -z "$(DESTDIR)" ]; then ldconfig 2>/dev/null || true; fi

clean:
	rm -rf build
