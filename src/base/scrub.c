/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/scrub.h"

#include "base/texts.h"
#include "base/util.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

/* Pages looked at in one step. */
#define PAGES 512
#define SHARED_MAX 64
/* A sanitizer's shadow of all addresses; no other mapping is that large. */
#define SHADOW_BYTES (UINT64_C(1) << 40)
/* In an entry of pagemap: the page is in memory, or swapped out. */
#define THERE (UINT64_C(3) << 62)

struct scrubbing {
	pid_t pid;
	int pagemap; /* -1: it cannot be read, and all pages are taken for used ones */
	size_t page; /* bytes */
	int err;     /* the first error, a negative errno */
	unsigned long shared[SHARED_MAX]; /* files of memory that this process shares */
	size_t n_shared;
};

static void overwrite(struct scrubbing *s, uintptr_t at, size_t size)
{
	static char zeros[1 << 16]; /* in .rodata it would be in the file */

	while (size > 0) {
		struct iovec from = { zeros, size < sizeof(zeros) ? size : sizeof(zeros) };
		struct iovec to = { (void *)at, from.iov_len };
		ssize_t n = process_vm_writev(s->pid, &from, 1, &to, 1, 0);

		if (n <= 0) {
			s->err = s->err ? s->err : n < 0 ? neg_errno() : -EFAULT;
			return;
		}
		at += (size_t)n;
		size -= (size_t)n;
	}
}

/* A page that was never used has nothing in it, and writing to it would take memory. */
static void overwrite_used(struct scrubbing *s, uintptr_t at, size_t pages)
{
	uint64_t entries[PAGES];
	ssize_t n = s->pagemap < 0 ? -1 :
				     pread(s->pagemap, entries, pages * sizeof(*entries),
					   (off_t)(at / s->page * sizeof(*entries)));

	if (n != (ssize_t)(pages * sizeof(*entries)))
		memset(entries, 0xff, sizeof(entries));
	for (size_t i = 0, end; i < pages; i = end) {
		bool there = entries[i] & THERE;

		for (end = i + 1; end < pages && there == !!(entries[end] & THERE); end++)
			;
		if (there)
			overwrite(s, at + i * s->page, (end - i) * s->page);
	}
}

/* A line of maps: whether it can be written, and its file if it is shared with other processes, or
 * 0. */
static bool parse_line(const char *line, uintptr_t *ret_from, uintptr_t *ret_to,
		       unsigned long *ret_file)
{
	unsigned long file;
	char access[5];

	if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %*s %*s %lu", ret_from, ret_to, access,
		   &file) != 4)
		return false;
	*ret_file = access[3] == 's' ? file : 0;
	return access[1] == 'w';
}

static void read_shared(struct scrubbing *s)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	uintptr_t from, to;
	unsigned long file;

	while (maps && s->n_shared < SHARED_MAX && fgets(line, sizeof(line), maps))
		if (parse_line(line, &from, &to, &file) && file)
			s->shared[s->n_shared++] = file;
	if (maps)
		fclose(maps);
}

/* Others use it, too: this process, or those that it has that from. */
static bool is_shared(const struct scrubbing *s, unsigned long file)
{
	for (size_t i = 0; file && i < s->n_shared; i++)
		if (s->shared[i] == file)
			return true;
	return file && s->n_shared == SHARED_MAX;
}

/* The kernel keeps the vector registers of a thread that does not run in memory of its own, which
 * it does not clear either. The thread stays this process's, so that nothing lets it run again. */
static void clear_registers(pid_t tid)
{
	char zeros[1024] = { 0 }; /* more than the registers of any processor */
	struct iovec none = { zeros, sizeof(zeros) };
	int status;

	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) == 0 && waitpid(tid, &status, __WALL) == tid &&
	    WIFSTOPPED(status))
		(void)ptrace(PTRACE_SETREGSET, tid, NT_PRFPREG, &none);
}

static void clear_and_kill(pid_t pid)
{
	char path[64], **threads;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	texts_folder(path, &threads, &n);
	for (size_t i = 0; i < n; i++)
		clear_registers((pid_t)strtol(threads[i], NULL, 10));
	(void)kill(pid, SIGKILL);
	/* The first thread ends when the others are waited for; that one is the caller's. */
	for (size_t i = 0; i < n; i++) {
		pid_t tid = (pid_t)strtol(threads[i], NULL, 10);

		if (tid != pid)
			(void)waitpid(tid, NULL, __WALL);
	}
	texts_free(threads, n);
}

int scrub(pid_t pid)
{
	char path[64], line[512];
	struct scrubbing s = { .pid = pid, .page = (size_t)sysconf(_SC_PAGESIZE) };
	cleanup_close int pagemap = -1;
	uintptr_t from, to;
	unsigned long file;
	FILE *maps;

	read_shared(&s);
	snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)pid);
	s.pagemap = pagemap = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "re");
	s.err = maps ? 0 : neg_errno();
	while (maps && fgets(line, sizeof(line), maps)) {
		if (!parse_line(line, &from, &to, &file) || is_shared(&s, file) ||
		    (uint64_t)(to - from) > SHADOW_BYTES)
			continue;
		for (size_t pages = (to - from) / s.page, n; pages > 0; pages -= n) {
			n = pages < PAGES ? pages : PAGES;
			overwrite_used(&s, from, n);
			from += n * s.page;
		}
	}
	if (maps)
		fclose(maps);
	clear_and_kill(pid);
	return s.err;
}
