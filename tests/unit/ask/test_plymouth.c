/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks a plymouthd made of one socket.
 */
#include "ask/asking.h"
#include "ask/plymouth.h"

#include <sys/socket.h>
#include <sys/un.h>

struct splash {
	char name[64];
	int listening, fd; /* plymouthd's side */
	struct prompt *set;
	struct secret *secret;
	char got[1024]; /* commands since the last look, "*Please unlock…|" */
};

static int splash_listen(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	str_copy(address.sun_path + 1, sizeof(address.sun_path) - 1, name);
	CHECK(bind(fd, (struct sockaddr *)&address, len) == 0);
	CHECK(listen(fd, 4) == 0);
	return fd;
}

static struct splash splash_new(void)
{
	struct splash s = { .fd = -1, .secret = secret_new(), .set = prompt_new() };

	snprintf(s.name, sizeof(s.name), "/intact-test/plymouthd.%d", (int)getpid());
	s.listening = splash_listen(s.name);
	return s;
}

static void splash_start(struct splash *s)
{
	struct prompter *p = NULL;

	CHECK(plymouth_prompter(s->name, &p) == 0);
	prompt_add(s->set, p, false);
}

static void splash_hangs_up(struct splash *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static void splash_free(struct splash *s)
{
	prompt_free(s->set);
	secret_free(s->secret);
	splash_hangs_up(s);
	close(s->listening);
}

/* Reads commands, and acknowledges messages as plymouthd does. */
static const char *splash_got(struct splash *s)
{
	unsigned char data[2048];
	ssize_t n;
	int fd = accept4(s->listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0) {
		splash_hangs_up(s);
		s->fd = fd;
	}
	s->got[0] = '\0';
	n = s->fd >= 0 ? recv(s->fd, data, sizeof(data), 0) : 0;
	for (ssize_t i = 0; i < n;) {
		CHECK(data[i + 1] == 2);
		CHECK(data[i + 2 + data[i + 2]] == '\0');
		str_append(s->got, sizeof(s->got), "%c%s|", data[i], (const char *)&data[i + 3]);
		if (data[i] != '*')
			CHECK(send(s->fd, "\x06", 1, 0) == 1);
		i += 3 + data[i + 2];
	}
	return s->got;
}

static void splash_says(const struct splash *s, const void *data, size_t len)
{
	CHECK(send(s->fd, data, len, MSG_NOSIGNAL) == (ssize_t)len);
}

TEST(plymouth_answers)
{
	struct splash s = splash_new();
	struct prompt_request request = request_for(s.secret);
	enum prompt_end end;

	splash_start(&s);
	CHECK(prompt_open(s.set, &request) == 0);
	CHECK_STR(splash_got(&s), "*Please unlock disk root|");
	splash_says(&s, "\x02\x06\0\0\0secret", 11);
	CHECK(ends(s.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	CHECK(holds(s.secret, "secret"));
	/* In pieces, with the acknowledgement of a message in front. */
	secret_wipe(s.secret);
	CHECK(prompt_open(s.set, &request) == 0);
	prompt_message(s.set, "", "wrong passphrase;\n2 more attempts");
	CHECK_STR(splash_got(&s), "*Please unlock disk root|Mwrong passphrase; 2 more attempts|");
	splash_says(&s, "\x02\x03\0", 3);
	CHECK(!ends(s.set, 50, &end));
	splash_says(&s, "\0\0ab", 4);
	CHECK(!ends(s.set, 50, &end));
	CHECK(is_wiped(s.secret)); /* not before it is whole */
	splash_says(&s, "c", 1);
	CHECK(ends(s.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	CHECK(holds(s.secret, "abc"));
	/* Several, and none. */
	CHECK(prompt_open(s.set, &request) == 0);
	splash_says(&s, "\x09\x08\0\0\0one\0two", 13);
	CHECK(ends(s.set, PATIENCE_MS, &end) && holds(s.secret, "one"));
	CHECK(prompt_open(s.set, &request) == 0);
	splash_says(&s, "\x02\0\0\0\0", 5);
	CHECK(ends(s.set, PATIENCE_MS, &end) && end == PROMPT_LINE && is_wiped(s.secret));
	splash_free(&s);
}

TEST(plymouth_length)
{
	struct splash s = splash_new();
	struct prompt_request request = request_for(s.secret);
	unsigned char data[5 + SECRET_MAX + 1] = { 2, SECRET_MAX & 0xff, SECRET_MAX >> 8 };
	enum prompt_end end;

	memset(data + 5, 'x', SECRET_MAX + 1);
	splash_start(&s);
	CHECK(prompt_open(s.set, &request) == 0);
	splash_got(&s);
	splash_says(&s, data, 5 + SECRET_MAX);
	CHECK(ends(s.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	CHECK_INT(s.secret->len, SECRET_MAX);
	CHECK(prompt_open(s.set, &request) == 0);
	data[1]++;
	splash_says(&s, data, 5 + SECRET_MAX + 1);
	CHECK(ends(s.set, PATIENCE_MS, &end) && end == PROMPT_TOO_LONG);
	CHECK(is_wiped(s.secret));
	splash_free(&s);
}

TEST(plymouth_leaves)
{
	struct splash s = splash_new();
	struct prompt_request request = request_for(s.secret);
	enum prompt_end end;

	splash_start(&s);
	/* No splash is shown. */
	CHECK(prompt_open(s.set, &request) == 0);
	splash_got(&s);
	splash_says(&s, "\x05", 1);
	CHECK(ends(s.set, PATIENCE_MS, &end) && end == PROMPT_EOF);
	/* It refuses. */
	CHECK(prompt_open(s.set, &request) == 0);
	splash_got(&s);
	splash_says(&s, "\x15", 1);
	CHECK(ends(s.set, PATIENCE_MS, &end) && end == PROMPT_EOF);
	/* It ends in the middle of an answer. */
	CHECK(prompt_open(s.set, &request) == 0);
	splash_got(&s);
	splash_says(&s, "\x02\x06\0\0\0sec", 8);
	CHECK(!ends(s.set, 50, &end));
	splash_hangs_up(&s);
	CHECK(ends(s.set, PATIENCE_MS, &end) && end == PROMPT_EOF);
	CHECK(is_wiped(s.secret));
	/* It is gone for good. */
	close(s.listening);
	CHECK(prompt_open(s.set, &request) == -ECONNREFUSED);
	prompt_message(s.set, "", "nobody reads this");
	/* A new one starts later. */
	s.listening = splash_listen(s.name);
	CHECK(prompt_open(s.set, &request) == 0);
	CHECK_STR(splash_got(&s), "*Please unlock disk root|");
	splash_free(&s);
}

TEST(plymouth_withdrawn)
{
	struct splash s = splash_new();
	struct prompt_request request = request_for(s.secret);
	enum prompt_end end;
	int old;

	splash_start(&s);
	CHECK(prompt_open(s.set, &request) == 0);
	CHECK_STR(splash_got(&s), "*Please unlock disk root|");
	prompt_withdraw(s.set);
	/* The splash still shows the question; its answer is not read. */
	splash_says(&s, "\x02\x01\0\0\0z", 6);
	CHECK(!ends(s.set, 50, &end));
	CHECK(is_wiped(s.secret));
	/* Asked again, it is not asked twice. */
	CHECK(prompt_open(s.set, &request) == 0);
	CHECK_STR(splash_got(&s), "");
	CHECK(ends(s.set, PATIENCE_MS, &end) && holds(s.secret, "z"));
	/* Another question: the answer to the old one must not reach it. */
	CHECK(prompt_open(s.set, &request) == 0);
	CHECK_STR(splash_got(&s), "*Please unlock disk root|");
	prompt_withdraw(s.set);
	old = dup(s.fd);
	str_copy(request.text, sizeof(request.text), "Please unlock disk data: ");
	CHECK(prompt_open(s.set, &request) == 0);
	CHECK_STR(splash_got(&s), "*Please unlock disk data|");
	CHECK(send(old, "\x02\x03\0\0\0old", 8, MSG_NOSIGNAL) < 0);
	close(old);
	splash_says(&s, "\x02\x03\0\0\0new", 8);
	CHECK(ends(s.set, PATIENCE_MS, &end) && holds(s.secret, "new"));
	splash_free(&s);
}

TEST(plymouth_shows_messages)
{
	struct splash s = splash_new();
	char text[400];

	splash_start(&s);
	prompt_message(s.set, "", "waiting for the disk");
	CHECK_STR(splash_got(&s), "Mwaiting for the disk|");
	prompt_message(s.set, "", "another one");
	CHECK_STR(splash_got(&s), "mwaiting for the disk|Manother one|");
	prompt_message(s.set, "", "");
	CHECK_STR(splash_got(&s), "manother one|");
	prompt_message(s.set, "", "");
	CHECK_STR(splash_got(&s), "");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	prompt_message(s.set, "", text);
	CHECK_INT(strlen(splash_got(&s)), 1 + 254 + 1);
	splash_free(&s);
}

/* Under systemd its agent asks there. */
TEST(plymouth_messages_alone)
{
	struct splash s = splash_new();
	struct prompter *p = NULL;
	struct prompt_request request = { .name = "root", .text = "Please: ", .secret = s.secret };

	CHECK(plymouth_messages(s.name, &p) == 0);
	prompt_add(s.set, p, false);
	CHECK_INT(prompt_open(s.set, &request), -ENOTSUP);
	CHECK_STR(splash_got(&s), "");
	prompt_message(s.set, "", "12 % of the tags are read");
	CHECK_STR(splash_got(&s), "M12 % of the tags are read|");
	prompt_message(s.set, "", "13 %");
	CHECK_STR(splash_got(&s), "m12 % of the tags are read|M13 %|");
	splash_free(&s);
}

TEST_MAIN(plymouth_answers, plymouth_length, plymouth_leaves, plymouth_withdrawn,
	  plymouth_shows_messages, plymouth_messages_alone)
