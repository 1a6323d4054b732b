/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * genuine: a LUKS2 header as cryptsetup makes it, for tests that change one thing in it.
 */
#ifndef INTACT_GENUINE_H
#define INTACT_GENUINE_H

#include "base/util.h"
#include "facts/header.h"

#define GENUINE_UUID "1a7ac700-0000-4000-8000-000000000001"
#define GENUINE_DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* Fills in what a keyslot of any cost has. */
static inline struct keyslot genuine_slot(struct keyslot slot)
{
	slot.kdf = slot.memory ? KDF_ARGON2ID : KDF_PBKDF2;
	str_copy(slot.hash, sizeof(slot.hash), slot.memory ? "" : "sha256");
	str_copy(slot.area_encryption, sizeof(slot.area_encryption), "aes-xts-plain64");
	str_copy(slot.af_hash, sizeof(slot.af_hash), "sha256");
	slot.area_key_size = 64;
	slot.salt = 32;
	slot.key_size = 96;
	slot.af_known = true;
	slot.digests = 1;
	return slot;
}

/* aes-xts-plain64 with hmac(sha256) and one keyslot. */
static inline struct header genuine_header(void)
{
	struct header h = {
		.uuid = GENUINE_UUID,
		.encryption = "aes-xts-plain64",
		.integrity = "hmac(sha256)",
		.dm_cipher = "capi:authenc(hmac(sha256),xts(aes))-plain64",
		.tag_size = 32,
		.key_size = 96,
		.sector_size = 4096,
		.segments = 1,
		.crypt = true,
		.dynamic = true,
		.data_offset = 16 << 20,
		.plain_journal = true,
		.digests = 1,
		.digest_hash = "sha256",
		.digest_iterations = 100000,
		.digest_salt = 32,
		.digest_size = 32,
		.key_digest = GENUINE_DIGEST,
		.keyslots = 1,
	};

	h.keyslot[0] = genuine_slot((struct keyslot){
		.priority = KEYSLOT_NORMAL, .memory = 1 << 20, .iterations = 4, .lanes = 4 });
	return h;
}

#endif
