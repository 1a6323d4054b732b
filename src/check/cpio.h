/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpio: reads archives in the format that the kernel unpacks as initramfs ("newc"), byte by byte as
 * they come, with the kernel's own rules (init/initramfs.c).
 *
 * Pure: bytes in, files out. The bytes are hostile.
 */
#ifndef INTACT_CHECK_CPIO_H
#define INTACT_CHECK_CPIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kernel skips files with a longer name. */
#define CPIO_NAME_MAX 4096
#define CPIO_HEADER_SIZE 110

/* One file of an archive. */
struct cpio_file {
	const char *name; /* as it stands there */
	unsigned mode;	  /* with the type, as st_mode has it */
	uint64_t size;
	unsigned names; /* hard links; the content comes with one of them */
	uint32_t inode, major, minor;
};

struct cpio_ops {
	/* A file begins; its content follows in pieces, also that of a symbolic link: its target.
	 */
	void (*begin)(void *arg, const struct cpio_file *file);
	void (*content)(void *arg, const uint8_t *data, size_t n);
	void (*end)(void *arg);
	/* The end of an archive: hard links do not reach beyond it. */
	void (*trailer)(void *arg);
};

enum cpio_state {
	CPIO_BETWEEN, /* an archive, zeros or something else may follow */
	CPIO_HEADER,
	CPIO_NAME,
	CPIO_CONTENT,
	CPIO_PADDING,
};

struct cpio {
	const struct cpio_ops *ops;
	void *arg;
	enum cpio_state state;
	uint64_t at;	  /* bytes so far: headers begin at multiples of four */
	bool in_archive;  /* files came, and no trailer yet */
	size_t have;	  /* bytes in text */
	size_t name_size; /* with its NUL */
	uint64_t left;	  /* bytes of the content that are still to come */
	struct cpio_file file;
	char text[CPIO_NAME_MAX + 4];
};

/*
 * Takes bytes until an archive, or a row of zeros, ends before something that is neither; *ret_used
 * says how many that were. NULL, or why they are no archive (static).
 */
const char *cpio_feed(struct cpio *cpio, const uint8_t *data, size_t n, size_t *ret_used);

/* Would the archive be cut short if it ended here? Between archives it would not. */
bool cpio_is_cut(const struct cpio *cpio);

#endif
