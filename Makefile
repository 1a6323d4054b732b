# SPDX-License-Identifier: GPL-2.0-or-later
#
# intact: `make help` says what can be made. Variables a packager may set on the command line:
#   DESTDIR PREFIX SBINDIR LIBDIR DATADIR MANDIR DOCDIR BASHCOMPDIR SYSCONFDIR UNITDIR   where things are installed
#   INITRAMFS_TOOLS_DIR DRACUT_DIR INITCPIO_DIR   the same, for each generator's hook; README.md tells more
#   CFLAGS LDFLAGS        added to (and winning over) the hardening flags below
#   WITH_INITRAMFS_TOOLS WITH_DRACUT WITH_MKINITCPIO   yes (default) or no: install the hook of that generator
#   WITH_TPM              yes (default) or no: TPM 2.0, by tpm2-tss; 110 KB of intact-unlock
#   DEPS_TARBALLS         folder with the source tarballs of deps/list, instead of the package manager
#   INTACT_CACHE          where static libraries and test systems are kept (default ~/.cache/intact)
#   V=1                   show commands

VERSION := 0.1.0

DESTDIR ?=
PREFIX ?= /usr
SBINDIR ?= $(PREFIX)/sbin
LIBDIR ?= $(PREFIX)/lib
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
DOCDIR ?= $(DATADIR)/doc/intact
SYSCONFDIR ?= /etc
UNITDIR ?= $(LIBDIR)/systemd/system
BASHCOMPDIR ?= $(DATADIR)/bash-completion/completions
WITH_INITRAMFS_TOOLS ?= yes
WITH_DRACUT ?= yes
WITH_MKINITCPIO ?= yes
WITH_TPM ?= yes

CFLAGS ?= -Os
HARDENING ?= -fstack-protector-strong -fcf-protection -D_FORTIFY_SOURCE=2 -Wl,-z,relro,-z,now,-z,noexecstack
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wcast-qual -Wwrite-strings -Wundef -Wformat=2 -Wvla -Wimplicit-fallthrough -Wno-format-truncation
# Includes are written from src/: "facts/header.h".
BASE_CFLAGS := -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DINTACT_VERSION='"$(VERSION)"' \
	-iquote src -ffunction-sections -fdata-sections -fno-strict-aliasing -ffile-prefix-map=$(CURDIR)=. \
	-fno-unwind-tables -fno-asynchronous-unwind-tables \
	$(WARNINGS)
DEPENDENCIES := -MMD -MP
# libdevmapper's wait for udev gets a time limit: src/system/udev_wait.h.
BASE_LDFLAGS := -Wl,--gc-sections -Wl,--build-id=none -Wl,--wrap=semop
LIBS := $(if $(filter yes,$(WITH_TPM)),-ltss2) -lcryptsetup -lkmod -lblkid -luuid -ldevmapper -lmbedcrypto -ljson-c -largon2 -lzstd -llzma \
	-lbz2 -llzo2 -lz -lpthread -lm

Q := $(if $(V),,@)
say = $(if $(V),,@echo '  $(1)';)

# src/README.md says what each folder is and what it may include. The pure ones know no system call.
sources = $(filter-out $(LEFT_OUT),$(foreach d,$(1),$(wildcard src/$d/*.c)))
# The files that call tpm2-tss, or the one that stands in their place.
TPM_FILES := $(filter-out src/system/tpm_none.c,$(wildcard src/system/tpm_*.c))
LEFT_OUT := $(if $(filter yes,$(WITH_TPM)),src/system/tpm_none.c,$(TPM_FILES) $(wildcard src/system/tpm2_*.c))
PURE := $(call sources,base facts config policy image check)
SYSTEM := $(call sources,system)
UNLOCK := $(call sources,ask unlock)
TOOL := $(call sources,intact)
SOURCES := $(PURE) $(SYSTEM) $(UNLOCK) $(TOOL)

.PHONY: all deps demo picture check bench fuzz coverage lint strict install uninstall source deb rpm arch clean help FORCE
.DELETE_ON_ERROR:

all: build/intact-unlock build/intact

help:
	@echo 'make            build/intact-unlock and build/intact (static libraries included, see deps/)'
	@echo 'make demo       boot an emulated disk with an integrity-protected root; DEMO_AUTO=1 types the passphrase'
	@echo 'make check      the tests; TEST=WORD runs those whose name holds it, MUST_RUN=1 makes skips failures;'
	@echo '                TEST='"'*'"' runs also those that repeat at length what others show'
	@echo 'make bench      our timings and sizes beside those of what a user would use instead; BENCH_ONLY, BENCH_RUNS'
	@echo 'make install    into DESTDIR; the head of the Makefile lists the variables'
	@echo 'make uninstall  takes away what install put there, and the folders that are empty then and were its own'
	@echo 'make deb rpm arch   packages, in build/packages; make source: what they are made from'
	@echo 'make deps       only the static libraries; prints the folder they are in'
	@echo 'make lint       the rules of style that a program can check; part of make check'
	@echo 'make strict     compile with warnings as errors, gcc -fanalyzer, clang, cppcheck'
	@echo 'make fuzz       run each fuzz target for FUZZ_SECONDS (default 60)'
	@echo 'make coverage   which lines the fuzz corpora and the unit tests reach; fails below the least they must reach'
	@echo 'make picture    draw doc/demo.svg, README'"'"'s picture of the console, from real boots'
	@echo 'make clean      remove build/ (the cache outside the tree stays)'

# --- static libraries ----------------------------------------------------------------------------

# build/deps.mk holds DEPS, the folder with the libraries. Make remakes it first and starts again.
ifneq ($(filter-out help clean uninstall,$(or $(MAKECMDGOALS),all)),)
-include build/deps.mk
ifeq ($(wildcard $(or $(DEPS),/nowhere)/lib/libcryptsetup.a),)
build/deps.mk: FORCE
endif
endif

build/deps.mk: $(wildcard deps/* deps/*/*)
	@mkdir -p build
	@deps/setup deps/packages
	@deps/build > build/deps.path
	@echo "DEPS := $$(cat build/deps.path)" > $@

deps: build/deps.mk
	@cat build/deps.path

# --- the two programs -------------------------------------------------------------------------------

STATIC_CC = $(DEPS)/bin/musl-cc
objects = $(patsubst src/%.c,build/obj/%.o,$(1))
# $(call compile,OUTPUT): $< into an object. $(call link,OUTPUT): $^ and the libraries into a program.
compile = $(STATIC_CC) $(BASE_CFLAGS) $(DEPENDENCIES) $(HARDENING) $(CFLAGS) $(SPEED) -c $< -o $(1)
link = $(STATIC_CC) $(HARDENING) $(CFLAGS) $(BASE_LDFLAGS) $(LDFLAGS) $^ \
	-Wl,--start-group $(LIBS) -Wl,--end-group -o $(1)

build/obj/%.o: src/%.c build/deps.mk Makefile
	@mkdir -p $(@D)
	$(call say,CC $<)$(call compile,$@)

# A third of the speed of `intact format` depends on it.
build/obj/system/seal_fast.o build/obj/system/seal_gcm.o: SPEED := -O2

build/intact-unlock.full: $(call objects,$(PURE) $(SYSTEM) $(UNLOCK))
build/intact.full: $(call objects,$(PURE) $(SYSTEM) $(TOOL))
build/%.full:
	$(call say,LD $@)$(call link,$@)

# Stripped; the .full file beside it keeps the symbols.
build/intact-unlock build/intact: %: %.full
	$(call say,STRIP $@)strip -o $@ $<

-include $(patsubst src/%.c,build/obj/%.d,$(SOURCES))

# --- tests ------------------------------------------------------------------------------------------

include tests/tests.mk

demo: all
	@deps/setup tests/packages
	@tests/demo

# README's picture of the console, drawn from two boots.
picture: all
	@deps/setup tests/packages
	@tests/picture

# --- installing ---------------------------------------------------------------------------------------

# Each word: mode, file of the tree, where it goes. One list serves install and uninstall.
INITRAMFS_TOOLS_DIR ?= $(DATADIR)/initramfs-tools
DRACUT_DIR ?= $(LIBDIR)/dracut/modules.d
INITCPIO_DIR ?= $(LIBDIR)/initcpio
GUIDES := arch convert debian dracut fedora
FILES := 0755:build/intact-unlock:$(SBINDIR)/intact-unlock \
	0755:build/intact:$(SBINDIR)/intact \
	0644:man/intact-unlock.8:$(MANDIR)/man8/intact-unlock.8 \
	0644:man/intact.8:$(MANDIR)/man8/intact.8 \
	0644:man/intact-fresh.7:$(MANDIR)/man7/intact-fresh.7 \
	0755:hooks/shutdown/intact:$(LIBDIR)/systemd/system-shutdown/intact \
	0644:hooks/systemd/intact-bump.service:$(UNITDIR)/intact-bump.service \
	0644:hooks/systemd/intact-bump.timer:$(UNITDIR)/intact-bump.timer \
	0644:hooks/systemd/intact-scrub.service:$(UNITDIR)/intact-scrub.service \
	0644:hooks/systemd/intact-scrub.timer:$(UNITDIR)/intact-scrub.timer \
	0644:hooks/systemd/intact-status.service:$(UNITDIR)/intact-status.service \
	0644:hooks/systemd/intact-status.timer:$(UNITDIR)/intact-status.timer \
	$(foreach f,intact intact-unlock,0644:completions/$f:$(BASHCOMPDIR)/$f) \
	$(foreach g,$(GUIDES),0644:doc/guide-$g.md:$(DOCDIR)/guide-$g.md)
ifeq ($(WITH_INITRAMFS_TOOLS),yes)
FILES += $(foreach f,hooks/intact $(addsuffix /intact,$(addprefix scripts/,init-top local-top local-premount local-bottom init-bottom panic)),0755:initramfs-tools/$f:$(INITRAMFS_TOOLS_DIR)/$f) \
	0644:initramfs-tools/conf-hooks.d/intact:$(INITRAMFS_TOOLS_DIR)/conf-hooks.d/intact \
	0755:initramfs-tools/post-update.d/intact:$(SYSCONFDIR)/initramfs/post-update.d/intact
endif
ifeq ($(WITH_DRACUT),yes)
FILES += $(foreach f,$(patsubst dracut/%,%,$(wildcard dracut/*/*.sh)),0755:dracut/$f:$(DRACUT_DIR)/$f)
endif
ifeq ($(WITH_MKINITCPIO),yes)
FILES += $(foreach f,hooks/intact install/intact,0644:mkinitcpio/$f:$(INITCPIO_DIR)/$f) \
	0755:mkinitcpio/post/intact:$(INITCPIO_DIR)/post/intact \
	0644:mkinitcpio/mkinitcpio.conf.d/zz-intact.conf:$(SYSCONFDIR)/mkinitcpio.conf.d/zz-intact.conf
endif
# What an image with systemd in it needs, whoever made it. The drop-ins are only for the image: there, not here.
ifneq ($(filter yes,$(WITH_DRACUT) $(WITH_MKINITCPIO)),)
FILES += $(foreach u,intact-unlock intact-keymap,0644:hooks/systemd/$u.service:$(UNITDIR)/$u.service) \
	0644:hooks/udev/98-intact.rules:$(LIBDIR)/intact/udev/98-intact.rules \
	$(foreach d,$(notdir $(wildcard hooks/systemd/*.d)),0644:hooks/systemd/$d/intact.conf:$(LIBDIR)/intact/systemd/$d/intact.conf)
endif
field = $(word $(1),$(subst :, ,$(2)))

install: all
	$(Q)$(foreach f,$(FILES),install -D -m $(call field,1,$(f)) $(call field,2,$(f)) $(DESTDIR)$(call field,3,$(f)) &&) :

# Folders that nobody else puts anything into, those inside others first.
OWN_DIRS := $(DRACUT_DIR)/91intact $(DRACUT_DIR)/92intact-check $(foreach d,$(notdir $(wildcard hooks/systemd/*.d)),$(LIBDIR)/intact/systemd/$d) \
	$(LIBDIR)/intact/systemd $(LIBDIR)/intact/udev $(LIBDIR)/intact $(DOCDIR)

uninstall:
	$(Q)rm -f $(foreach f,$(FILES),$(DESTDIR)$(call field,3,$(f)))
	$(Q)for d in $(OWN_DIRS:%=$(DESTDIR)%); do [ ! -d $$d ] || rmdir --ignore-fail-on-non-empty $$d || exit; done

# --- packages ---------------------------------------------------------------------------------------------

# In a git checkout everything in a package is as old as the last commit, in an unpacked source as its files are.
SOURCE_DATE_EPOCH ?= $(shell [ -e .git ] && git log -1 --format=%ct || stat -c %Y NEWS)

source: export SOURCE_DATE_EPOCH := $(SOURCE_DATE_EPOCH)
source:
	@rm -rf build/packages/source && mkdir -p build/packages/source
	@packaging/source $(VERSION) build/packages/source

deb rpm arch: export SOURCE_DATE_EPOCH := $(SOURCE_DATE_EPOCH)
deb rpm arch: source
	@deps/setup packaging/packages.$@
	@packaging/build-$@ $(VERSION)

clean:
	rm -rf build
