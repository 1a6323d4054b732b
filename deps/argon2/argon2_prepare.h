/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An addition to libargon2 (deps/argon2/dispatch.c), installed beside its argon2.h. */
#ifndef ARGON2_PREPARE_H
#define ARGON2_PREPARE_H

#include <stddef.h>

/*
 * Gets the memory for the next Argon2 computation of this process in advance. KIB is the memory
 * cost of the keyslot. With 1 GiB, the kernel needs half a second to provide the pages; a worker
 * that waits for a passphrase has that time. The next computation uses the prepared memory up, or
 * drops it if its size differs. Not thread-safe. Without the call, or if it fails, Argon2 gets its
 * memory as usual: errors are not reported.
 */
void argon2_prepare(size_t kib);

#endif
