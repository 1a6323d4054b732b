/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask/systemd.h"

#include "base/escape.h"
#include "base/util.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE (1 << 0)
#endif

struct systemd {
	struct prompter prompter;
	const char *folder, *plymouth;
	int socket; /* -1: no request is out */
	char *socket_path;
	char *ask_path; /* the file that agents look for; NULL until it is complete */
};

static struct systemd *systemd_of(struct prompter *p)
{
	return (struct systemd *)p;
}

static void remove_request(struct systemd *s)
{
	/* The file first: agents watch it, and it names the socket. */
	if (s->ask_path)
		unlink(s->ask_path);
	if (s->socket_path)
		unlink(s->socket_path);
	if (s->socket >= 0)
		close(s->socket);
	s->socket = -1;
	free(s->ask_path);
	free(s->socket_path);
	s->ask_path = s->socket_path = NULL;
}

static void systemd_withdraw(struct prompter *p)
{
	remove_request(systemd_of(p));
	secret_wipe(p->answer);
}

/* Never the same twice in one boot. It need not be hard to guess, since only root can write in the
 * folder; and the kernel may not have random numbers yet. */
static uint64_t unique_id(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return ((uint64_t)getpid() << 40) ^ ((uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec);
}

static int open_socket(struct systemd *s, uint64_t id)
{
	cleanup_free char *path = xasprintf("%s/sck.%llx", s->folder, (unsigned long long)id);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	cleanup_close int fd = -1;
	mode_t mask;
	int r, one = 1;

	if (!str_copy(address.sun_path, sizeof(address.sun_path), path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* Before the name exists, so that every datagram comes with its sender. */
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)) < 0)
		return -errno;
	mask = umask(0177);
	r = bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	umask(mask);
	if (r < 0)
		return r;
	s->socket = steal_fd(&fd);
	s->socket_path = steal_pointer(&path);
	return 0;
}

/* Makes text fit for one line of the file: agents would read a second line, or a continued one, as
 * another setting. */
static char *one_line(char *text)
{
	size_t len;

	str_printable(text);
	for (char *p = text; (p = strchr(p, '\\'));)
		*p = '?';
	for (len = strlen(text); len > 0 && text[len - 1] == ' '; len--)
		text[len - 1] = '\0';
	return text;
}

static char *request_text(const struct systemd *s, const struct prompt_request *request)
{
	cleanup_free char *message = xasprintf("%s%s%s", request->again,
					       request->again[0] ? ". " : "", request->text);
	cleanup_free char *node = xstrdup(request->node);

	one_line(message);
	/* Plymouth adds a colon itself, and its agent hands the text on as it is. */
	if (access(s->plymouth, F_OK) == 0 && message[0] && message[strlen(message) - 1] == ':')
		message[strlen(message) - 1] = '\0';
	return xasprintf("[Ask]\n"
			 "PID=%d\n"
			 "Socket=%s\n"
			 "AcceptCached=0\n"
			 "Echo=%d\n"
			 "NotAfter=%llu\n"
			 "Silent=%d\n"
			 "Message=%s\n"
			 "Icon=drive-harddisk\n"
			 "Id=%s:%s\n",
			 (int)getpid(), s->socket_path, request->typed == TYPED_SHOWN,
			 request->until == WAIT_FOREVER ? 0 :
							  (unsigned long long)request->until * 1000,
			 request->typed == TYPED_HIDDEN, message,
			 /* An agent that knows the passphrase of the disk must not spend it as a
			  * PIN. */
			 request->pin ? "tpm2-pin" : "cryptsetup", one_line(node));
}

/* musl has no function for it. Not link(): agents wait for the event of a rename. */
static int rename_new(const char *from, const char *to)
{
	return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) < 0 ?
		       neg_errno() :
		       0;
}

/*
 * The file appears whole or not at all, and with one event: it is written beside the folder, closed
 * and then moved in. If it were closed in the folder, that would be a second event. A quick agent
 * would read it after the answer, and ask once more if the file is still there.
 */
static int publish(struct systemd *s, uint64_t id, const char *text)
{
	cleanup_free char *temporary = xasprintf("%s.%llx", s->folder, (unsigned long long)id);
	cleanup_free char *path = xasprintf("%s/ask.%llx", s->folder, (unsigned long long)id);
	cleanup_close int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
				    0600);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, text, strlen(text));
	/* The question is no secret. Who may answer is decided at the socket. */
	if (r == 0 && fchmod(fd, 0644) < 0)
		r = -errno;
	close(steal_fd(&fd));
	if (r == 0)
		r = rename_new(temporary, path);
	if (r < 0) {
		unlink(temporary);
		return r;
	}
	s->ask_path = steal_pointer(&path);
	return 0;
}

static int systemd_ask(struct prompter *p, const struct prompt_request *request)
{
	struct systemd *s = systemd_of(p);
	cleanup_free char *inside = xasprintf("%s/", s->folder), *text = NULL;
	uint64_t id = unique_id();
	int r = make_parent_dirs(inside, 0755);

	if (r == 0)
		r = open_socket(s, id);
	if (r == 0) {
		text = request_text(s, request);
		r = publish(s, id, text);
	}
	if (r < 0)
		systemd_withdraw(p);
	return r;
}

static int systemd_fd(const struct prompter *p)
{
	return ((const struct systemd *)p)->socket;
}

/* Root, or the user this program runs as (tests need not run as root). */
static bool may_answer(const struct msghdr *message)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(message);
	struct ucred sender;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS ||
	    c->cmsg_len != CMSG_LEN(sizeof(sender)))
		return false;
	memcpy(&sender, CMSG_DATA(c), sizeof(sender));
	return sender.uid == 0 || sender.uid == geteuid();
}

/*
 * Agents send '+' and passphrases, each followed by a NUL (the last one perhaps not), or '-' to
 * cancel. Several passphrases come only from a cache, which this request did not allow: the first
 * one counts. The secret has the bytes after kind, and excess is the one that no longer fits (0:
 * there is none). False: this is no answer.
 */
static bool take_answer(struct secret *secret, unsigned char kind, unsigned char excess,
			enum prompt_end *ret_end)
{
	size_t len = 0;

	if (kind == '-') {
		*ret_end = PROMPT_CANCEL;
		return true;
	}
	if (kind != '+')
		return false;
	while (len < SECRET_MAX && secret->bytes[len])
		len++;
	secret->len = len;
	explicit_bzero(secret->bytes + len, SECRET_MAX - len);
	*ret_end = len == SECRET_MAX && excess ? PROMPT_TOO_LONG : PROMPT_LINE;
	return true;
}

static bool systemd_input(struct prompter *p, enum prompt_end *ret_end)
{
	struct systemd *s = systemd_of(p);
	/* Straight into locked memory; one byte more than the longest answer, to tell when one is
	 * longer still. */
	unsigned char kind = 0, excess = 0;
	struct iovec parts[] = {
		{ .iov_base = &kind, .iov_len = 1 },
		{ .iov_base = p->answer->bytes, .iov_len = SECRET_MAX },
		{ .iov_base = &excess, .iov_len = 1 },
	};
	/* Room for the sender and nothing else: file descriptors sent along are not received. */
	union {
		struct cmsghdr align;
		unsigned char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct msghdr message = {
		.msg_iov = parts,
		.msg_iovlen = ARRAY_SIZE(parts),
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n;
	bool answered;

	secret_wipe(p->answer);
	n = recvmsg(s->socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	answered = n > 0 && may_answer(&message) && take_answer(p->answer, kind, excess, ret_end);

	explicit_bzero(&excess, sizeof(excess));
	if (answered)
		remove_request(s);
	if (!answered || *ret_end != PROMPT_LINE)
		secret_wipe(p->answer);
	return answered;
}

static void systemd_free(struct prompter *p)
{
	systemd_withdraw(p);
	secret_free(p->answer);
	free(p);
}

static const struct prompter_ops systemd_ops = {
	.ask = systemd_ask,
	.withdraw = systemd_withdraw,
	.fd = systemd_fd,
	.input = systemd_input,
	.free = systemd_free,
};

int systemd_prompter(const char *folder, const char *plymouth, struct prompter **ret)
{
	struct secret *answer = secret_new();
	struct systemd *s;

	if (!answer)
		return -ENOMEM;
	s = xcalloc(1, sizeof(*s));
	s->prompter = (struct prompter){ &systemd_ops, answer, "through a password agent" };
	s->folder = folder;
	s->plymouth = plymouth;
	s->socket = -1;
	*ret = &s->prompter;
	return 0;
}
