/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mbed TLS cut down to what cryptsetup's backend (lib/crypto_backend/crypto_mbedtls.c), tpm2-tss
 * (src/tss2-esys/esys_crypto_mbed.c) and src/ call. It replaces the installed
 * mbedtls/mbedtls_config.h, so that every file that includes Mbed TLS sees the same structures.
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
/* What `intact format` computes of a volume with AES-GCM. */
#define MBEDTLS_GCM_C
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

/* The protected channel to a TPM (tpm2-tss): P-256 for a salted session, CFB for its parameters,
 * RSA for the salt of an RSA storage key. The curve's own reduction is 20 times as fast. */
#define MBEDTLS_CIPHER_MODE_CFB
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECDH_C
#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V15
#define MBEDTLS_PKCS1_V21
#define MBEDTLS_OID_C
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C

/* Random numbers, from getrandom(). */
#define MBEDTLS_CTR_DRBG_C
#define MBEDTLS_ENTROPY_C

#define MBEDTLS_PLATFORM_C
#define MBEDTLS_VERSION_C
