/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What cryptsetup's configure would find on Linux with musl. Written down here, the answers do not
 * depend on the building machine, and neither do the resulting bytes. Defaults are upstream's own.
 */
#define _GNU_SOURCE 1
#define PACKAGE "cryptsetup"
#define PACKAGE_NAME "cryptsetup"

/* The C library. No ENABLE_NLS: an initramfs has no locales, and libintl would be linked. */
#define HAVE_BYTESWAP_H 1
#define HAVE_DECL_O_CLOEXEC 1
#define HAVE_ENDIAN_H 1
#define HAVE_EXPLICIT_BZERO 1
#define HAVE_LOCALE_H 1
#define HAVE_POSIX_FALLOCATE 1
#define HAVE_POSIX_MEMALIGN 1
#define HAVE_SYS_STATVFS_H 1
#define HAVE_SYS_SYSMACROS_H 1
#define HAVE_UCHAR_H 1
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define WORDS_BIGENDIAN 1
#endif
/* gcc 11 and later; clears registers that held key bytes. */
#if defined(__has_attribute)
#if __has_attribute(zero_call_used_regs)
#define HAVE_ATTRIBUTE_ZEROCALLUSEDREGS 1
#endif
#endif

/* The libraries of deps/list. */
#define HAVE_ARGON2_H 1
#define HAVE_BLKID 1
#define HAVE_BLKID_STEP_BACK 1
#define HAVE_BLKID_WIPE 1
#define HAVE_DECL_DM_DEVICE_GET_NAME 1
#define HAVE_DECL_DM_DEVICE_GET_TARGET_VERSION 1
#define HAVE_DECL_DM_DEVICE_HAS_HOLDERS 1
#define HAVE_DECL_DM_DEVICE_HAS_MOUNTED_FS 1
#define HAVE_DECL_DM_TASK_DEFERRED_REMOVE 1
#define HAVE_DECL_DM_TASK_RETRY_REMOVE 1
#define HAVE_DECL_DM_TASK_SECURE_DATA 1
#define HAVE_DECL_DM_UDEV_DISABLE_DISK_RULES_FLAG 1
#define HAVE_DECL_JSON_OBJECT_DEEP_COPY 1
#define HAVE_DECL_JSON_OBJECT_OBJECT_ADD_EX 1
#define HAVE_MBEDTLS_PKCS5_PBKDF2_HMAC_EXT 1
#define USE_UDEV 1

/*
 * Features. No USE_EXTERNAL_TOKENS: those are dlopen()ed. No HAVE_HW_OPAL: it needs newer kernel
 * headers than Debian 12 has, and integrity does not need it. Formatting uses AF_ALG, to ask the
 * kernel for a cipher, and so do benchmarks; opening a disk never does.
 */
#define ENABLE_AF_ALG 1
#define ENABLE_LUKS_ADJUST_XTS_KEYSIZE 1
#define KERNEL_KEYRING 1
#define USE_LUKS2_REENCRYPTION 1

/* Upstream's defaults, of meson_options.txt. */
#define DEFAULT_KEYFILE_SIZE_MAXKB 8192
#define DEFAULT_LOOPAES_CIPHER "aes"
#define DEFAULT_LOOPAES_KEYBITS 256
#define DEFAULT_LUKS1_CIPHER "aes"
#define DEFAULT_LUKS1_HASH "sha256"
#define DEFAULT_LUKS1_ITER_TIME 2000
#define DEFAULT_LUKS1_KEYBITS 256
#define DEFAULT_LUKS1_MODE "xts-plain64"
#define DEFAULT_LUKS2_ITER_TIME 2000
#define DEFAULT_LUKS2_KEYSLOT_CIPHER "aes-xts-plain64"
#define DEFAULT_LUKS2_KEYSLOT_KEYBITS 512
#define DEFAULT_LUKS2_LOCK_DIR_PERMS 0700
#define DEFAULT_LUKS2_LOCK_PATH "/run/cryptsetup"
#define DEFAULT_LUKS2_MEMORY_KB 1048576
#define DEFAULT_LUKS2_PARALLEL_THREADS 4
#define DEFAULT_LUKS2_PBKDF "argon2id"
#define DEFAULT_LUKS_FORMAT CRYPT_LUKS2
#define DEFAULT_PASSPHRASE_SIZE_MAX 512
#define DEFAULT_PLAIN_CIPHER "aes"
#define DEFAULT_PLAIN_HASH "sha256"
#define DEFAULT_PLAIN_KEYBITS 256
#define DEFAULT_PLAIN_MODE "xts-plain64"
#define DEFAULT_RNG "/dev/urandom"
#define DEFAULT_VERITY_DATA_BLOCK 4096
#define DEFAULT_VERITY_FEC_ROOTS 2
#define DEFAULT_VERITY_HASH "sha256"
#define DEFAULT_VERITY_HASH_BLOCK 4096
#define DEFAULT_VERITY_SALT_SIZE 32
