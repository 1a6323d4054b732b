/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * luks_token: writes a token of a LUKS2 header, in both of its copies.
 */
#ifndef INTACT_SYSTEM_LUKS_TOKEN_H
#define INTACT_SYSTEM_LUKS_TOKEN_H

#include "system/luks.h"

/*
 * Writes the token of this type with this number (-1: a free one) as this JSON, and removes all
 * others of the type; NULL: and this one, too. The header on the disk must still be the one that
 * was judged. 0; -EAGAIN: it was changed since; -EROFS: it is in a file, which would not keep it;
 * or another negative errno. libcryptsetup does not look at the result of its flushes: that needs
 * luks_flush().
 */
int luks_token_write(const struct luks *luks, const char *type, int token, const char *json);
/* 0, or the error that luks_token_write() would end with, as far as that is known before. */
int luks_token_writable(const struct luks *luks);

/* The types of the header's tokens, in the order of their numbers: "luks2-keyring, systemd-tpm2";
 * "" for none. Made printable. */
void luks_token_types(const struct luks *luks, char *buf, size_t size);

#endif
