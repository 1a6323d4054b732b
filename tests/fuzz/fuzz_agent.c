/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Datagrams of systemd's password agents: a byte for the question; then each is a byte of length, a
 * byte of repetition, and its bytes.
 */
#include "asked.h"
#include "sysroot.h"

#include "ask/systemd.h"

#include <dirent.h>
#include <sys/socket.h>
#include <sys/un.h>

/* The names in the folder; the last one that begins with "sck." goes into *socket. */
static unsigned list(const char *folder, char *path, size_t size)
{
	DIR *dir = opendir(folder);
	unsigned n = 0;

	path[0] = '\0';
	for (const struct dirent *e; dir && (e = readdir(dir));) {
		n += e->d_name[0] != '.';
		if (str_after(e->d_name, "sck."))
			snprintf(path, size, "%s/%s", folder, e->d_name);
	}
	if (dir)
		closedir(dir);
	return n;
}

static void send_datagram(int fd, const char *path, struct fuzz_input *in)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	unsigned char data[1400];
	size_t len = fuzz_byte(in), times = fuzz_byte(in) % 8 + 1, n = 0;
	size_t have = len < in->left ? len : in->left;

	while (times-- > 0 && n + have <= sizeof(data) && have) {
		memcpy(data + n, in->at, have);
		n += have;
	}
	in->at += have;
	in->left -= have;
	str_copy(address.sun_path, sizeof(address.sun_path), path);
	MUST(sendto(fd, data, n, 0, (struct sockaddr *)&address, sizeof(address)) == (ssize_t)n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct prompt_request request;
	struct prompter *p = NULL;
	cleanup_free char *folder = NULL, *plymouth = NULL;
	char path[256];
	unsigned how = fuzz_byte(&in);
	int fd;

	(void)sysroot_make();
	folder = xasprintf("%s/%s", sysroot, how & 16 ? "run/ask-password" : "ask");
	plymouth = xasprintf("%s", how & 32 ? sysroot : "/nonexistent");
	request = asked_request(how);
	MUST(systemd_prompter(folder, plymouth, &p) == 0);
	MUST(p->ops->ask(p, &request) == 0 && p->ops->fd(p) >= 0);
	MUST(list(folder, path, sizeof(path)) == 2);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	while (in.left && p->ops->fd(p) >= 0) {
		send_datagram(fd, path, &in);
		if (asked_input(p))
			MUST(p->ops->fd(p) < 0);
	}
	close(fd);
	p->ops->free(p);
	/* Nothing of the question stays. */
	MUST(list(folder, path, sizeof(path)) == 0 && !path[0]);
	/* Where the folder cannot be made, it cannot be asked. */
	MUST(systemd_prompter("/dev/null/x", plymouth, &p) == 0);
	MUST(p->ops->ask(p, &request) < 0 && p->ops->fd(p) < 0);
	p->ops->free(p);
	return 0;
}
