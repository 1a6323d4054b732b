/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An addition to libargon2 (deps/argon2/dispatch.c), installed beside its argon2.h. */
#ifndef ARGON2_PREPARE_H
#define ARGON2_PREPARE_H

#include <stddef.h>

/*
 * Gets the memory for the next Argon2 computation of this process now, while nobody waits for it:
 * KIB is the memory cost of the keyslot. Half a second of a KDF of 1 GiB is the kernel handing out
 * pages; a worker that waits for a passphrase has that time. Each computation uses up what was
 * prepared, or drops it when the size is another one. Not thread-safe. Doing without is always
 * correct, and so is failing: nothing is reported.
 */
void argon2_prepare(size_t kib);

#endif
