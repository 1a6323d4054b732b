/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysroot: a system made of files, whose contents are a fuzzer's input. It is made with the first
 * input and removed when the program ends; files keep their place and change their contents.
 */
#ifndef INTACT_FUZZ_SYSROOT_H
#define INTACT_FUZZ_SYSROOT_H

#include "fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

static char sysroot[64];
static pid_t sysroot_owner;

static inline int sysroot_remove_one(const char *path, const struct stat *st, int type,
				     struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline void sysroot_remove(void)
{
	if (sysroot[0] && getpid() == sysroot_owner)
		(void)nftw(sysroot, sysroot_remove_one, 8, FTW_DEPTH | FTW_PHYS);
	sysroot[0] = '\0';
}

/* False: it was made before. */
static inline bool sysroot_make(void)
{
	if (sysroot[0])
		return false;
	str_copy(sysroot, sizeof(sysroot), "/tmp/intact-fuzz.XXXXXX");
	MUST(mkdtemp(sysroot));
	sysroot_owner = getpid();
	MUST(atexit(sysroot_remove) == 0);
	return true;
}

static inline void sysroot_write(const char *path, const char *text)
{
	cleanup_free char *real = xasprintf("%s%s", sysroot, path);
	int fd;

	MUST(make_parent_dirs(real, 0755) == 0);
	fd = open(real, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	MUST(fd >= 0 && write_all(fd, text, strlen(text)) == 0);
	close(fd);
}

static inline void sysroot_link(const char *path, const char *target)
{
	cleanup_free char *real = xasprintf("%s%s", sysroot, path);
	cleanup_free char *real_target = xasprintf("%s%s", sysroot, target);

	MUST(make_parent_dirs(real, 0755) == 0 && symlink(real_target, real) == 0);
}

/* A block device; parent: the disk that a partition is on, or "". */
static inline void sysroot_block(const char *name, const char *number, const char *parent)
{
	cleanup_free char *folder = xasprintf("/sys/devices/%s%s%s", parent, *parent ? "/" : "",
					      name);
	cleanup_free char *dev = xasprintf("%s/dev", folder);
	cleanup_free char *partition = xasprintf("%s/partition", folder);
	cleanup_free char *class = xasprintf("/sys/class/block/%s", name);
	cleanup_free char *by_number = xasprintf("/sys/dev/block/%s", number);
	cleanup_free char *node = xasprintf("/dev/%s", name);

	sysroot_write(dev, number);
	if (*parent)
		sysroot_write(partition, "1\n");
	sysroot_link(class, folder);
	sysroot_link(by_number, folder);
	sysroot_write(node, "");
}

#endif
