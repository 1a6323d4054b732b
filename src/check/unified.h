/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unified: where the parts of a unified kernel image are (PE sections, UAPI specification), and the
 * version of a kernel.
 *
 * Pure. The bytes are hostile.
 */
#ifndef INTACT_CHECK_UNIFIED_H
#define INTACT_CHECK_UNIFIED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum unified_part {
	UNIFIED_LINUX,
	UNIFIED_INITRD,
	UNIFIED_CMDLINE,
	UNIFIED_UNAME,
	UNIFIED_UCODE,
	UNIFIED_OSREL,
	UNIFIED_PARTS, /* how many there are */
};

#define UNIFIED_PROFILES_MAX 16

struct unified {
	/* Of each profile; a size of 0: it has no such part. Without profiles there is one. */
	struct {
		struct {
			uint64_t offset, size;
		} part[UNIFIED_PARTS];
	} profile[UNIFIED_PROFILES_MAX];
	size_t n;
};

struct unified_source {
	/* Reads n bytes from there; false: the file has none there. */
	bool (*read)(void *arg, uint64_t at, void *to, size_t n);
	void *arg;
	uint64_t size; /* of the file */
};

/* NULL, or why it is none: a text that follows the file's name (static). */
const char *unified_read(const struct unified_source *source, struct unified *ret);

/* The same for an add-on of such images (systemd-stub's *.addon.efi): one profile, without a
 * kernel, and with at least one part. NULL and *ret with n = 0: it is none, and is left alone. */
const char *unified_read_addon(const struct unified_source *source, struct unified *ret);

/* The version in the head of a kernel for x86; false: it has none there. */
bool unified_kernel_version(const struct unified_source *source, uint64_t at, char *ret,
			    size_t size);

#endif
