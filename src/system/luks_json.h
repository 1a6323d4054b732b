/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * luks_json: the facts in the JSON text of a LUKS2 header ("LUKS2 On-Disk Format Specification"
 * 1.1, section 3). The only file that includes json-c.
 *
 * Numbers are read as libcryptsetup reads them, because it is libcryptsetup that uses them: "-1"
 * for memory is 4 TiB.
 */
#ifndef INTACT_SYSTEM_LUKS_JSON_H
#define INTACT_SYSTEM_LUKS_JSON_H

#include "facts/header.h"

/*
 * Sets the fields of *ret that the JSON gives: the segment's, the digest's, the keyslots', the
 * requirements. ret->uuid must be set. What is missing or has the wrong type stays as it is. False:
 * the text is not a JSON object.
 */
bool luks_json_read(const char *text, struct header *ret);

/* The text with another encryption of segment 0, and with its integrity ("hmac(sha256)"; NULL:
 * none), as libcryptsetup writes it; integrity_key_size in bytes, 0: the algorithm's own. To be
 * freed; NULL: it has no segment 0. */
char *luks_json_with_cipher(const char *text, const char *encryption, const char *integrity,
			    unsigned integrity_key_size);

#endif
