/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysroot: a system made of files, for tests: sysfs, procfs, /dev and /etc in a temporary folder,
 * which is removed when the program ends.
 */
#ifndef INTACT_TEST_SYSROOT_H
#define INTACT_TEST_SYSROOT_H
#include "base/util.h"
#include "test.h"

#include <ftw.h>
#include <sys/stat.h>

#define LUKS_UUID "01234567-89ab-cdef-0123-456789abcdef"
#define LUKS_PLAIN "0123456789abcdef0123456789abcdef"
#define SWAP_UUID "aaaaaaaa-89ab-cdef-0123-456789abcdef"
#define SWAP_PLAIN "aaaaaaaa89abcdef0123456789abcdef"

/* The folder: the system is top/sys, top/proc, …; a second one may be in top/target. */
static char top[64];

static inline void in_system(char buf[static 512], const char *path)
{
	snprintf(buf, 512, "%s%s", top, path);
	(void)make_parent_dirs(buf, 0755);
}

static inline void file(const char *path, const char *text)
{
	char real[512];
	FILE *f;

	in_system(real, path);
	f = fopen(real, "we");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
}

static inline void linked(const char *path, const char *target)
{
	char real[512], real_target[512];

	in_system(real, path);
	in_system(real_target, target);
	(void)unlink(real);
	if (symlink(real_target, real) < 0)
		abort();
}

/* A block device; disk: the disk that a partition is on, or NULL. */
static inline void block(const char *name, const char *number, const char *disk)
{
	cleanup_free char *folder = disk ? xasprintf("/sys/devices/%s/%s", disk, name) :
					   xasprintf("/sys/devices/%s", name);
	cleanup_free char *dev = xasprintf("%s/dev", folder),
			  *partition = xasprintf("%s/partition", folder);
	cleanup_free char *class = xasprintf("/sys/class/block/%s", name);
	cleanup_free char *by_number = xasprintf("/sys/dev/block/%s", number);
	cleanup_free char *node = xasprintf("/dev/%s", name);

	file(dev, number);
	if (disk)
		file(partition, "1\n");
	linked(class, folder);
	linked(by_number, folder);
	file(node, "");
}

/* A device-mapper device on the slaves, names separated by blanks. */
static inline void mapping(const char *name, const char *number, const char *dm_name,
			   const char *dm_uuid, const char *slaves)
{
	cleanup_free char *name_file = xasprintf("/sys/devices/%s/dm/name", name);
	cleanup_free char *uuid_file = xasprintf("/sys/devices/%s/dm/uuid", name);
	cleanup_free char *mapper = xasprintf("/dev/mapper/%s", dm_name),
			  *node = xasprintf("/dev/%s", name);
	cleanup_free char *words = xstrdup(slaves);
	char *save = NULL;

	block(name, number, NULL);
	file(name_file, dm_name);
	file(uuid_file, dm_uuid);
	linked(mapper, node);
	for (char *slave = strtok_r(words, " ", &save); slave; slave = strtok_r(NULL, " ", &save)) {
		cleanup_free char *link = xasprintf("/sys/devices/%s/slaves/%s", name, slave);
		cleanup_free char *target = xasprintf("/sys/class/block/%s", slave);

		linked(link, target);
	}
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline void sysroot_remove(void)
{
	if (*top)
		(void)nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	*top = '\0';
}

/* A system with the disk vda and three empty partitions. */
static inline void sysroot_start(void)
{
	sysroot_remove();
	str_copy(top, sizeof(top), "/tmp/test_sysroot.XXXXXX");
	if (!mkdtemp(top))
		abort();
	atexit(sysroot_remove);
	block("vda", "254:0", NULL);
	block("vda1", "254:1", "vda");
	block("vda2", "254:2", "vda");
	block("vda3", "254:3", "vda");
	file("/proc/cmdline", "BOOT_IMAGE=/vmlinuz root=/dev/mapper/root ro\n");
	file("/proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n");
	file("/sys/power/resume", "0:0\n");
}

/* root on root_dif on vda2. */
static inline void sysroot_root(void)
{
	mapping("dm-0", "253:0", "root_dif", "CRYPT-SUBDEV-" LUKS_PLAIN "-root_dif", "vda2");
	mapping("dm-1", "253:1", "root", "CRYPT-LUKS2-" LUKS_PLAIN "-root", "dm-0");
}

#endif
