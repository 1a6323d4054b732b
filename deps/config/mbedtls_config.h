/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mbed TLS cut down to what cryptsetup's backend calls (lib/crypto_backend/crypto_mbedtls.c). It
 * replaces the installed mbedtls/mbedtls_config.h, so that every file that includes Mbed TLS sees
 * the same structures.
 */

/* The machine. AES instructions are detected at run time. */
#define MBEDTLS_HAVE_ASM
#if defined(__x86_64__) || defined(__i386__)
#define MBEDTLS_AESNI_C
#elif defined(__aarch64__)
#define MBEDTLS_AESCE_C
#define MBEDTLS_SHA256_USE_ARMV8_A_CRYPTO_IF_PRESENT
#endif

/* Keyslot ciphers: aes-xts-plain64 by default, aes-cbc-essiv and aes-cbc-plain on old headers.
 * For all others (serpent, twofish, camellia) libcryptsetup uses the kernel. */
#define MBEDTLS_AES_C
#define MBEDTLS_CIPHER_C
#define MBEDTLS_CIPHER_MODE_CBC
#define MBEDTLS_CIPHER_MODE_CTR
#define MBEDTLS_CIPHER_MODE_XTS
/* BitLocker's key wrapping: 3 KB, because libcryptsetup is compiled whole. */
#define MBEDTLS_CCM_C

/* Hashes: sha1 and ripemd160 are found in old LUKS1 headers. */
#define MBEDTLS_MD_C
#define MBEDTLS_RIPEMD160_C
#define MBEDTLS_SHA1_C
#define MBEDTLS_SHA224_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA384_C
#define MBEDTLS_SHA512_C
#define MBEDTLS_PKCS5_C

/* Random numbers, from getrandom(). */
#define MBEDTLS_CTR_DRBG_C
#define MBEDTLS_ENTROPY_C

#define MBEDTLS_PLATFORM_C
#define MBEDTLS_VERSION_C
