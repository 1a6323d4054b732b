/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What plymouthd replies, in pieces: a byte for the question, then for each piece a byte: its
 * length (5 bits), and what is done before it: the question is asked again, withdrawn, or a message
 * shown.
 */
#include "asked.h"

#include "ask/plymouth.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

static int listen_at(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	str_copy(address.sun_path + 1, sizeof(address.sun_path) - 1, name);
	MUST(bind(fd, (struct sockaddr *)&address, len) == 0 && listen(fd, 16) == 0);
	return fd;
}

/* The newest connection; commands that arrived are dropped. */
static int take_connection(int listening, int fd)
{
	int newer = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	char dropped[4096];

	if (newer >= 0) {
		if (fd >= 0)
			close(fd);
		fd = newer;
	}
	while (fd >= 0 && recv(fd, dropped, sizeof(dropped), 0) > 0)
		;
	return fd;
}

static void before_piece(struct prompter *p, unsigned how, int *fd)
{
	struct prompt_request request = asked_request(how);

	switch (how >> 5) {
	case 1:
		(void)p->ops->ask(p, &request);
		break;
	case 2:
		p->ops->withdraw(p);
		break;
	case 3:
		p->ops->message(p, how & 1 ? "wrong\npassphrase \x1b[2J" : "");
		break;
	case 4:
		if (*fd >= 0)
			close(*fd);
		*fd = -1;
		break;
	default:
		break;
	}
}

static void play(struct prompter *p, struct fuzz_input *in, int listening)
{
	int fd = -1;

	for (unsigned i = 0; i < 64 && in->left; i++) {
		unsigned how = fuzz_byte(in);
		size_t len = (how & 31) + 1;

		before_piece(p, how, &fd);
		fd = take_connection(listening, fd);
		if (len > in->left)
			len = in->left;
		/* 0xff makes long answers, which are rare in random input. */
		for (unsigned times = len && *in->at == 0xff ? 40 : 1; fd >= 0 && times > 0;
		     times--)
			(void)!send(fd, in->at, len, MSG_NOSIGNAL);
		in->at += len;
		in->left -= len;
		for (unsigned j = 0; j < 16 && p->ops->fd(p) >= 0; j++)
			(void)asked_input(p);
	}
	if (fd >= 0)
		close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct prompt_request request = asked_request(fuzz_byte(&in));
	char name[64], longer[120];
	struct prompter *p = NULL;
	int listening;

	snprintf(name, sizeof(name), "/intact-fuzz/%d", (int)getpid());
	listening = listen_at(name);
	MUST(plymouth_prompter(name, &p) == 0);
	MUST(p->ops->ask(p, &request) == 0 && p->ops->fd(p) >= 0);
	play(p, &in, listening);
	close(listening);
	p->ops->free(p);
	/* Nobody listens, or the name is too long: it cannot ask. */
	MUST(plymouth_prompter(name, &p) == 0 && p->ops->ask(p, &request) < 0);
	p->ops->message(p, "x");
	p->ops->free(p);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	MUST(plymouth_prompter(longer, &p) == 0 && p->ops->ask(p, &request) == -ENAMETOOLONG);
	p->ops->free(p);
	return 0;
}
