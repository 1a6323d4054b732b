/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/filewalk.h"

#include "base/texts.h"
#include "base/util.h"
#include "system/fsmap.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>

struct step {
	struct filewalk *walk;
	char *path; /* of the folder that is looked at, and then of what is in it */
	size_t len, room;
	unsigned depth;
	uint64_t inode; /* of the file that is looked at */
	bool folder;
};

/* --- the path --------------------------------------------------------------------------------- */

/* Returns the length before. */
static size_t push(struct step *s, const char *name)
{
	size_t before = s->len, add = strlen(name) + 1;

	if (s->len + add >= s->room) {
		char *longer = xcalloc(2, s->len + add + 1);

		if (s->len)
			memcpy(longer, s->path, s->len);
		free(s->path);
		s->path = longer;
		s->room = 2 * (s->len + add + 1);
	}
	s->path[s->len] = '/';
	memcpy(s->path + s->len + 1, name, add);
	s->len += add;
	return before;
}

static void pop(struct step *s, size_t before)
{
	s->len = before;
	s->path[before] = '\0';
}

/* --- one file --------------------------------------------------------------------------------- */

static void seen(void *arg, const struct area *part, bool unwritten, uint64_t at)
{
	struct step *s = arg;
	enum filewalk_kind kind = s->folder ? FILEWALK_FOLDER :
				  unwritten ? FILEWALK_UNWRITTEN :
					      FILEWALK_FILE;

	s->walk->found(s->walk->arg, part, kind, s->path, at, s->inode);
}

/* What the file system knows by the inode's number: folders and links of XFS, for example. */
static void find_owner(struct step *s, const struct stat *st)
{
	const struct areas *owners = s->walk->owners;
	enum filewalk_kind kind = S_ISDIR(st->st_mode) ? FILEWALK_FOLDER : FILEWALK_LINK;

	for (size_t i = 0; i < owners->n; i++)
		if (owners->list[i].inode == st->st_ino)
			s->walk->found(s->walk->arg, &owners->list[i], kind, s->path, 0,
				       st->st_ino);
}

/* Opened by its number: what has the name in the next moment may be a device, and opening one has
 * effects. */
static int open_file(int by_path)
{
	char link[40];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", by_path);
	return open(link, O_RDONLY | O_NONBLOCK | O_NOATIME | O_NOCTTY | O_CLOEXEC);
}

static void look_at_file(struct step *s, int by_path, const struct stat *st)
{
	cleanup_close int fd = -1;

	if (st->st_blocks == 0)
		return;
	fd = open_file(by_path);
	if (fd < 0) {
		s->walk->left_out++;
		return;
	}
	s->inode = st->st_ino;
	s->folder = false;
	fsmap_file(fd, s->walk->areas, seen, s);
}

/* --- all of them ------------------------------------------------------------------------------ */

static void look_into(struct step *s, int fd);

static void look_at_folder(struct step *s, int parent, const char *name)
{
	cleanup_close int fd = -1;

	errno = ELOOP;
	if (s->depth < FILEWALK_DEPTH)
		fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		/* Removed meanwhile, or there is something that cannot be seen. */
		s->walk->left_out += errno != ENOENT;
		return;
	}
	s->depth++;
	look_into(s, steal_fd(&fd));
	s->depth--;
}

static void look_at_name(struct step *s, int parent, const char *name)
{
	cleanup_close int fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		s->walk->left_out += errno != ENOENT;
		return;
	}
	if (st.st_dev != s->walk->device)
		return;
	if (S_ISREG(st.st_mode))
		look_at_file(s, fd, &st);
	else if (S_ISDIR(st.st_mode))
		look_at_folder(s, parent, name);
	else if (S_ISLNK(st.st_mode))
		find_owner(s, &st);
}

static bool is_of_interest(const struct dirent *entry)
{
	return (entry->d_type == DT_REG || entry->d_type == DT_DIR || entry->d_type == DT_LNK ||
		entry->d_type == DT_UNKNOWN) &&
	       !str_eq(entry->d_name, ".") && !str_eq(entry->d_name, "..");
}

/* Takes fd. The path stays as it is. */
static void look_into(struct step *s, int fd)
{
	const struct dirent *entry;
	struct stat st;
	DIR *dir;

	if (fstat(fd, &st) < 0 || st.st_dev != s->walk->device || !(dir = fdopendir(fd))) {
		close(fd);
		return;
	}
	s->inode = st.st_ino;
	s->folder = true;
	fsmap_file(fd, s->walk->areas, seen, s);
	find_owner(s, &st);
	errno = 0;
	while ((entry = readdir(dir))) {
		size_t before;

		if (is_of_interest(entry)) {
			before = push(s, entry->d_name);
			look_at_name(s, dirfd(dir), entry->d_name);
			pop(s, before);
		}
		errno = 0;
	}
	/* A part of the folder cannot be read: perhaps it is among the bad places itself. */
	if (errno)
		s->walk->left_out++;
	closedir(dir);
}

int filewalk_open(const char *path, dev_t device)
{
	cleanup_close int tree = (int)syscall(SYS_open_tree, AT_FDCWD, path,
					      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	cleanup_close int fd = -1;
	struct stat st;

	/* Before Linux 5.2, what is below other mounts is not seen. */
	fd = tree >= 0 ? openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) :
			 open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return neg_errno();
	return st.st_dev == device ? steal_fd(&fd) : -ESTALE;
}

void filewalk_run(struct filewalk *walk, int root)
{
	struct step s = { .walk = walk };
	int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		walk->left_out++;
		return;
	}
	pop(&s, push(&s, ""));
	look_into(&s, fd);
	free(s.path);
}

bool filewalk_is_still(int root, const char *path, dev_t device, uint64_t inode)
{
	struct stat st;

	while (*path == '/')
		path++;
	return fstatat(root, *path ? path : ".", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_dev == device && st.st_ino == inode;
}

/* --- files without a name --------------------------------------------------------------------- */

static void look_at_process(struct step *s, const char *process, const char *folder)
{
	cleanup_free char *path = xasprintf("/proc/%s/%s", process, folder);
	cleanup_free char *file = xasprintf("/proc/%s/comm", process);
	char comm[32] = "";
	char **names;
	size_t n;

	texts_folder(path, &names, &n);
	if (n > 0 && read_line(file, comm, sizeof(comm)) < 0)
		comm[0] = '\0';
	snprintf(s->path, s->room, "%s (%s)", process, comm);
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *link = xasprintf("%s/%s", path, names[i]);
		cleanup_close int fd = open(link, O_PATH | O_CLOEXEC);
		struct stat st;

		if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 0 &&
		    st.st_dev == s->walk->device)
			look_at_file(s, fd, &st);
	}
	texts_free(names, n);
}

void filewalk_deleted(struct filewalk *walk)
{
	char buffer[96];
	struct step s = { .walk = walk, .path = buffer, .room = sizeof(buffer) };
	char **processes;
	size_t n;

	texts_folder("/proc", &processes, &n);
	for (size_t i = 0; i < n; i++)
		if (processes[i][strspn(processes[i], "0123456789")] == '\0') {
			look_at_process(&s, processes[i], "fd");
			look_at_process(&s, processes[i], "map_files");
		}
	texts_free(processes, n);
}
