/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * header: what the LUKS2 header of a volume says, and what kind of header a disk has at all.
 *
 * An attacker may have written it: sizes and strings are bounded, nothing else is certain.
 */
#ifndef INTACT_FACTS_HEADER_H
#define INTACT_FACTS_HEADER_H

#include "facts/fresh.h"
#include "facts/pins.h"
#include "facts/tpm2_token.h"

#include <stdbool.h>
#include <stdint.h>

enum header_kind {
	HEADER_UNREADABLE, /* an I/O error; struct disk has the errno */
	HEADER_NOT_LUKS,
	HEADER_LUKS1,
	HEADER_LUKS2_BROKEN, /* has LUKS2's magic, but neither copy can be used */
	HEADER_LUKS2,
};

/* What came of reading a header, before its kind is decided. */
struct header_reading {
	int read_err; /* errno (positive) of reading the first sector; 0: it can be read */
	int load_err; /* errno (positive) of libcryptsetup's loading it; 0: it is loaded */
	bool magic;   /* one of the two copies has LUKS2's magic */
	bool luks1;   /* what is loaded has version 1 */
};

/* The two copies of a LUKS2 header: "LUKS\xba\xbe" at 0 and "SKUL\xba\xbe" after it. */
enum header_copy { COPY_OK, COPY_NO_MAGIC, COPY_BAD_CHECKSUM };

/* Priorities as LUKS2 stores them. */
enum keyslot_priority { KEYSLOT_IGNORE, KEYSLOT_NORMAL, KEYSLOT_PREFER };

#define KEYSLOTS_MAX 32
#define KEYSLOT_ANY (-1) /* in the place of a keyslot number */

/* How a keyslot derives the key of its area from a passphrase. */
enum kdf {
	KDF_OTHER, /* none that this program knows */
	KDF_PBKDF2,
	KDF_ARGON2I,
	KDF_ARGON2ID,
};

/* One keyslot and what it costs to try it. The numbers are the disk's: 4 TiB of memory are
 * possible, and zero lanes. */
struct keyslot {
	int number;
	enum keyslot_priority priority;
	uint64_t memory; /* KiB of Argon2; 0: PBKDF2 */
	uint32_t iterations;
	uint32_t lanes;	   /* threads of Argon2 */
	bool alone;	   /* libcryptsetup needs a temporary mapping to decrypt its key material */
	unsigned key_size; /* bytes of the key it holds, the volume key's */
	enum kdf kdf;
	unsigned salt;		  /* bytes, of the derivation; 0: not base64 */
	char hash[32];		  /* of PBKDF2 */
	char area_encryption[64]; /* of the key material: "aes-xts-plain64" */
	unsigned area_key_size;	  /* bytes */
	bool af_known;		  /* split with the one method and number of stripes there is */
	char af_hash[32];
	unsigned digests; /* that list it; libcryptsetup checks the key with the first of them */
};

/* A token of type "luks2-keyring": the passphrase of these keyslots is a key in the kernel's
 * keyring. */
#define KEYRING_TOKENS_MAX 8
struct keyring_token {
	int number;
	char key[128];	   /* its name: printable ASCII */
	uint32_t keyslots; /* a bit for each */
};

/* How device-mapper is to run a volume: the header's persistent flags (LUKS2 specification,
 * "config"), or crypttab's options. */
enum dm_option {
	DM_OPTION_READONLY = 1 << 0,
	DM_OPTION_SAME_CPU_CRYPT = 1 << 1,
	DM_OPTION_SUBMIT_FROM_CRYPT_CPUS = 1 << 2,
	DM_OPTION_NO_READ_WORKQUEUE = 1 << 3,
	DM_OPTION_NO_WRITE_WORKQUEUE = 1 << 4,
	DM_OPTION_HIGH_PRIORITY = 1 << 5,
	DM_OPTION_NO_JOURNAL = 1 << 6,
	DM_OPTION_PRIVATE = 1 << 7, /* of no header: a mapping that only this program looks at */
	/* Of no header: dm-integrity leaves out its journal, and writes nothing. */
	DM_OPTION_RECOVERY = 1 << 8,
};

/* What the header says. Strings come from the disk and may hold any byte. */
struct header {
	char uuid[64];
	char label[64];
	char encryption[128]; /* of the data segment: "aes-xts-plain64" */
	char integrity[64];   /* "" none at all; "none": random IV only, authenticates nothing */
	char dm_cipher[160];  /* "capi:authenc(hmac(sha256),xts(aes))-plain64" */
	unsigned tag_size;    /* bytes a sector, as encryption and integrity imply; 0: not known */
	unsigned key_size;    /* bytes of the volume key, the MAC's part included */
	unsigned integrity_key_size; /* bytes, where the header asks for another than the
					algorithm's own; else 0 */
	unsigned sector_size;	     /* bytes */
	unsigned segments;    /* all there are, of any type; the fields here are the first's */
	bool crypt;	      /* encrypted data, which no flag marks as something else */
	bool dynamic;	      /* it ends where the device ends */
	uint64_t data_offset; /* bytes; of the segment */
	uint64_t iv_offset;   /* 512-byte sectors */
	bool plain_journal;   /* the journal has neither encryption nor a MAC of its own */
	bool inline_tags;     /* requirement inline-hw-tags: no dm-integrity below */
	/* The first mandatory requirement that this program does not know, by its name in the
	 * header; or "" */
	char requirement[64];
	unsigned options;		      /* set of enum dm_option: the persistent flags */
	unsigned keyslots;		      /* active ones for the data segment */
	struct keyslot keyslot[KEYSLOTS_MAX]; /* the first of these */
	/* Tokens with anything unusual in them are left out. */
	unsigned keyring_tokens;
	struct keyring_token keyring_token[KEYRING_TOKENS_MAX];
	/* Of type "systemd-tpm2". */
	unsigned tpm2_tokens;
	struct tpm2_summary tpm2_token[TPM2_TOKENS_MAX];
	enum fresh_found fresh;		  /* the record of its freshness */
	int fresh_token;		  /* with FRESH_FOUND and FRESH_UNREADABLE: its number */
	struct fresh_record fresh_record; /* with FRESH_FOUND */
	char key_description[80]; /* of the volume key in the kernel's keyring, as libcryptsetup
				     names it; "" when not known */
	unsigned digests;	  /* of the segment; there must be one, the volume key's */
	/* It is PBKDF2's with this hash and this many iterations; "" and 0 for any other. */
	char digest_hash[32];
	uint64_t digest_iterations;
	unsigned digest_salt, digest_size; /* bytes of its salt and of its value; 0: not base64 */
	/*
	 * Identifies the volume key: "sha256:" and 64 hexadecimal digits of the SHA-256 over the
	 * strings "type", "hash", "iterations", "salt" and "digest" of its digest as the JSON has
	 * them, in this order, the number in decimal, a NUL after each:
	 *
	 *   printf 'pbkdf2\0sha256\0104025\0SALT\0DIGEST\0' | sha256sum
	 *
	 * It changes only when the volume key changes, says nothing about the key, and no other key
	 * satisfies the digest. "" when not known.
	 */
	char key_digest[PIN_DIGEST_MAX];
};

/* Is what this header describes authenticated? Integrity "none" stores random IVs only. */
bool header_authenticates(const struct header *h);

/* Is a re-encryption under way, or was one interrupted? */
bool header_reencrypting(const struct header *h);

/* Is this a UUID, as libuuid writes it: 8-4-4-4-12 hexadecimal digits? The header has 40 bytes of
 * any kind in its place. */
bool header_uuid_valid(const char *uuid);

/* Does libcryptsetup, as it is built here, decrypt key material in this cipher by itself, with Mbed
 * TLS? All others are left to the kernel, through a temporary dm-crypt mapping. */
bool header_area_in_library(const char *encryption);

enum header_kind header_kind(const struct header_reading *reading);

/*
 * Is the mapping with this dm UUID the LUKS2 volume with that UUID?  libcryptsetup names it
 * "CRYPT-LUKS2-<uuid without dashes>-NAME" (lib/libdevmapper.c, dm_prepare_uuid).
 */
bool header_is_mapping(const char *luks_uuid, const char *dm_uuid);

#endif
