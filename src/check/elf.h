/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * elf: what a program or a library needs before it can run: its dynamic loader and its libraries.
 *
 * Pure: bytes in, names out. The bytes are hostile.
 */
#ifndef INTACT_CHECK_ELF_H
#define INTACT_CHECK_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_NEEDED_MAX 128

struct elf {
	bool wide;	   /* 64 bits */
	bool big;	   /* big-endian */
	unsigned machine;  /* EM_… */
	char *interpreter; /* the dynamic loader, or NULL */
	/* Folders in which the loader looks first, with ':' between them and perhaps with $ORIGIN;
	 * or NULL. */
	char *paths;
	char **needed; /* names of libraries */
	size_t n_needed;
};

/* Is this the beginning of an ELF file? n may be anything. */
bool elf_begins(const uint8_t *data, size_t n);

/*
 * Reads a whole program or library. NULL and *ret; or a text that follows the file's name (static):
 * "is cut short". Other kinds of ELF files (kernel modules, core dumps) need nothing. elf_free()
 * frees what is in *ret.
 */
const char *elf_read(const uint8_t *data, size_t n, struct elf *ret);
void elf_free(struct elf *elf);

/* Can a processor that runs the one run the other? */
bool elf_same_machine(const struct elf *a, const struct elf *b);

#endif
