/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk over all names. Which blocks a file has is tested in the lab guest: no file system that
 * has blocks is certain to be here. */
#include "system/filewalk.h"

#include "system/sysroot.h"

#include <fcntl.h>

static char seen_paths[4096];

static void found(void *arg, const struct area *part, enum filewalk_kind kind, const char *path,
		  uint64_t at, uint64_t inode)
{
	(void)arg, (void)at, (void)inode;
	str_append(seen_paths, sizeof(seen_paths), "%c%s@%llu\n",
		   kind == FILEWALK_FOLDER ? 'd' : 'l', *path ? path : "/",
		   (unsigned long long)part->volume);
}

/* tmpfs: the same device for folders and links. */
static int make(struct stat *st)
{
	char folder[] = "/dev/shm/walk-XXXXXX";
	int fd;

	if (!mkdtemp(folder))
		abort();
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, st) < 0)
		abort();
	(void)str_copy(top, sizeof(top), folder);
	return fd;
}

static void unmake(int fd)
{
	cleanup_free char *command = xasprintf("rm -rf %s", top);

	close(fd);
	if (system(command) != 0)
		abort();
	top[0] = '\0';
}

static uint64_t inode_of(int fd, const char *path)
{
	struct stat st;

	if (fstatat(fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		abort();
	return st.st_ino;
}

TEST(by_number)
{
	struct areas owners = { 0 }, none = { 0 };
	struct filewalk walk = { .areas = &none, .owners = &owners, .found = found };
	struct stat st;
	int fd = make(&st);

	if (mkdirat(fd, "a\nb", 0755) < 0 || mkdirat(fd, "a\nb/c", 0755) < 0 ||
	    symlinkat("nowhere", fd, "a\nb/c/link") < 0 || mkfifoat(fd, "fifo", 0600) < 0)
		abort();
	areas_add(&owners, &(struct area){ .volume = 1, .inode = st.st_ino });
	areas_add(&owners, &(struct area){ .volume = 2, .inode = inode_of(fd, "a\nb/c") });
	areas_add(&owners, &(struct area){ .volume = 3, .inode = inode_of(fd, "a\nb/c/link") });
	areas_add(&owners, &(struct area){ .volume = 4, .inode = inode_of(fd, "a\nb/c/link") });
	walk.device = st.st_dev;
	seen_paths[0] = '\0';
	filewalk_run(&walk, fd);
	CHECK_STR(seen_paths, "d/@1\nd/a\nb/c@2\nl/a\nb/c/link@3\nl/a\nb/c/link@4\n");
	CHECK_INT(walk.left_out, 0);
	/* Another file system is not looked at. */
	walk.device = st.st_dev + 1;
	seen_paths[0] = '\0';
	filewalk_run(&walk, fd);
	CHECK_STR(seen_paths, "");
	areas_free(&owners);
	unmake(fd);
}

TEST(too_deep)
{
	struct areas owners = { 0 }, none = { 0 };
	struct filewalk walk = { .areas = &none, .owners = &owners, .found = found };
	struct stat st;
	int root = make(&st), fd = dup(root);

	for (int i = 0; i < FILEWALK_DEPTH + 1; i++) {
		int next;

		if (mkdirat(fd, "deep", 0755) < 0)
			abort();
		next = openat(fd, "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = next;
	}
	close(fd);
	walk.device = st.st_dev;
	filewalk_run(&walk, root);
	CHECK_INT(walk.left_out, 1);
	unmake(root);
}

/* Removed, or replaced by another file. */
TEST(still_there)
{
	struct stat st;
	int fd = make(&st);
	uint64_t inode;

	if (mkdirat(fd, "a", 0755) < 0 || mkdirat(fd, "b", 0755) < 0)
		abort();
	inode = inode_of(fd, "a");
	CHECK(filewalk_is_still(fd, "/a", st.st_dev, inode));
	CHECK(filewalk_is_still(fd, "", st.st_dev, st.st_ino));
	CHECK(!filewalk_is_still(fd, "/a", st.st_dev + 1, inode));
	if (renameat(fd, "b", fd, "a") < 0)
		abort();
	CHECK(!filewalk_is_still(fd, "/a", st.st_dev, inode));
	CHECK(!filewalk_is_still(fd, "/c", st.st_dev, inode));
	unmake(fd);
}

TEST(opened)
{
	struct stat st;
	int fd = make(&st), again = filewalk_open(top, st.st_dev);
	struct stat same;

	CHECK(again >= 0 && fstat(again, &same) == 0 && same.st_ino == st.st_ino);
	CHECK_INT(filewalk_open(top, st.st_dev + 1), -ESTALE);
	CHECK_INT(filewalk_open("/nonexistent", st.st_dev), -ENOENT);
	if (again >= 0)
		close(again);
	unmake(fd);
}

TEST_MAIN(by_number, too_deep, still_there, opened)
