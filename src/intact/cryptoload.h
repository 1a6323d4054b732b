/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cryptoload: loads the modules of the running kernel that a cipher needs, as intact-unlock does at
 * boot: with all implementations for this processor.
 */
#ifndef INTACT_INTACT_CRYPTOLOAD_H
#define INTACT_INTACT_CRYPTOLOAD_H

#include "facts/cipher.h"

/* Those of the cipher. Sets found[i] where there is a module for names[i]. Without a tree of
 * modules, all may be built in: then nothing is set. */
void cryptoload_cipher(const struct cipher *cipher, bool found[static CIPHER_NAMES_MAX]);
/* Those of dm-crypt and dm-integrity. */
void cryptoload_targets(void);
/* One, by its name; that there is none is fine. */
void cryptoload_module(const char *name);
/* A hash of that name; is there a module for it, or is it in the kernel already? */
bool cryptoload_hash(const char *name);

#endif
