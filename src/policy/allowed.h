/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * allowed: which ciphers, keys and key derivations a LUKS2 header may ask for.
 *
 * Allow-lists: what is not listed here is refused, whatever libcryptsetup or the kernel would do
 * with it. A header is not authenticated, and an attacker writes what helps an attacker: a cipher
 * that does nothing, a key of one byte, a derivation that takes years.
 */
#ifndef INTACT_POLICY_ALLOWED_H
#define INTACT_POLICY_ALLOWED_H

#include "facts/header.h"

#include <stddef.h>

/*
 * May the key material of a keyslot be encrypted like that? encryption is the area's
 * ("aes-xts-plain64"), key_size its key in bytes.
 */
bool allowed_area(const char *encryption, unsigned key_size);

/*
 * May a data segment be encrypted and authenticated like that? encryption and integrity are the
 * segment's ("aes-xts-plain64", "hmac(sha256)"); key_size is the whole volume key in bytes;
 * integrity_key_size the part of it that the header sets aside for the MAC, or 0 for the MAC's own
 * size. integrity is not "" or "none".
 */
bool allowed_segment(const char *encryption, const char *integrity, unsigned key_size,
		     unsigned integrity_key_size);

/*
 * May a volume key be checked with the header's digest? libcryptsetup's check means something only
 * for a hash that it has, with a salt and a digest of the right sizes.
 */
bool allowed_digest(const struct header *h);

/*
 * Seconds of a slow core that one attempt with this keyslot takes: its key derivation, and the
 * digest that the key is compared with. Both are allowed.
 */
uint64_t allowed_seconds(const struct header *h, const struct keyslot *slot);

/*
 * Why this keyslot may not be used, as the end of a sentence that begins with "keyslot 3"
 * ("uses an unknown key derivation"), in characters that are shown; "" when it may be used.
 * volume_key_size: bytes, of the volume key that the slot must hold.
 */
void allowed_keyslot(const struct keyslot *slot, unsigned volume_key_size, char *why, size_t size);

#endif
