/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is written into Debian's passfifo: a byte for the question and for what stands in the fifo's
 * place, then pieces: a byte (0: the writer closes the fifo; else a length), and the bytes.
 */
#include "asked.h"
#include "sysroot.h"

#include "ask/fifo.h"

static void make(void)
{
	sysroot_write("/lib/cryptsetup/README", "");
	/* The decoy, which is stopped before its first instruction. */
	sysroot_link("/lib/cryptsetup/askpass", "/../../bin/true");
}

/* What another program left where the fifo belongs. */
static void leave_something(unsigned how, const char *path)
{
	switch (how & 3) {
	case 1:
		sysroot_write("/lib/cryptsetup/passfifo", "early");
		break;
	case 2:
		MUST(symlink("/dev/zero", path) == 0);
		break;
	case 3:
		MUST(mkfifo(path, 0600) == 0);
		break;
	default:
		break;
	}
}

static void play(struct prompter *p, struct fuzz_input *in, const char *path)
{
	int fd = -1;

	for (unsigned i = 0; i < 64 && p->ops->fd(p) >= 0; i++) {
		size_t len = fuzz_byte(in);

		if (fd < 0)
			fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
		MUST(fd >= 0);
		if (len > in->left)
			len = in->left;
		(void)!write(fd, in->at, len);
		in->at += len;
		in->left -= len;
		if (!len) {
			close(fd);
			fd = -1;
		}
		for (unsigned j = 0; j < 4 && p->ops->fd(p) >= 0; j++)
			(void)asked_input(p);
	}
	if (fd >= 0)
		close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned how = fuzz_byte(&in);
	struct prompt_request request = asked_request(how);
	cleanup_free char *path = NULL;
	struct prompter *p = NULL;

	if (sysroot_make())
		make();
	path = xasprintf("%s/lib/cryptsetup/passfifo", sysroot);
	leave_something(how >> 4, path);
	MUST(fifo_prompter(sysroot, &p) == 0);
	MUST(p->ops->ask(p, &request) == 0);
	play(p, &in, path);
	p->ops->withdraw(p);
	p->ops->settled(p, how & 128 ? asked_name : "other");
	p->ops->free(p);
	(void)unlink(path);
	MUST(fifo_prompter("/nonexistent", &p) == 0 && p->ops->ask(p, &request) == -ENOENT);
	p->ops->free(p);
	return 0;
}
