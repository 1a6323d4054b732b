# SPDX-License-Identifier: GPL-2.0-or-later
#
# Compiles the static libraries. deps/build runs this file in an empty folder, with SOURCES (the
# unpacked tarballs, one folder for each name of deps/list), VERSIONS (a file with lines "name
# version"), DEPS (this folder) and CC.
#
# Upstream's own build systems are not used: together they need meson, cmake, autoconf and several
# minutes of probing, and their results differ between machines. Here the platform is always Linux
# with musl. So deps/config has the answers, and one parallel make compiles everything that is
# linked, and nothing else.

CFLAGS := -Os -w -fPIE -ffunction-sections -fdata-sections -fstack-protector-strong -fno-strict-aliasing \
	-fno-unwind-tables -fno-asynchronous-unwind-tables \
	-ffile-prefix-map=$(SOURCES)=. -ffile-prefix-map=$(DEPS)=./deps
CONFIG := $(DEPS)/config
OBJECTS := $(CURDIR)/obj
MACHINE := $(shell $(CC) -dumpmachine)
X86_64 := $(filter x86_64%,$(MACHINE))

all:

# $(call compile,GROUP,FOLDER,FLAGS,FILES): compiles FILES in FOLDER; $(GROUP_objects) are the
# results. The compiler runs in FOLDER so that __FILE__ contains no path of this machine.
define compile
$(1)_objects := $(foreach f,$(4),$(OBJECTS)/$(1)/$(subst /,+,$(f)).o)
$(OBJECTS)/$(1):
	@mkdir -p $$@
$(foreach f,$(4),$(eval $(call compile_file,$(1),$(2),$(3),$(f))))
endef
define compile_file
$(OBJECTS)/$(1)/$(subst /,+,$(4)).o: | $(OBJECTS)/$(1)
	@echo 'CC $(1): $(4)'
	@cd $(2) && $(CC) $(CFLAGS) $(3) -c $(4) -o $$@
endef

# $(call archive,NAME,GROUPS): makes libNAME.a from the objects of GROUPS.
define archive
all: lib$(1).a
lib$(1).a: $(foreach g,$(2),$($(g)_objects))
	@echo 'AR lib$(1).a'
	@rm -f $$@
	@$(AR) rcD $$@ $$^
endef

in = $(addprefix $(1)/,$(2))
version = $(shell awk '$$1 == "$(1)" { print $$2 }' $(VERSIONS))

# zlib: reads gzip files. NO_GZCOMPRESS drops the writer, and with it deflate.
$(eval $(call compile,zlib,$(SOURCES)/zlib,-DNO_GZCOMPRESS -DHAVE_HIDDEN -DHAVE_UNISTD_H,\
	adler32.c crc32.c gzclose.c gzlib.c gzread.c inffast.c inflate.c inftrees.c zutil.c))
$(eval $(call archive,z,zlib))

# xz
xz := $(SOURCES)/xz/src
$(eval $(call compile,xz,$(xz)/liblzma,-include $(CONFIG)/xz.h -DTUKLIB_SYMBOL_PREFIX=lzma_ \
	$(foreach d,api common check lz rangecoder lzma delta simple,-I$(xz)/liblzma/$(d)) -I$(xz)/common,\
	$(call in,check,check.c crc32_small.c crc64_small.c sha256.c) \
	$(call in,common,common.c block_decoder.c block_header_decoder.c block_util.c filter_common.c \
		alone_decoder.c filter_decoder.c filter_flags_decoder.c index_hash.c stream_decoder.c stream_flags_common.c \
		stream_flags_decoder.c vli_decoder.c vli_size.c) \
	$(call in,lz,lz_decoder.c) $(call in,lzma,lzma_decoder.c lzma2_decoder.c) \
	$(call in,simple,simple_coder.c simple_decoder.c arm64.c x86.c)))
$(eval $(call archive,lzma,xz))

# bzip2: without files; what compresses is left out by the linker. lzo2: the decoder of LZO1X that
# trusts nothing. Both are for images that a kernel can read.
$(eval $(call compile,bzip2,$(SOURCES)/bzip2,-DBZ_NO_STDIO,\
	blocksort.c bzlib.c compress.c crctable.c decompress.c huffman.c randtable.c))
$(eval $(call archive,bz2,bzip2))
$(eval $(call compile,lzo2,$(SOURCES)/lzo2,-Iinclude,src/lzo1x_d2.c))
$(eval $(call archive,lzo2,lzo2))

# zstd: the decoder, always in the smaller of two implementations.
$(eval $(call compile,zstd,$(SOURCES)/zstd/lib,-DZSTD_LEGACY_SUPPORT=0 -DZSTD_DISABLE_ASM=1 -DDYNAMIC_BMI2=0 \
	-DHUF_FORCE_DECOMPRESS_X1 -DZSTD_FORCE_DECOMPRESS_SEQUENCES_SHORT -DZSTD_STRIP_ERROR_STRINGS=1 \
	-DZSTD_NO_INLINE -DXXH_NAMESPACE=ZSTD_ -O2,\
	$(call in,common,debug.c entropy_common.c error_private.c fse_decompress.c xxhash.c zstd_common.c) \
	$(call in,decompress,huf_decompress.c zstd_ddict.c zstd_decompress.c zstd_decompress_block.c)))
$(eval $(call archive,zstd,zstd))

# json-c
jsonc := $(SOURCES)/json-c
$(eval $(call compile,json-c,$(jsonc),-I$(CONFIG)/json-c -I. -I$(CURDIR)/include/json-c,arraylist.c debug.c json_c_version.c json_object.c \
	json_object_iterator.c json_tokener.c json_util.c json_visit.c libjson.c linkhash.c printbuf.c \
	random_seed.c strerror_override.c))
$(eval $(call archive,json-c,json-c))
$(json-c_objects): include/json-c/json.h

# argon2: the loop that takes the time is compiled once for each instruction set
# (deps/argon2/dispatch.c). The plain build is for emulators, so the compiler must not vectorise it.
argon2 := $(SOURCES)/argon2
argon2_flags := -O3 -I$(argon2)/include -I$(argon2)/src
argon2_loop = $(eval $(call compile,argon2-$(1),$(argon2)/src,$(argon2_flags) $(2) -Dfill_segment=fill_segment_$(1),$(3)))
$(eval $(call compile,argon2,$(argon2)/src,$(argon2_flags) -Dmalloc=argon2_malloc,\
	argon2.c core.c encoding.c thread.c blake2/blake2b.c))
$(eval $(call compile,argon2-dispatch,$(DEPS)/argon2,$(argon2_flags),dispatch.c))
$(call argon2_loop,plain,-fno-tree-vectorize,ref.c)
ifneq ($(X86_64),)
$(call argon2_loop,ssse3,-mssse3,opt.c)
$(call argon2_loop,avx2,-mavx2,opt.c)
$(call argon2_loop,avx512,-mavx512f,opt.c)
endif
$(eval $(call archive,argon2,argon2 argon2-dispatch argon2-plain \
	$(if $(X86_64),argon2-ssse3 argon2-avx2 argon2-avx512)))

# mbedtls: the algorithms of today's headers are compiled for speed, the others for size.
mbedtls := $(SOURCES)/mbedtls
mbedtls_flags := -I$(mbedtls)/include -I$(mbedtls)/library -DMBEDTLS_CONFIG_FILE='"$(CONFIG)/mbedtls_config.h"'
$(eval $(call compile,mbedtls-fast,$(mbedtls)/library,-O3 $(mbedtls_flags),\
	aes.c aesce.c aesni.c sha256.c sha512.c))
$(eval $(call compile,mbedtls,$(mbedtls)/library,$(mbedtls_flags),\
	asn1parse.c asn1write.c bignum.c bignum_core.c bignum_mod.c bignum_mod_raw.c block_cipher.c ccm.c cipher.c cipher_wrap.c constant_time.c ctr_drbg.c ecdh.c \
	ecp.c ecp_curves.c entropy.c entropy_poll.c gcm.c md.c oid.c platform.c platform_util.c ripemd160.c rsa.c \
	rsa_alt_helpers.c sha1.c version.c))
$(eval $(call compile,sha256,$(DEPS)/sha256,-O3 $(mbedtls_flags),pbkdf2.c $(if $(X86_64),sha256.c)))
$(eval $(call archive,mbedcrypto,mbedtls mbedtls-fast sha256))
# With libcryptsetup's header the compiler notices if our function does not match its declaration.
af_h := -I$(SOURCES)/cryptsetup/lib/luks1
$(eval $(call compile,af,$(DEPS)/sha256,-O3 $(af_h),$(if $(X86_64),af.c)))

# The libraries are installed only if their results are right.
all: selftest.passed
selftest.passed: $(DEPS)/selftest.c $(af_objects) libargon2.a libmbedcrypto.a
	$(CC) -O1 -I$(argon2)/src -I$(argon2)/include -I$(DEPS)/argon2 -I$(DEPS)/sha256 $(af_h) $(mbedtls_flags) $^ -o selftest
	./selftest
	touch $@

# libuuid and libblkid of util-linux
ul := $(SOURCES)/util-linux
ul_flags := -fsigned-char -DUTIL_LINUX_VERSION='"$(call version,util-linux)"' -include $(CONFIG)/util-linux.h -I$(ul)/include -I$(ul)/libuuid/src -I$(ul)/libblkid/src \
	-I$(CURDIR)/include/blkid
$(eval $(call compile,uuid,$(ul),$(ul_flags),\
	$(call in,libuuid/src,clear.c compare.c copy.c gen_uuid.c isnull.c pack.c parse.c unpack.c unparse.c \
		uuid_time.c predefined.c) \
	$(call in,lib,randutils.c md5.c sha1.c)))
$(eval $(call archive,uuid,uuid))
$(eval $(call compile,blkid,$(ul),$(ul_flags),\
	$(call in,libblkid/src,init.c cache.c config.c dev.c devname.c devno.c encode.c evaluate.c getsize.c probe.c \
		read.c resolve.c save.c tag.c verify.c version.c) \
	$(patsubst $(ul)/%,%,$(sort $(wildcard $(ul)/libblkid/src/partitions/*.c $(ul)/libblkid/src/superblocks/*.c \
		$(ul)/libblkid/src/topology/*.c))) \
	$(call in,lib,blkdev.c buffer.c canonicalize.c crc32.c crc32c.c crc64.c encode.c env.c fileutils.c idcache.c \
		linux_version.c loopdev.c mangle.c match.c md5.c path.c procfs.c sha1.c sha256.c strutils.c strv.c \
		sysfs.c timeutils.c xxhash.c)))
$(eval $(call archive,blkid,blkid))
$(blkid_objects): include/blkid/blkid.h

# This is the only public header that upstream generates.
include/blkid/blkid.h: $(ul)/libblkid/src/blkid.h.in
	mkdir -p $(@D)
	sed 's/@LIBBLKID_VERSION@/$(call version,util-linux)/; s/@LIBBLKID_DATE@/static/' $< > $@

# libdevmapper, and the functions of libudev that it calls
dm := $(SOURCES)/lvm2
$(eval $(call compile,udev,$(DEPS)/libudev,-I.,libudev.c))
$(eval $(call compile,devmapper,$(dm)/libdm,-include $(CONFIG)/lvm2.h -I$(DEPS)/libudev -I$(dm) -I. -Iioctl -Imisc \
	-I$(dm)/include -D_FILE_OFFSET_BITS=64,\
	libdm-common.c libdm-config.c libdm-deptree.c libdm-file.c libdm-report.c libdm-stats.c libdm-string.c \
	libdm-targets.c libdm-timestamp.c ioctl/libdm-iface.c mm/dbg_malloc.c mm/pool.c \
	$(call in,datastruct,bitset.c hash.c list.c) $(call in,regex,matcher.c parse_rx.c ttree.c)))
$(eval $(call archive,devmapper,devmapper udev))

# libkmod
kmod := $(SOURCES)/kmod
$(eval $(call compile,kmod,$(kmod),-include $(CONFIG)/kmod.h -std=gnu11 -I. -Ishared -I$(xz)/liblzma/api \
	-I$(SOURCES)/zlib -I$(SOURCES)/zstd/lib,\
	$(call in,shared,array.c hash.c strbuf.c util.c) \
	$(patsubst $(kmod)/%,%,$(sort $(wildcard $(kmod)/libkmod/*.c)))))
$(eval $(call archive,kmod,kmod))

# tpm2-tss: commands, marshalling, sessions, the kernel's device. libtss2-swtpm is for the tests.
tss := $(SOURCES)/tpm2-tss
tss_flags := -include $(CONFIG)/tpm2-tss.h -I$(CURDIR)/tss2-config -I. -Iinclude -Iinclude/tss2 -Isrc \
	-Isrc/tss2-mu -Isrc/tss2-sys -Isrc/tss2-esys $(mbedtls_flags) -Dread_all=tss2_read_all -Dwrite_all=tss2_write_all
$(eval $(call compile,tss2,$(tss),$(tss_flags),$(patsubst $(tss)/%,%,$(filter-out %_ossl.c %_mbed.c,$(sort \
	$(foreach d,mu sys sys/api esys esys/api,$(wildcard $(tss)/src/tss2-$(d)/*.c))))) \
	$(call in,src/tss2-tcti,tcti-common.c tcti-device.c) src/util-io/io.c src/util/log.c))
# It cuts leading zeros off coordinates (deps/tss2/coordinate.c).
$(eval $(call compile,tss2-crypto,$(tss),$(tss_flags) -Dmbedtls_mpi_size=tss2_coordinate_size,\
	src/tss2-esys/esys_crypto_mbed.c))
$(eval $(call compile,tss2-own,$(DEPS)/tss2,-I$(tss)/include -I$(tss)/include/tss2 $(mbedtls_flags),\
	tctildr.c coordinate.c))
$(eval $(call archive,tss2,tss2 tss2-crypto tss2-own))
$(eval $(call compile,tss2-swtpm,$(tss),$(tss_flags),src/tss2-tcti/tcti-swtpm.c src/util/key-value-parse.c))
$(eval $(call archive,tss2-swtpm,tss2-swtpm))
$(tss2_objects) $(tss2-crypto_objects) $(tss2-swtpm_objects): tss2-config/config.h

# Its files ask for a config.h; what is in it comes by -include, as for the other parts.
tss2-config/config.h:
	mkdir -p $(@D)
	: > $@

# libcryptsetup
cs := $(SOURCES)/cryptsetup
cs_flags := -include $(CONFIG)/cryptsetup.h -DPACKAGE_VERSION='"$(call version,cryptsetup)"' \
	-I. -Ilib -Ilib/crypto_backend $(mbedtls_flags) -I$(argon2)/include -I$(dm)/libdm -I$(ul)/libuuid/src/.. \
	-I$(CURDIR)/include
$(eval $(call compile,cryptsetup,$(cs),$(cs_flags),\
	$(call in,lib,$(addsuffix .c,integrity/integrity luks1/keyencryption luks1/keymanage crypt_plain \
		keyslot_context libdevmapper random setup utils utils_benchmark utils_blkid utils_crypt utils_device utils_device_locking utils_devpath \
		utils_io utils_keyring utils_loop utils_pbkdf utils_safe_memory utils_storage_wrappers utils_wipe \
		volumekey)) \
	$(patsubst $(cs)/%,%,$(sort $(wildcard $(cs)/lib/luks2/*.c $(cs)/lib/luks2/hw_opal/*.c))) \
	$(call in,lib/crypto_backend,argon2_generic.c base64.c cipher_check.c cipher_generic.c crc32.c \
		crypto_cipher_kernel.c crypto_mbedtls.c crypto_storage.c memutils.c pbkdf_check.c utf8.c)))
# Its merge of stripes gets another name, because ours replaces it (deps/sha256/af.c).
$(eval $(call compile,cryptsetup-af,$(cs),$(cs_flags) $(if $(X86_64),-DAF_merge=AF_merge_any),lib/luks1/af.c))
# In the place of formats that are not compiled.
$(eval $(call compile,cryptsetup-formats,$(DEPS)/cryptsetup,,formats.c))
$(eval $(call archive,cryptsetup,cryptsetup cryptsetup-af cryptsetup-formats af))
$(cryptsetup_objects) $(cryptsetup-af_objects): include/blkid/blkid.h include/json-c/json.h include/uuid/uuid.h

include/json-c/json.h: $(jsonc)/json.h.cmakein
	mkdir -p $(@D)
	cp $(jsonc)/*.h $(CONFIG)/json-c/json_config.h $(@D)
	rm -f $(@D)/*_private.h $(@D)/*compat.h
	sed 's/@JSON_H_[A-Z_]*@//' $< > $@

include/uuid/uuid.h: $(ul)/libuuid/src/uuid.h
	mkdir -p $(@D)
	cp $< $@

# The other public headers.
all: headers
headers: include/blkid/blkid.h include/json-c/json.h include/uuid/uuid.h
	cp $(cs)/lib/libcryptsetup.h $(dm)/libdm/libdevmapper.h $(kmod)/libkmod/libkmod.h $(argon2)/include/argon2.h \
		$(DEPS)/argon2/argon2_prepare.h \
		$(SOURCES)/zlib/zlib.h $(SOURCES)/zlib/zconf.h $(SOURCES)/zstd/lib/zstd.h $(SOURCES)/zstd/lib/zstd_errors.h \
		include
	cp -R $(xz)/liblzma/api/lzma.h $(xz)/liblzma/api/lzma $(SOURCES)/lzo2/include/lzo $(SOURCES)/bzip2/bzlib.h \
		include
	cp -R $(mbedtls)/include/mbedtls include
	cp $(CONFIG)/mbedtls_config.h include/mbedtls/mbedtls_config.h
	mkdir -p include/tss2 && cp $(tss)/include/tss2/*.h include/tss2
.PHONY: all headers
