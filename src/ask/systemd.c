/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask/systemd.h"

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

struct askpass {
	struct prompter prompter;
	const char *folder, *plymouth;
	int socket; /* -1: no request stands */
	char *socket_path;
	char *ask_path; /* what agents look for; NULL until it is complete */
	struct secret *secret;
};

static struct askpass *askpass_of(struct prompter *p)
{
	return (struct askpass *)p;
}

static void askpass_withdraw(struct prompter *p)
{
	struct askpass *a = askpass_of(p);

	/* The file first: it is what an agent watches, and it names the socket. */
	if (a->ask_path)
		unlink(a->ask_path);
	if (a->socket_path)
		unlink(a->socket_path);
	if (a->socket >= 0)
		close(a->socket);
	a->socket = -1;
	free(a->ask_path);
	free(a->socket_path);
	a->ask_path = a->socket_path = NULL;
}

/* Never the same twice in one boot, and no secret: only root writes in the folder. Random bytes may
 * not be there yet. */
static uint64_t unique_id(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return ((uint64_t)getpid() << 40) ^ ((uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec);
}

static int open_socket(struct askpass *a, uint64_t id)
{
	cleanup_free char *path = xasprintf("%s/sck.%llx", a->folder, (unsigned long long)id);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	cleanup_close int fd = -1;
	mode_t mask;
	int r, one = 1;

	if (!str_copy(address.sun_path, sizeof(address.sun_path), path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* Before the name exists, so that nothing is ever received without its sender. */
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)) < 0)
		return -errno;
	mask = umask(0177);
	r = bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	umask(mask);
	if (r < 0)
		return r;
	a->socket = steal_fd(&fd);
	a->socket_path = steal_pointer(&path);
	return 0;
}

/* One line of the file: agents would take a second line, or a continued one, for a setting of its
 * own. */
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

static char *request_text(const struct askpass *a, const struct prompt_request *request)
{
	cleanup_free char *message = xasprintf("%s%s%s", request->again,
					       request->again[0] ? ". " : "", request->text);
	cleanup_free char *node = xstrdup(request->node);

	one_line(message);
	/* Where plymouth needs a colon it sets one; the agent for it only hands the text on. */
	if (access(a->plymouth, F_OK) == 0 && message[0] && message[strlen(message) - 1] == ':')
		message[strlen(message) - 1] = '\0';
	return xasprintf("[Ask]\n"
			 "PID=%d\n"
			 "Socket=%s\n"
			 "AcceptCached=0\n"
			 "Echo=0\n"
			 "NotAfter=%llu\n"
			 "Silent=0\n"
			 "Message=%s\n"
			 "Icon=drive-harddisk\n"
			 "Id=cryptsetup:%s\n",
			 (int)getpid(), a->socket_path,
			 request->until == WAIT_FOREVER ? 0 :
							  (unsigned long long)request->until * 1000,
			 message, one_line(node));
}

/* A call of its own, for musl has none. Not link(): agents wait for the event of a rename. */
static int rename_new(const char *from, const char *to)
{
	return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) < 0 ?
		       neg_errno() :
		       0;
}

/*
 * The file appears whole or not at all, and with one event: it is written beside the folder and
 * closed before it moves in. Of a second event (a file closed, then moved) an agent that was quick
 * enough for the first hears after the answer, and asks once more while the file is still there.
 */
static int publish(struct askpass *a, uint64_t id, const char *text)
{
	cleanup_free char *temporary = xasprintf("%s.%llx", a->folder, (unsigned long long)id);
	cleanup_free char *path = xasprintf("%s/ask.%llx", a->folder, (unsigned long long)id);
	cleanup_close int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
				    0600);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, text, strlen(text));
	/* Whoever may see that a question is open may read it; whoever may answer is the socket's
	 * business. */
	if (r == 0 && fchmod(fd, 0644) < 0)
		r = -errno;
	close(steal_fd(&fd));
	if (r == 0)
		r = rename_new(temporary, path);
	if (r < 0) {
		unlink(temporary);
		return r;
	}
	a->ask_path = steal_pointer(&path);
	return 0;
}

static int askpass_ask(struct prompter *p, const struct prompt_request *request)
{
	struct askpass *a = askpass_of(p);
	cleanup_free char *inside = xasprintf("%s/", a->folder), *text = NULL;
	uint64_t id = unique_id();
	int r = make_parent_dirs(inside, 0755);

	if (r == 0)
		r = open_socket(a, id);
	if (r == 0) {
		text = request_text(a, request);
		r = publish(a, id, text);
	}
	if (r < 0)
		askpass_withdraw(p);
	else
		a->secret = request->secret;
	return r;
}

static int askpass_fd(const struct prompter *p)
{
	return ((const struct askpass *)p)->socket;
}

/* Root, or who runs this program (tests do not run as root). */
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
 * What an agent sent: '+' and passphrases, each but perhaps the last with a NUL behind it, or '-'
 * for no. More than one come only from a cache, which this request did not allow: the first counts.
 * False: no answer at all.
 */
static bool take_answer(struct secret *secret, const unsigned char *data, size_t len,
			enum prompt_end *ret_end)
{
	if (len > 0 && data[0] == '-') {
		*ret_end = PROMPT_CANCEL;
		return true;
	}
	if (len == 0 || data[0] != '+')
		return false;
	secret_wipe(secret);
	*ret_end = PROMPT_LINE;
	for (size_t i = 1; i < len && data[i]; i++)
		if (!secret_add(secret, data[i])) {
			secret_wipe(secret);
			*ret_end = PROMPT_TOO_LONG;
			break;
		}
	return true;
}

static bool askpass_input(struct prompter *p, enum prompt_end *ret_end)
{
	struct askpass *a = askpass_of(p);
	/* One byte more than the longest answer, to tell when one is longer still. */
	unsigned char data[1 + SECRET_MAX + 1] = { 0 };
	/* Room for the sender and nothing else: file descriptors somebody sends along are not taken
	 * in. */
	union {
		struct cmsghdr align;
		unsigned char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec part = { .iov_base = data, .iov_len = sizeof(data) };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(a->socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	bool answered = n > 0 && may_answer(&message) &&
			take_answer(a->secret, data, (size_t)n, ret_end);

	explicit_bzero(data, sizeof(data));
	if (answered)
		askpass_withdraw(p);
	return answered;
}

static void askpass_free(struct prompter *p)
{
	askpass_withdraw(p);
	free(p);
}

static const struct prompter_ops askpass_ops = {
	.ask = askpass_ask,
	.withdraw = askpass_withdraw,
	.fd = askpass_fd,
	.input = askpass_input,
	.free = askpass_free,
};

int askpass_prompter(const char *folder, const char *plymouth, struct prompter **ret)
{
	struct askpass *a = xcalloc(1, sizeof(*a));

	a->prompter.ops = &askpass_ops;
	a->folder = folder;
	a->plymouth = plymouth;
	a->socket = -1;
	*ret = &a->prompter;
	return 0;
}
