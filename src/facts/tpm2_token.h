/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tpm2_token: a token of type "systemd-tpm2", as systemd 248 to 262 write it: the passphrase of one
 * keyslot, sealed to a TPM.
 *
 * A hostile hand may have written it. Nothing here is used before tpm2_token_check() found it good.
 */
#ifndef INTACT_FACTS_TPM2_TOKEN_H
#define INTACT_FACTS_TPM2_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a header; more are left out. */
#define TPM2_TOKENS_MAX 8

/* What the engine must know of one, for struct header. */
struct tpm2_summary {
	int number;
	uint32_t keyslots; /* a bit for its keyslot; 0: not one of the volume's */
	bool pin;
	bool files;	/* its policy needs a file: signatures or pcrlock's */
	uint32_t pcrs;	/* tpm2-pcrs */
	char wrong[96]; /* why it cannot be used, a clause about "the token"; or "" */
};

#define TPM2_SHARDS 2
#define TPM2_BLOB_MAX 1024
#define TPM2_DIGEST_MAX 64
#define TPM2_SALT_MAX 64
#define TPM2_KEY_MAX 1024 /* of a serialised handle */
#define TPM2_PEM_MAX 2048
#define TPM2_PCRS 24

/* TPM2_ALG_…, as far as a token can name them. */
enum tpm2_alg {
	TPM2_NO_ALG = 0,
	TPM2_RSA = 0x0001,
	TPM2_SHA1 = 0x0004,
	TPM2_SHA256 = 0x000b,
	TPM2_SHA384 = 0x000c,
	TPM2_SHA512 = 0x000d,
	TPM2_ECC = 0x0023,
};

struct tpm2_token {
	int number, keyslot; /* keyslot -1: not read */
	/* One shard, or with a signed policy and pcrlock two. */
	unsigned n_blobs;
	struct tpm2_blob {
		size_t len;
		unsigned char bytes[TPM2_BLOB_MAX];
	} blob[TPM2_SHARDS];
	unsigned n_hashes; /* 0: none is known */
	struct tpm2_hash {
		size_t len;
		unsigned char bytes[TPM2_DIGEST_MAX];
	} hash[TPM2_SHARDS];
	uint32_t pcrs;	       /* of PolicyPCR, a bit each */
	enum tpm2_alg bank;    /* NO_ALG: SHA-256 if its PCRs are set, else SHA-1 */
	enum tpm2_alg primary; /* of the legacy key; NO_ALG: ECC */
	bool pin;	       /* PolicyAuthValue */
	size_t salt_len;       /* of the PIN; 0: it is taken as it is */
	unsigned char salt[TPM2_SALT_MAX];
	uint64_t memory; /* bytes, of Argon2id; 0: not Argon2id */
	uint32_t iterations, lanes;
	size_t srk_len; /* 0: the legacy key */
	unsigned char srk[TPM2_KEY_MAX];
	uint32_t signed_pcrs; /* of the signed policy; 0: none */
	char pem[TPM2_PEM_MAX];
	bool has_ref;
	char ref[128]; /* policyRef is its hash */
	bool pcrlock;
	size_t nv_len;
	unsigned char nv[TPM2_KEY_MAX]; /* pcrlock's index, serialised */
};

/* Where the files are that a policy may need; NULL: where systemd looks. */
struct tpm2_files {
	const char *signature, *pcrlock;
};

/* Is it whole, and of a form that this program can use? NULL: yes; else why not, a clause about
 * "the token" (static). Also checks the form of all bytes that tpm2-tss is given. */
const char *tpm2_token_check(const struct tpm2_token *token);

/* A hash by its name in a token or in a signature file; TPM2_NO_ALG: unknown. */
enum tpm2_alg tpm2_hash_named(const char *name);
/* And back. */
const char *tpm2_hash_name(enum tpm2_alg alg);

/* The parts of a sealed object, in place: private, public, and the seed of an import (len 0: none).
 * Each begins with its size in two bytes. False: it is not of this form. */
struct tpm2_part {
	const unsigned char *bytes;
	size_t len;
};
struct tpm2_parts {
	struct tpm2_part private, public, seed;
};
bool tpm2_blob_parts(const unsigned char *blob, size_t len, struct tpm2_parts *ret);

/* The two things that a serialised handle can be. */
enum tpm2_handle_kind { TPM2_HANDLE_KEY = 1, TPM2_HANDLE_NV = 2 };
/* Is it a handle of this kind, serialised as tpm2-tss does it, and nothing after it? */
bool tpm2_handle_valid(const unsigned char *bytes, size_t len, enum tpm2_handle_kind kind);

/* An RSA public key. */
#define TPM2_MODULUS_MAX 512
struct tpm2_rsa {
	size_t len; /* of the modulus, without leading zeros */
	unsigned char modulus[TPM2_MODULUS_MAX];
	uint32_t exponent;
	/* The DER of the RSAPublicKey: its SHA-256 is the fingerprint in a signature file. */
	size_t der_len;
	unsigned char der[TPM2_MODULUS_MAX + 32];
};
/* Reads "-----BEGIN PUBLIC KEY-----". False: it is no RSA key of a usual form. */
bool tpm2_pem_read(const char *pem, struct tpm2_rsa *ret);

#endif
