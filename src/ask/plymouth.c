/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask/plymouth.h"

#include "base/escape.h"
#include "base/util.h"

#include <sys/socket.h>
#include <sys/un.h>

/* plymouth's ply-boot-protocol.h */
enum {
	COMMAND_PASSWORD = '*',
	COMMAND_SHOW_MESSAGE = 'M',
	COMMAND_HIDE_MESSAGE = 'm',
	WITH_ARGUMENT = 2,

	REPLY_ANSWER = 2,
	REPLY_NO_ANSWER = 5,
	REPLY_ACK = 6,
	REPLY_ANSWERS = 9,
};

/* The length of an argument is one byte, and counts its NUL. */
#define TEXT_MAX 254
/* Type and length in front of an answer. */
#define REPLY_HEAD 5
/* Bytes at a time, before other events have their turn. */
#define READ_MAX 1024

struct plymouth {
	struct prompter prompter;
	const char *name;
	int fd;
	bool asked; /* and not answered yet; stays true after a withdrawal, because plymouth has no
		       command for that */
	char prompt[TEXT_MAX + 1]; /* what was asked */
	char shown[TEXT_MAX + 1];  /* our message on the screen, or "" */
	bool open;
	/* The reply that is arriving. */
	unsigned head;		 /* bytes of its head so far */
	uint32_t left;		 /* bytes of its answer to come */
	bool complete, too_long; /* the first passphrase in it; more come only from a cache, which
				    we do not ask for */
};

static struct plymouth *plymouth_of(struct prompter *p)
{
	return (struct plymouth *)p;
}

static void disconnect(struct plymouth *ply)
{
	if (ply->fd >= 0) {
		/* A worker may have inherited it and kept it open. */
		shutdown(ply->fd, SHUT_RDWR);
		close(ply->fd);
	}
	ply->fd = -1;
	ply->asked = false;
	ply->shown[0] = '\0';
	ply->head = 0;
	secret_wipe(ply->prompter.answer);
}

static int connect_to(const char *name)
{
	/* An abstract address begins with a NUL and has no end but its length. */
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
	cleanup_close int fd = -1;
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (!str_copy(address.sun_path + 1, sizeof(address.sun_path) - 1, name))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, len) < 0)
		return neg_errno();
	/* Anyone may take an abstract name. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return neg_errno();
	if (peer.uid != 0 && peer.uid != geteuid())
		return -EPERM;
	return steal_fd(&fd);
}

static int connect_any(struct plymouth *ply)
{
	/* Today's name, and the one of versions before 0.9. */
	static const char *const names[] = { "/org/freedesktop/plymouthd", "/ply-boot-protocol" };

	if (ply->fd >= 0)
		return 0;
	if (ply->name)
		ply->fd = connect_to(ply->name);
	else
		for (size_t i = 0; i < ARRAY_SIZE(names) && ply->fd < 0; i++)
			ply->fd = connect_to(names[i]);
	return ply->fd < 0 ? ply->fd : 0;
}

/* A plymouthd that does not accept a few bytes at once is treated as absent. */
static int send_command(struct plymouth *ply, char command, const char *text)
{
	char packet[3 + TEXT_MAX + 1] = { command, WITH_ARGUMENT };
	size_t len = 3 + strlen(text) + 1;

	if (len > sizeof(packet))
		return -EMSGSIZE;
	packet[2] = (char)(unsigned char)(strlen(text) + 1);
	memcpy(packet + 3, text, strlen(text) + 1);
	if (send(ply->fd, packet, len, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)len) {
		int r = neg_errno();

		disconnect(ply);
		return r;
	}
	return 0;
}

static int plymouth_ask(struct prompter *p, const struct prompt_request *request)
{
	struct plymouth *ply = plymouth_of(p);
	char text[sizeof(ply->prompt)];
	int r;

	/* Plymouth adds a colon itself. */
	str_copy(text, sizeof(text), request->text);
	for (size_t len = strlen(text); len > 0 && strchr(": ", text[len - 1]); len--)
		text[len - 1] = '\0';
	/* It still shows the same question from last time. */
	if (ply->asked && str_eq(ply->prompt, text)) {
		ply->open = true;
		return 0;
	}
	/* It shows another question, or has an answer to that: it must not reach us now. */
	if (ply->asked)
		disconnect(ply);
	r = connect_any(ply);
	if (r == 0) {
		str_copy(ply->prompt, sizeof(ply->prompt), text);
		r = send_command(ply, COMMAND_PASSWORD, ply->prompt);
	}
	ply->asked = ply->open = r == 0;
	return r;
}

static void plymouth_withdraw(struct prompter *p)
{
	plymouth_of(p)->open = false;
}

static int plymouth_fd(const struct prompter *p)
{
	return ((const struct plymouth *)p)->fd;
}

/* One byte of a reply; true when it ends the prompt. */
static bool reply_byte(struct plymouth *ply, unsigned char byte, enum prompt_end *ret_end)
{
	if (ply->head == 0) {
		if (byte == REPLY_ACK) /* of a message */
			return false;
		if (byte != REPLY_ANSWER && byte != REPLY_ANSWERS) {
			/* It shows no splash, or is about to end. */
			*ret_end = PROMPT_EOF;
			return true;
		}
		ply->head = 1;
		ply->left = 0;
		ply->complete = ply->too_long = false;
		return false;
	}
	if (ply->head < REPLY_HEAD) {
		ply->left |= (uint32_t)byte << 8 * (ply->head - 1);
		if (++ply->head < REPLY_HEAD || ply->left > 0)
			return false;
	} else {
		if (byte == '\0')
			ply->complete = true;
		else if (!ply->complete && !secret_add(ply->prompter.answer, byte))
			ply->too_long = true;
		if (--ply->left > 0)
			return false;
	}
	ply->head = 0;
	*ret_end = ply->too_long ? PROMPT_TOO_LONG : PROMPT_LINE;
	return true;
}

/* Byte by byte, so that nothing but the locked memory ever holds more than one of a passphrase. */
static bool plymouth_input(struct prompter *p, enum prompt_end *ret_end)
{
	struct plymouth *ply = plymouth_of(p);
	unsigned char byte;
	bool ended = false;
	ssize_t n = 1;

	for (size_t i = 0; i < READ_MAX && !ended && n == 1; i++) {
		n = recv(ply->fd, &byte, 1, MSG_DONTWAIT);
		ended = n == 1 && reply_byte(ply, byte, ret_end);
	}
	explicit_bzero(&byte, sizeof(byte));
	if (!ended && (n == 1 || (n < 0 && (errno == EAGAIN || errno == EINTR))))
		return false;
	if (!ended)
		*ret_end = PROMPT_EOF;
	ply->open = ply->asked = false;
	if (*ret_end == PROMPT_EOF)
		disconnect(ply);
	else if (*ret_end != PROMPT_LINE)
		secret_wipe(p->answer);
	return true;
}

/* One message at a time: the last one. */
static void plymouth_message(struct prompter *p, const char *text)
{
	struct plymouth *ply = plymouth_of(p);
	char line[TEXT_MAX + 1];

	if (connect_any(ply) < 0)
		return;
	str_copy(line, sizeof(line), text);
	for (char *c = line; (c = strchr(c, '\n'));)
		*c = ' ';
	/* The cut may have split a character. */
	str_printable(line);
	if (ply->shown[0] && send_command(ply, COMMAND_HIDE_MESSAGE, ply->shown) < 0)
		return;
	ply->shown[0] = '\0';
	if (line[0] && send_command(ply, COMMAND_SHOW_MESSAGE, line) == 0)
		str_copy(ply->shown, sizeof(ply->shown), line);
}

static void plymouth_free(struct prompter *p)
{
	struct plymouth *ply = plymouth_of(p);

	disconnect(ply);
	secret_free(p->answer);
	free(ply);
}

static const struct prompter_ops plymouth_ops = {
	.owns_screen = true,
	.ask = plymouth_ask,
	.withdraw = plymouth_withdraw,
	.fd = plymouth_fd,
	.input = plymouth_input,
	.message = plymouth_message,
	.free = plymouth_free,
};

static int no_question(struct prompter *p, const struct prompt_request *request)
{
	(void)p;
	(void)request;
	return -ENOTSUP;
}

static const struct prompter_ops messages_ops = {
	.ask = no_question,
	.withdraw = plymouth_withdraw,
	.fd = plymouth_fd,
	.input = plymouth_input,
	.message = plymouth_message,
	.free = plymouth_free,
};

static int prompter(const struct prompter_ops *ops, const char *name, struct prompter **ret)
{
	struct secret *answer = secret_new();
	struct plymouth *ply;

	if (!answer)
		return -ENOMEM;
	ply = xcalloc(1, sizeof(*ply));
	ply->prompter = (struct prompter){ ops, answer, "on the boot splash" };
	ply->name = name;
	ply->fd = -1;
	*ret = &ply->prompter;
	return 0;
}

int plymouth_prompter(const char *name, struct prompter **ret)
{
	return prompter(&plymouth_ops, name, ret);
}

int plymouth_messages(const char *name, struct prompter **ret)
{
	return prompter(&messages_ops, name, ret);
}
