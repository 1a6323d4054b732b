# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is built for tests, and the commands that run them. Included by the Makefile.

# Dynamic builds with the sanitizers: static and ASan do not mix. A TEST() that TEST_MAIN does not name is an error.
HOST_CC ?= gcc
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined
TEST_CFLAGS = $(BASE_CFLAGS) $(DEPENDENCIES) -g -O1 $(SANITIZE) -idirafter $(DEPS)/include
HOST_COMPILE = $(HOST_CC) $(TEST_CFLAGS)

# The pure folders are linked alone: what they would ask the system for is then an undefined symbol.
PURE_FOLDERS := base facts config policy image check
# Files that need no third-party library. A test of one that does includes that file itself.
TESTABLE := $(filter-out $(addprefix src/system/,device.c fresh_json.c freshness.c \
	fsroot_read.c integrity_make.c json_value.c luks.c luks_disk.c luks_header.c luks_json.c luks_make.c \
	luks_token.c mac.c mapping.c module.c seal.c sha256.c tags_read.c tpm2_credential.c tpm2_files.c tpm2_json.c tpm2_pin.c \
	udev_wait.c \
	unpack.c) $(TPM_FILES) %/main.c,$(SOURCES))
test_objects = $(patsubst src/%.c,build/tests/obj/%.o,$(1))
UNIT_TESTS := $(patsubst %.c,build/%,$(wildcard tests/unit/test_*.c tests/unit/*/test_*.c)) build/tests/unit/test_corpus_luks
# Those that need the libraries, linked as the programs are.
LINKED_TESTS := build/tests/unit/system/test_seal build/tests/unit/intact/test_wipe \
	build/tests/unit/intact/test_choice build/tests/unit/intact/test_scrub_read build/tests/unit/system/test_tags_read \
	build/tests/unit/system/test_unpack build/tests/unit/system/test_freeze build/tests/unit/intact/test_target
PURE_TESTS := $(filter $(PURE_FOLDERS:%=build/tests/unit/%/%),$(UNIT_TESTS))

build/tests/obj/%.o: src/%.c build/deps.mk Makefile tests/tests.mk
	@mkdir -p $(@D)
	$(call say,CC (tests) $<)$(HOST_COMPILE) -c $< -o $@

build/tests/pure.a: $(call test_objects,$(PURE))
build/tests/testable.a: $(call test_objects,$(TESTABLE))
build/tests/%.a:
	@rm -f $@
	$(Q)ar rcD $@ $^

$(PURE_TESTS): build/tests/pure.a
$(filter-out $(PURE_TESTS) $(LINKED_TESTS),$(UNIT_TESTS)): build/tests/testable.a
build/tests/unit/%: tests/unit/%.c
	@mkdir -p $(@D)
	$(call say,CC $<)$(HOST_COMPILE) -iquote tests/unit -Werror=unused-function $< $(filter %.a,$^) \
		-lpthread -o $@

-include $(SOURCES:src/%.c=build/tests/obj/%.d) $(UNIT_TESTS:%=%.d)

# The key derivation as the worker runs it, without device-mapper, for tests on all CPUs there are; and, for
# measurements only, the time of one unlock. Both link our objects for what they put in the place of libc's functions.
NATIVE := $(call objects,$(PURE) $(SYSTEM) $(filter-out %/main.c,$(UNLOCK)))
build/tests/%: tests/native/%.c $(NATIVE)
	@mkdir -p $(@D)
	$(call say,LD $@)$(STATIC_CC) $(BASE_CFLAGS) $(HARDENING) $(CFLAGS) $(BASE_LDFLAGS) $(NATIVE_LDFLAGS) $^ \
		-Wl,--start-group $(NATIVE_LIBS) $(LIBS) -Wl,--end-group -o $@
# It talks to swtpm's socket in the place of the TPM's device.
build/tests/try-tpm: NATIVE_LDFLAGS := -Wl,--wrap=Tss2_Tcti_Device_Init
build/tests/try-tpm: NATIVE_LIBS := -ltss2-swtpm

LINKED := $(NATIVE) $(call objects,$(filter-out %/main.c,$(TOOL)))
$(LINKED_TESTS): build/tests/unit/%: tests/unit/%.c $(LINKED)
	@mkdir -p $(@D)
	$(call say,LD $@)$(STATIC_CC) $(BASE_CFLAGS) -Wno-missing-prototypes -O1 $(BASE_LDFLAGS) -iquote tests/unit \
		$< $(filter %.o,$^) -Wl,--start-group $(LIBS) -Wl,--end-group -o $@

# --- fuzzing ------------------------------------------------------------------------------------------

# Each tests/fuzz/fuzz_NAME.c is a target, with its corpus and perhaps a dictionary. tests/README.md, "Fuzzing".
FUZZ_SECONDS ?= 60
FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
# Those that go through libcryptsetup; the others need no third-party library.
FUZZ_LUKS := $(filter luks2 tpm2,$(FUZZ_TARGETS))
FUZZ_PLAIN := $(filter-out $(FUZZ_LUKS),$(FUZZ_TARGETS))
as_function = -DLLVMFuzzerTestOneInput=fuzz_$(1)
as_list = $(foreach t,$(1),X($t))

# `make check` replays the corpora: with the sanitizers, and those that need the libraries linked as the programs are.
build/tests/fuzz/%.o: tests/fuzz/fuzz_%.c build/deps.mk
	@mkdir -p $(@D)
	$(call say,CC $<)$(HOST_COMPILE) $(call as_function,$*) -c $< -o $@

build/tests/unit/test_corpus: tests/unit/test_corpus.c $(FUZZ_PLAIN:%=build/tests/fuzz/%.o) build/tests/testable.a
	@mkdir -p $(@D)
	$(call say,CC $<)$(HOST_COMPILE) -iquote tests/unit '-DFUZZ_TARGETS=$(call as_list,$(FUZZ_PLAIN))' $< $(filter %.o %.a,$^) \
		-lpthread -o $@

build/tests/fuzz/linked/%.o: tests/fuzz/fuzz_%.c build/deps.mk
	@mkdir -p $(@D)
	$(call say,CC $<)$(STATIC_CC) $(BASE_CFLAGS) $(DEPENDENCIES) -O1 $(call as_function,$*) -c $< -o $@

build/tests/unit/test_corpus_luks: tests/unit/test_corpus.c $(FUZZ_LUKS:%=build/tests/fuzz/linked/%.o) $(NATIVE)
	@mkdir -p $(@D)
	$(call say,LD $@)$(STATIC_CC) $(BASE_CFLAGS) $(BASE_LDFLAGS) -iquote tests/unit '-DFUZZ_TARGETS=$(call as_list,$(FUZZ_LUKS))' \
		$< $(filter %.o,$^) -Wl,--start-group $(LIBS) -Wl,--end-group -o $@

-include $(FUZZ_PLAIN:%=build/tests/fuzz/%.d) $(FUZZ_LUKS:%=build/tests/fuzz/linked/%.d)

# This looks for more.
fuzz: $(FUZZ_TARGETS:%=build/fuzz/%)
	$(Q)for t in $(FUZZ_TARGETS); do mkdir -p build/fuzz/corpus/$$t && \
		build/fuzz/$$t -max_total_time=$(FUZZ_SECONDS) -timeout=20 -artifact_prefix=build/fuzz/ -max_len=8192 \
			$$(test ! -e tests/fuzz/$$t.dict || echo -dict=tests/fuzz/$$t.dict) \
			build/fuzz/corpus/$$t tests/fuzz/corpus/$$t || exit; done

FUZZ_COMPILE = clang $(BASE_CFLAGS) -Wno-unknown-warning-option $(DEPENDENCIES) -DFUZZING -g -O1 -idirafter $(DEPS)/include
build/fuzz/obj/%.o: src/%.c build/deps.mk
	@mkdir -p $(@D)
	$(call say,CC (fuzz) $<)$(FUZZ_COMPILE) -fsanitize=fuzzer-no-link,address,undefined -c $< -o $@

build/fuzz/testable.a: $(TESTABLE:src/%.c=build/fuzz/obj/%.o)
build/fuzz/%.a:
	@rm -f $@
	$(Q)ar rcD $@ $^

$(FUZZ_PLAIN:%=build/fuzz/%): build/fuzz/%: tests/fuzz/fuzz_%.c build/fuzz/testable.a
	$(call say,CC $<)$(FUZZ_COMPILE) -fsanitize=fuzzer,address,undefined $< $(filter %.a,$^) -lpthread -o $@

# libcryptsetup too is instrumented: its own build for fuzzers, in the cache.
build/fuzz/deps.path: build/deps.mk tests/fuzz/deps
	@mkdir -p $(@D)
	@tests/fuzz/deps > $@
build/fuzz/all.a: $(patsubst src/%.c,build/fuzz/obj/%.o,$(filter-out %/main.c,$(SOURCES)))
$(FUZZ_LUKS:%=build/fuzz/%): build/fuzz/%: tests/fuzz/fuzz_%.c build/fuzz/all.a build/fuzz/deps.path
	$(call say,CC $<)$(FUZZ_COMPILE) -fsanitize=fuzzer,address,undefined $(BASE_LDFLAGS) $< \
		-L$$(cat build/fuzz/deps.path) -Wl,--start-group $(filter %.a,$^) $(LIBS) -Wl,--end-group -o $@

-include $(SOURCES:src/%.c=build/fuzz/obj/%.d) $(FUZZ_TARGETS:%=build/fuzz/%.d)

# --- coverage -----------------------------------------------------------------------------------------

# gcov counts lines, and the static build links everywhere: one build for the corpora and for the unit tests.
COVERAGE_COMPILE = $(STATIC_CC) $(BASE_CFLAGS) -g -O0 --coverage -fprofile-update=atomic
COVERED_UNITS := $(filter-out %/test_corpus %/test_corpus_luks,$(UNIT_TESTS:build/tests/%=build/coverage/%))
build/coverage/obj/%.o: src/%.c build/deps.mk
	@mkdir -p $(@D)
	$(call say,CC (coverage) $<)$(COVERAGE_COMPILE) $(DEPENDENCIES) -c $< -o $@

build/coverage/fuzz/%.o: tests/fuzz/fuzz_%.c build/deps.mk
	@mkdir -p $(@D)
	$(call say,CC (coverage) $<)$(COVERAGE_COMPILE) $(DEPENDENCIES) $(call as_function,$*) -c $< -o $@

build/coverage/all.a: $(patsubst src/%.c,build/coverage/obj/%.o,$(filter-out %/main.c,$(SOURCES)))
	@rm -f $@
	$(Q)ar rcD $@ $^

coverage_link = $(COVERAGE_COMPILE) -iquote tests/unit $(BASE_LDFLAGS) $(1) $< $(filter %.o,$^) \
	-Wl,--start-group $(filter %.a,$^) $(LIBS) -Wl,--end-group -o $@
build/coverage/corpus: tests/unit/test_corpus.c $(FUZZ_PLAIN:%=build/coverage/fuzz/%.o) build/coverage/all.a
	$(call say,LD $@)$(call coverage_link,'-DFUZZ_TARGETS=$(call as_list,$(FUZZ_PLAIN))')
build/coverage/corpus_luks: tests/unit/test_corpus.c $(FUZZ_LUKS:%=build/coverage/fuzz/%.o) build/coverage/all.a
	$(call say,LD $@)$(call coverage_link,'-DFUZZ_TARGETS=$(call as_list,$(FUZZ_LUKS))')

build/coverage/unit/%: tests/unit/%.c build/coverage/all.a
	@mkdir -p $(@D)
	$(call say,LD $@)$(call coverage_link,$(DEPENDENCIES))

-include $(SOURCES:src/%.c=build/coverage/obj/%.d) $(FUZZ_TARGETS:%=build/coverage/fuzz/%.d) $(COVERED_UNITS:%=%.d)

coverage: build/coverage/corpus build/coverage/corpus_luks $(COVERED_UNITS)
	@tests/coverage build/coverage/corpus build/coverage/corpus_luks -- $(COVERED_UNITS)

# Every file with warnings as errors, under both compilers and their analysers.
strict: build/deps.mk
	$(Q)for f in $(SOURCES); do \
		$(STATIC_CC) $(BASE_CFLAGS) -Werror -O2 -fanalyzer -c $$f -o /dev/null && \
		clang $(BASE_CFLAGS) -Werror -Wno-unknown-warning-option -idirafter $(DEPS)/include \
			-fsyntax-only $$f || exit; done
	$(Q)cppcheck --quiet --std=c11 --enable=warning,portability,performance --inline-suppr --error-exitcode=1 \
		--suppress=missingIncludeSystem -Isrc -D_GNU_SOURCE -DINTACT_VERSION='""' src

check: all $(UNIT_TESTS) build/tests/try-keyslots $(if $(filter yes,$(WITH_TPM)),build/tests/try-tpm)
	@deps/setup tests/packages packaging/packages.*
	@tests/run $(if $(TEST),'$(TEST)')

# The rules of style that a program can check: direction of includes, formatting, lengths, shell, licence lines.
lint:
	@deps/setup tests/packages
	@tests/run lint/

bench: all build/tests/unlock-time build/tests/try-keyslots build/tests/tags-time
	@deps/setup tests/packages
	@tests/bench
