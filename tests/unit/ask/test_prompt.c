/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks through the real prompters: a pseudo-terminal, a fake agent in a temporary folder, a fake
 * plymouthd.
 */
#include "ask/console.h"
#include "ask/fifo.h"
#include "ask/plymouth.h"
#include "ask/prompt.h"
#include "ask/systemd.h"
#include "base/util.h"
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>

#define PATIENCE_MS 5000

static const char root_name[] = "root";

static struct prompt_request request_for(struct secret *secret)
{
	struct prompt_request request = {
		.name = root_name,
		.node = "/dev/vda2",
		.text = "Please unlock disk root: ",
		.until = WAIT_FOREVER,
		.secret = secret,
	};

	return request;
}

/* Waits until the prompt has ended. False: it did not, in ms milliseconds. */
static bool ends(struct prompt *set, int ms, enum prompt_end *ret)
{
	uint64_t until = now_ms() + (uint64_t)ms;

	while (now_ms() < until) {
		struct pollfd fds[PLACE_N];

		prompt_poll(set, fds);
		if (poll(fds, PLACE_N, 20) > 0 && prompt_input(set, fds, ret))
			return true;
	}
	return false;
}

static bool holds(const struct secret *secret, const char *text)
{
	return secret->len == strlen(text) && memcmp(secret->bytes, text, secret->len) == 0;
}

static bool is_wiped(const struct secret *secret)
{
	for (size_t i = 0; i < sizeof(secret->bytes); i++)
		if (secret->bytes[i])
			return false;
	return secret->len == 0;
}

/* --- the set, with prompters that do what the test says
 * -------------------------------------------------- */

struct fake {
	struct prompter prompter;
	int refuse; /* what ask() returns */
	int pipe[2];
	enum prompt_end end;
	int asked, withdrawn, messages, aside, back, settled;
	const char *answer;
	struct secret *secret;
};

static struct fake *fake_of(struct prompter *p)
{
	return (struct fake *)p;
}

static int fake_ask(struct prompter *p, const struct prompt_request *request)
{
	fake_of(p)->asked++;
	fake_of(p)->secret = request->secret;
	return fake_of(p)->refuse;
}

static void fake_withdraw(struct prompter *p)
{
	fake_of(p)->withdrawn++;
}

static int fake_fd(const struct prompter *p)
{
	return ((const struct fake *)p)->pipe[0];
}

static bool fake_input(struct prompter *p, enum prompt_end *ret_end)
{
	struct fake *f = fake_of(p);
	char byte;

	CHECK(read(f->pipe[0], &byte, 1) == 1);
	secret_wipe(f->secret);
	for (const char *c = f->answer; c && *c; c++)
		secret_add(f->secret, (unsigned char)*c);
	*ret_end = f->end;
	return true;
}

static void fake_message(struct prompter *p, const char *text)
{
	(void)text;
	fake_of(p)->messages++;
}

static void fake_aside(struct prompter *p)
{
	fake_of(p)->aside++;
}

static void fake_back(struct prompter *p)
{
	fake_of(p)->back++;
}

static void fake_settled(struct prompter *p, const char *name)
{
	CHECK_STR(name, root_name);
	fake_of(p)->settled++;
}

static void fake_free(struct prompter *p)
{
	close(fake_of(p)->pipe[0]);
	close(fake_of(p)->pipe[1]);
}

#define FAKE_OPS                                                                        \
	.ask = fake_ask, .withdraw = fake_withdraw, .fd = fake_fd, .input = fake_input, \
	.free = fake_free
static const struct prompter_ops plain_ops = { FAKE_OPS };
static const struct prompter_ops splash_ops = { FAKE_OPS, .owns_screen = true,
						.message = fake_message };
static const struct prompter_ops console_ops = {
	FAKE_OPS,
	.step_aside = fake_aside,
	.come_back = fake_back,
	.settled = fake_settled,
};

static struct fake fake_new(const struct prompter_ops *fake_ops)
{
	struct fake f = { .prompter.ops = fake_ops };

	CHECK(pipe2(f.pipe, O_CLOEXEC) == 0);
	return f;
}

static void acts(struct fake *f, enum prompt_end end, const char *answer)
{
	f->end = end;
	f->answer = answer;
	CHECK(write(f->pipe[1], "x", 1) == 1);
}

TEST(places)
{
	static const struct {
		enum input input;
		bool systemd;
		unsigned expected;
	} rows[] = {
		{ INPUT_STREAM, false, PLACE_CONSOLE },
		{ INPUT_STREAM, true, PLACE_CONSOLE },
		{ INPUT_TERMINAL, false, PLACE_CONSOLE | PLACE_PLYMOUTH | PLACE_FIFO },
		{ INPUT_TERMINAL, true, PLACE_CONSOLE },
		{ INPUT_NONE, false, PLACE_CONSOLE | PLACE_PLYMOUTH | PLACE_FIFO },
		{ INPUT_NONE, true, PLACE_SYSTEMD },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_INT(prompt_places(rows[i].input, rows[i].systemd), rows[i].expected);
}

TEST(list_of_places)
{
	static const char *const wrong[] = {
		"", ",", "console,", ",console", "tty", "consol", "console, fifo", "console;fifo",
	};
	unsigned places = 77;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		CHECK_ROW(prompt_parse_places(wrong[i], &places) == -EINVAL && places == 77,
			  wrong[i]);
	CHECK(prompt_parse_places("console", &places) == 0);
	CHECK_INT(places, PLACE_CONSOLE);
	CHECK(prompt_parse_places("fifo,systemd,plymouth,console", &places) == 0);
	CHECK_INT(places, PLACE_CONSOLE | PLACE_SYSTEMD | PLACE_PLYMOUTH | PLACE_FIFO);
}

TEST(first_answer_wins)
{
	struct secret *secret = secret_new();
	struct prompt_request request = request_for(secret);
	struct prompt *set = prompt_new();
	struct fake a = fake_new(&plain_ops), b = fake_new(&plain_ops);
	enum prompt_end end;

	prompt_add(set, &a.prompter, false);
	prompt_add(set, &b.prompter, false);
	CHECK(prompt_open(set, &request) == 0);
	CHECK(a.asked == 1 && b.asked == 1);
	/* Both at once: the other's answer is left where it is. */
	acts(&b, PROMPT_LINE, "from b");
	acts(&a, PROMPT_LINE, "from a");
	CHECK(ends(set, PATIENCE_MS, &end));
	CHECK(end == PROMPT_LINE);
	CHECK(holds(secret, "from a"));
	CHECK(a.withdrawn == 0 && b.withdrawn == 1);
	CHECK(!ends(set, 50, &end));
	prompt_free(set);
	secret_free(secret);
}

TEST(cancel_anywhere_cancels)
{
	struct secret *secret = secret_new();
	struct prompt_request request = request_for(secret);
	struct prompt *set = prompt_new();
	struct fake a = fake_new(&plain_ops), b = fake_new(&plain_ops);
	enum prompt_end end;

	prompt_add(set, &a.prompter, false);
	prompt_add(set, &b.prompter, false);
	CHECK(prompt_open(set, &request) == 0);
	acts(&b, PROMPT_CANCEL, NULL);
	CHECK(ends(set, PATIENCE_MS, &end));
	CHECK(end == PROMPT_CANCEL);
	CHECK(a.withdrawn == 1 && b.withdrawn == 0);
	prompt_free(set);
	secret_free(secret);
}

TEST(end_of_one_place_is_not_the_end)
{
	struct secret *secret = secret_new();
	struct prompt_request request = request_for(secret);
	struct prompt *set = prompt_new();
	struct fake a = fake_new(&plain_ops), b = fake_new(&plain_ops);
	enum prompt_end end;

	prompt_add(set, &a.prompter, false);
	prompt_add(set, &b.prompter, false);
	CHECK(prompt_open(set, &request) == 0);
	acts(&a, PROMPT_EOF, NULL);
	CHECK(!ends(set, 50, &end));
	acts(&b, PROMPT_EOF, NULL);
	CHECK(ends(set, PATIENCE_MS, &end));
	CHECK(end == PROMPT_EOF);
	CHECK(a.withdrawn == 0 && b.withdrawn == 0);
	prompt_free(set);
	secret_free(secret);
}

TEST(console_stands_in_for_the_splash)
{
	struct secret *secret = secret_new();
	struct prompt_request request = request_for(secret);
	struct prompt *set = prompt_new();
	struct fake splash = fake_new(&splash_ops), console = fake_new(&console_ops);
	enum prompt_end end;

	prompt_add(set, &splash.prompter, false);
	prompt_add(set, &console.prompter, true);
	CHECK(prompt_open(set, &request) == 0);
	CHECK(splash.asked == 1 && console.asked == 0);
	/* The splash leaves: the console takes over, for the same question. */
	acts(&splash, PROMPT_EOF, NULL);
	CHECK(!ends(set, 50, &end));
	CHECK(console.asked == 1);
	acts(&console, PROMPT_LINE, "typed");
	CHECK(ends(set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	CHECK(holds(secret, "typed"));
	/* None from the start. */
	splash.refuse = -ECONNREFUSED;
	CHECK(prompt_open(set, &request) == 0);
	CHECK(console.asked == 2);
	/* The console ends and nobody can stand in for it. */
	acts(&console, PROMPT_EOF, NULL);
	CHECK(ends(set, PATIENCE_MS, &end) && end == PROMPT_EOF);
	CHECK(console.asked == 2);
	/* That was then: the next question is asked anew. */
	CHECK(prompt_open(set, &request) == 0);
	CHECK(console.asked == 3);
	prompt_withdraw(set);
	CHECK(console.withdrawn == 1);
	prompt_free(set);
	secret_free(secret);
}

TEST(nobody_to_ask)
{
	struct prompt_request request = request_for(NULL);
	struct prompt *set = prompt_new();
	struct fake a = fake_new(&plain_ops);

	CHECK(prompt_open(set, &request) == -ENOTTY);
	a.refuse = -EACCES;
	prompt_add(set, &a.prompter, false);
	CHECK(prompt_open(set, &request) == -EACCES);
	prompt_withdraw(set);
	CHECK(a.withdrawn == 0);
	prompt_free(set);
	CHECK(prompt_free(NULL) == NULL);
}

TEST(messages)
{
	struct prompt_request request = request_for(NULL);
	struct prompt *set = prompt_new();
	struct fake splash = fake_new(&splash_ops), console = fake_new(&console_ops);

	prompt_add(set, &splash.prompter, false);
	prompt_add(set, &console.prompter, false);
	prompt_before_message(set, "hello");
	prompt_after_message(set);
	CHECK(splash.messages == 1 && console.aside == 0 && console.back == 0);
	CHECK(prompt_open(set, &request) == 0);
	prompt_before_message(set, "hello");
	CHECK(splash.messages == 2 && console.aside == 1 && console.back == 0);
	prompt_after_message(set);
	CHECK(console.back == 1);
	prompt_settled(set, root_name);
	CHECK(console.settled == 1);
	prompt_free(set);
}

/* --- the terminal
 * ------------------------------------------------------------------------------------------ */

struct pty {
	int master, slave;
	char name[64];
	struct prompt *set;
	struct secret *secret;
};

static bool echoes(const struct pty *pty)
{
	struct termios t;

	return tcgetattr(pty->slave, &t) == 0 &&
	       (t.c_lflag & (ECHO | ICANON | ISIG)) == (ECHO | ICANON | ISIG);
}

static struct pty pty_new(void)
{
	struct pty pty = { .secret = secret_new(), .set = prompt_new() };
	struct prompter *p = NULL;

	CHECK(openpty(&pty.master, &pty.slave, pty.name, NULL, NULL) == 0);
	CHECK(tty_prompter(pty.name, &p) == 0);
	prompt_add(pty.set, p, false);
	return pty;
}

static void pty_free(struct pty *pty)
{
	prompt_free(pty->set);
	secret_free(pty->secret);
	close(pty->master);
	close(pty->slave);
}

static void pty_type(const struct pty *pty, const char *keys)
{
	CHECK(write(pty->master, keys, strlen(keys)) == (ssize_t)strlen(keys));
}

/* What the screen showed since the last look. */
static const char *pty_screen(const struct pty *pty)
{
	static char text[4096];
	struct pollfd fd = { .fd = pty->master, .events = POLLIN };
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(text) - 1 && poll(&fd, 1, 50) > 0 &&
	       (n = read(pty->master, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	return text;
}

static void pty_ask(struct pty *pty)
{
	struct prompt_request request = request_for(pty->secret);

	CHECK(echoes(pty));
	secret_wipe(pty->secret);
	CHECK(prompt_open(pty->set, &request) == 0);
	CHECK(!echoes(pty));
	CHECK_STR(pty_screen(pty), "Please unlock disk root: ");
}

TEST(terminal_answer)
{
	struct pty pty = pty_new();
	enum prompt_end end;

	pty_type(&pty, "typed too early");
	CHECK_STR(pty_screen(&pty), "typed too early"); /* and therefore not taken */
	pty_ask(&pty);
	pty_type(&pty, "open sesamf\177e\r");
	CHECK(ends(pty.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	CHECK(holds(pty.secret, "open sesame"));
	CHECK(echoes(&pty));
	CHECK_STR(pty_screen(&pty), "\r\n"); /* nothing typed was shown */
	pty_free(&pty);
}

TEST(terminal_keys)
{
	static const struct {
		const char *keys;
		enum prompt_end end;
	} rows[] = { { "half\003", PROMPT_CANCEL }, { "\004", PROMPT_EOF }, { "\r", PROMPT_LINE } };
	struct pty pty = pty_new();
	enum prompt_end end;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		pty_ask(&pty);
		pty_type(&pty, rows[i].keys);
		CHECK(ends(pty.set, PATIENCE_MS, &end));
		CHECK_INT(end, rows[i].end);
		CHECK(is_wiped(pty.secret));
		CHECK(echoes(&pty));
		(void)pty_screen(&pty);
	}
	pty_free(&pty);
}

TEST(terminal_length)
{
	struct pty pty = pty_new();
	enum prompt_end end;
	char keys[SECRET_MAX + 3];

	memset(keys, 'x', sizeof(keys));
	str_copy(keys + SECRET_MAX, 2, "\r");
	pty_ask(&pty);
	pty_type(&pty, keys);
	CHECK(ends(pty.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	CHECK_INT(pty.secret->len, SECRET_MAX);
	(void)pty_screen(&pty);
	str_copy(keys + SECRET_MAX, 3, "x\r");
	pty_ask(&pty);
	pty_type(&pty, keys);
	CHECK(ends(pty.set, PATIENCE_MS, &end) && end == PROMPT_TOO_LONG);
	CHECK(is_wiped(pty.secret));
	CHECK(echoes(&pty));
	pty_free(&pty);
}

TEST(terminal_withdrawn)
{
	struct pty pty = pty_new();

	pty_ask(&pty);
	prompt_withdraw(pty.set);
	CHECK(echoes(&pty));
	prompt_withdraw(pty.set); /* harmless */
	CHECK_STR(pty_screen(&pty), "\r\n");
	pty_free(&pty);
}

TEST(terminal_message_repeats_the_prompt)
{
	struct pty pty = pty_new();

	pty_ask(&pty);
	prompt_before_message(pty.set, "seen elsewhere");
	prompt_after_message(pty.set);
	CHECK_STR(pty_screen(&pty), "\r\nPlease unlock disk root: ");
	pty_free(&pty);
}

/* The echo comes back whatever ends the program; a crash of another process that inherited the
 * prompt leaves it off. */
TEST(terminal_signals)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGABRT };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		struct pty pty = pty_new();
		int status = 0;
		pid_t pid = fork();

		if (pid == 0) {
			struct prompt_request request = request_for(pty.secret);

			_exit(prompt_open(pty.set, &request) < 0 || raise(signals[i]));
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == signals[i]);
		CHECK(echoes(&pty));
		(void)pty_screen(&pty);

		pty_ask(&pty);
		pid = fork();
		if (pid == 0) {
			raise(signals[i]);
			_exit(0);
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(WIFSIGNALED(status));
		CHECK(!echoes(&pty));
		pty_free(&pty);
	}
}

TEST(terminal_hangs_up)
{
	struct pty pty = pty_new();
	enum prompt_end end;

	pty_ask(&pty);
	pty_type(&pty, "half");
	CHECK(!ends(pty.set, 50, &end));
	close(pty.master);
	CHECK(ends(pty.set, PATIENCE_MS, &end) && end == PROMPT_EOF);
	CHECK(is_wiped(pty.secret));
	pty.master = -1;
	pty_free(&pty);
}

TEST(no_such_terminal)
{
	struct prompter *p = NULL;

	CHECK(tty_prompter("/nonexistent/tty", &p) == -ENOENT);
	CHECK(p == NULL);
}

/* --- systemd's agents
 * ---------------------------------------------------------------------------------------- */

struct agent {
	char base[64], folder[96], plymouth[96];
	struct prompt *set;
	struct secret *secret;
	char ask[512], socket[256]; /* the request: its text and the socket it names */
};

static struct agent agent_new(void)
{
	struct agent agent = { .base = "/tmp/intact-test.XXXXXX",
			       .secret = secret_new(),
			       .set = prompt_new() };

	CHECK(mkdtemp(agent.base) != NULL);
	return agent;
}

/* After the struct stands where it stays: the prompter keeps the folder's name. */
static void agent_start(struct agent *agent)
{
	struct prompter *p = NULL;

	snprintf(agent->folder, sizeof(agent->folder), "%s/systemd/ask-password", agent->base);
	snprintf(agent->plymouth, sizeof(agent->plymouth), "%s/pid", agent->base);
	CHECK(askpass_prompter(agent->folder, agent->plymouth, &p) == 0);
	prompt_add(agent->set, p, false);
}

static unsigned agent_files(const struct agent *agent)
{
	DIR *dir = opendir(agent->folder);
	unsigned n = 0;

	if (dir) {
		for (const struct dirent *entry; (entry = readdir(dir));)
			n += entry->d_name[0] != '.';
		closedir(dir);
	}
	return n;
}

/* Finds the request as an agent does. */
static bool agent_looks(struct agent *agent)
{
	DIR *dir = opendir(agent->folder);
	char path[512] = "";
	struct stat st;
	cleanup_free char *text = NULL;
	const char *line;

	if (!dir)
		return false;
	for (const struct dirent *entry; (entry = readdir(dir));)
		if (str_after(entry->d_name, "ask."))
			snprintf(path, sizeof(path), "%s/%s", agent->folder, entry->d_name);
	closedir(dir);
	if (!path[0] || stat(path, &st) < 0 || read_file(path, 4096, &text, NULL) < 0)
		return false;
	CHECK_INT(st.st_mode & 07777, 0644);
	str_copy(agent->ask, sizeof(agent->ask), text);
	line = strstr(text, "\nSocket=");
	if (!line)
		return false;
	line += strlen("\nSocket=");
	snprintf(agent->socket, sizeof(agent->socket), "%.*s", (int)strcspn(line, "\n"), line);
	CHECK(stat(agent->socket, &st) == 0);
	CHECK(S_ISSOCK(st.st_mode));
	CHECK_INT(st.st_mode & 07777, 0600);
	return true;
}

static void agent_asked(struct agent *agent)
{
	struct prompt_request request = request_for(agent->secret);

	CHECK(prompt_open(agent->set, &request) == 0);
	CHECK(agent_looks(agent));
}

/* Sends a datagram, with a file descriptor when fd is one. */
static void agent_sends(const struct agent *agent, const void *data, size_t len, int fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	union {
		struct cmsghdr header;
		unsigned char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec part = { .iov_base = (void *)(uintptr_t)data, .iov_len = len };
	struct msghdr message = {
		.msg_name = &address,
		.msg_namelen = sizeof(address),
		.msg_iov = &part,
		.msg_iovlen = 1,
	};
	cleanup_close int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	str_copy(address.sun_path, sizeof(address.sun_path), agent->socket);
	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	}
	CHECK(sendmsg(s, &message, 0) == (ssize_t)len);
}

static void agent_free(struct agent *agent)
{
	cleanup_free char *systemd = xasprintf("%s/systemd", agent->base);

	prompt_free(agent->set);
	secret_free(agent->secret);
	CHECK_INT(agent_files(agent), 0);
	rmdir(agent->folder);
	rmdir(systemd);
	CHECK(rmdir(agent->base) == 0);
}

TEST(agent_request)
{
	struct agent agent = agent_new();
	struct prompt_request request = request_for(agent.secret);
	char pid[32];

	agent_start(&agent);
	agent_asked(&agent);
	snprintf(pid, sizeof(pid), "\nPID=%d\n", (int)getpid());
	CHECK(str_after(agent.ask, "[Ask]\n") != NULL);
	CHECK_HAS(agent.ask, pid);
	CHECK_HAS(agent.ask, "\nAcceptCached=0\n");
	CHECK_HAS(agent.ask, "\nEcho=0\n");
	CHECK_HAS(agent.ask, "\nNotAfter=0\n");
	CHECK_HAS(agent.ask, "\nMessage=Please unlock disk root:\n");
	CHECK_HAS(agent.ask, "\nId=cryptsetup:/dev/vda2\n");
	CHECK_INT(agent_files(&agent), 2); /* and no temporary one */
	prompt_withdraw(agent.set);
	CHECK_INT(agent_files(&agent), 0);

	/* What stands in it comes from elsewhere, too. */
	request.until = 12345;
	str_copy(request.again, sizeof(request.again), "wrong passphrase; 2 more attempts");
	str_copy(request.text, sizeof(request.text), "Please unlock disk a\nSocket=/x\\: ");
	CHECK(prompt_open(agent.set, &request) == 0);
	CHECK(agent_looks(&agent));
	CHECK_HAS(agent.ask, "\nNotAfter=12345000\n");
	CHECK_HAS(
		agent.ask,
		"\nMessage=wrong passphrase; 2 more attempts. Please unlock disk a?Socket=/x?:\n");
	agent_free(&agent);
}

/* What an agent watches for is there once and not again: it would ask again after the answer. */
TEST(agent_hears_once)
{
	struct agent agent = agent_new();
	char events[4096];
	int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	ssize_t n;

	agent_start(&agent);
	agent_asked(&agent);
	prompt_withdraw(agent.set);
	CHECK(watch >= 0);
	CHECK(inotify_add_watch(watch, agent.folder, IN_CLOSE_WRITE | IN_MOVED_TO) >= 0);
	agent_asked(&agent);
	n = read(watch, events, sizeof(events));
	CHECK(n > 0);
	CHECK_INT(sizeof(struct inotify_event) + ((const struct inotify_event *)events)->len, n);
	CHECK_INT(((const struct inotify_event *)events)->mask, IN_MOVED_TO);
	close(watch);
	agent_free(&agent);
}

TEST(agent_that_asks_through_plymouth)
{
	struct agent agent = agent_new();
	int fd;

	agent_start(&agent);
	fd = open(agent.plymouth, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	close(fd);
	agent_asked(&agent);
	CHECK_HAS(agent.ask,
		  "\nMessage=Please unlock disk root\n"); /* plymouth's own colon follows */
	unlink(agent.plymouth);
	agent_free(&agent);
}

TEST(agent_answers)
{
	static const struct {
		const char *what;
		const char *data;
		size_t len;
		enum prompt_end end;
		const char *secret;
	} rows[] = {
		{ "with NUL", "+secret", 8, PROMPT_LINE, "secret" },
		{ "without NUL", "+secret", 7, PROMPT_LINE, "secret" },
		{ "several", "+one\0two", 9, PROMPT_LINE, "one" },
		{ "empty", "+", 2, PROMPT_LINE, "" },
		{ "emptier", "+", 1, PROMPT_LINE, "" },
		{ "cancel", "-", 1, PROMPT_CANCEL, "" },
	};
	struct agent agent = agent_new();
	enum prompt_end end;

	agent_start(&agent);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		secret_wipe(agent.secret);
		agent_asked(&agent);
		agent_sends(&agent, rows[i].data, rows[i].len, -1);
		CHECK_ROW(ends(agent.set, PATIENCE_MS, &end), rows[i].what);
		CHECK_ROW(end == rows[i].end, rows[i].what);
		CHECK_ROW(holds(agent.secret, rows[i].secret), rows[i].what);
		CHECK_INT(agent_files(&agent), 0);
	}
	agent_free(&agent);
}

TEST(agent_length)
{
	struct agent agent = agent_new();
	unsigned char data[4096];
	enum prompt_end end;

	memset(data, 'x', sizeof(data));
	data[0] = '+';
	agent_start(&agent);
	agent_asked(&agent);
	agent_sends(&agent, data, 1 + SECRET_MAX, -1);
	CHECK(ends(agent.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	CHECK_INT(agent.secret->len, SECRET_MAX);
	agent_asked(&agent);
	agent_sends(&agent, data, 1 + SECRET_MAX + 1, -1);
	CHECK(ends(agent.set, PATIENCE_MS, &end) && end == PROMPT_TOO_LONG);
	CHECK(is_wiped(agent.secret));
	agent_asked(&agent);
	agent_sends(&agent, data, sizeof(data), -1);
	CHECK(ends(agent.set, PATIENCE_MS, &end) && end == PROMPT_TOO_LONG);
	agent_free(&agent);
}

static unsigned open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	while (dir && readdir(dir))
		n++;
	closedir(dir);
	return n;
}

TEST(agent_noise_is_ignored)
{
	struct agent agent = agent_new();
	enum prompt_end end;
	unsigned fds;

	agent_start(&agent);
	agent_asked(&agent);
	secret_add(agent.secret, 'k'); /* somebody types on the console meanwhile */
	agent_sends(&agent, "", 0, -1);
	agent_sends(&agent, "secret", 7, -1);
	agent_sends(&agent, "?", 1, -1);
	CHECK(!ends(agent.set, 100, &end));
	CHECK(holds(agent.secret, "k"));
	CHECK_INT(agent_files(&agent), 2);
	/* What comes along with the answer is not let in. */
	fds = open_fds();
	agent_sends(&agent, "+secret", 8, STDERR_FILENO);
	CHECK(ends(agent.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	CHECK(holds(agent.secret, "secret"));
	CHECK_INT(open_fds(), fds - 1); /* only our socket is gone */
	agent_free(&agent);
}

/* Somebody else's datagram, which only root can let in by opening up folder and socket. */
TEST(agent_of_another_user_is_ignored)
{
	struct agent agent = agent_new();
	enum prompt_end end;
	int status = 0;
	pid_t pid;

	agent_start(&agent);
	agent_asked(&agent);
	if (geteuid() == 0) {
		CHECK(chmod(agent.base, 0755) == 0 && chmod(agent.socket, 0666) == 0);
		pid = fork();
		if (pid == 0) {
			test_failures = 0;
			if (setuid(65534) < 0)
				_exit(1);
			agent_sends(&agent, "+foreign", 9, -1);
			_exit(test_failures > 0);
		}
		CHECK(waitpid(pid, &status, 0) == pid && status == 0);
		CHECK(!ends(agent.set, 100, &end));
		CHECK(is_wiped(agent.secret));
	}
	agent_sends(&agent, "+own", 5, -1);
	CHECK(ends(agent.set, PATIENCE_MS, &end) && holds(agent.secret, "own"));
	agent_free(&agent);
}

TEST(agent_folder_cannot_be_made)
{
	struct prompt_request request = request_for(NULL);
	struct prompter *p = NULL;
	struct prompt *set = prompt_new();

	CHECK(askpass_prompter("/dev/null/ask-password", "/dev/null/pid", &p) == 0);
	prompt_add(set, p, false);
	CHECK(prompt_open(set, &request) < 0);
	prompt_free(set);
}

TEST(agent_and_terminal)
{
	struct agent agent = agent_new();
	struct pty pty = pty_new();
	struct prompt_request request = request_for(agent.secret);
	struct prompter *p = NULL;
	enum prompt_end end;

	agent_start(&agent);
	CHECK(tty_prompter(pty.name, &p) == 0);
	prompt_add(agent.set, p, false);
	CHECK(prompt_open(agent.set, &request) == 0 && agent_looks(&agent));
	CHECK(!echoes(&pty));
	pty_type(&pty, "half");
	CHECK(!ends(agent.set, 100, &end));
	agent_sends(&agent, "+whole", 7, -1);
	CHECK(ends(agent.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	CHECK(holds(agent.secret, "whole"));
	CHECK(echoes(&pty));

	secret_wipe(agent.secret);
	CHECK(prompt_open(agent.set, &request) == 0 && agent_looks(&agent));
	pty_type(&pty, "typed\r");
	CHECK(ends(agent.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	CHECK(holds(agent.secret, "typed"));
	CHECK_INT(agent_files(&agent), 0);
	agent_free(&agent);
	pty_free(&pty);
}

/* --- plymouth
 * --------------------------------------------------------------------------------------------------
 */

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
	prompt_before_message(s.set, "wrong passphrase;\n2 more attempts");
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
	prompt_before_message(s.set, "nobody reads this");
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
	/* The question still stands there; nobody listens. */
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

TEST(plymouth_messages)
{
	struct splash s = splash_new();
	char text[400];

	splash_start(&s);
	prompt_before_message(s.set, "waiting for the disk");
	CHECK_STR(splash_got(&s), "Mwaiting for the disk|");
	prompt_before_message(s.set, "another one");
	CHECK_STR(splash_got(&s), "mwaiting for the disk|Manother one|");
	prompt_before_message(s.set, "");
	CHECK_STR(splash_got(&s), "manother one|");
	prompt_before_message(s.set, "");
	CHECK_STR(splash_got(&s), "");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	prompt_before_message(s.set, text);
	CHECK_INT(strlen(splash_got(&s)), 1 + 254 + 1);
	splash_free(&s);
}

/* --- Debian's remote unlock
 * ------------------------------------------------------------------------------------- */

struct remote {
	char root[64], fifo[96], askpass[96], cryptsetup[96];
	struct prompt *set;
	struct secret *secret;
};

/* An image with programs that would end at once if they ran. */
static struct remote remote_new(void)
{
	struct remote r = { .root = "/tmp/intact-test.XXXXXX",
			    .secret = secret_new(),
			    .set = prompt_new() };
	cleanup_free char *make = NULL;
	struct prompter *p = NULL;

	CHECK(mkdtemp(r.root) != NULL);
	snprintf(r.fifo, sizeof(r.fifo), "%s/lib/cryptsetup/passfifo", r.root);
	snprintf(r.askpass, sizeof(r.askpass), "%s/lib/cryptsetup/askpass", r.root);
	snprintf(r.cryptsetup, sizeof(r.cryptsetup), "%s/sbin/cryptsetup", r.root);
	make = xasprintf("mkdir -p %s/lib/cryptsetup %s/sbin && cp /bin/true %s && cp /bin/true %s",
			 r.root, r.root, r.askpass, r.cryptsetup);
	CHECK(system(make) == 0);
	CHECK(passfifo_prompter(r.root, &p) == 0);
	prompt_add(r.set, p, false);
	return r;
}

static void remote_free(struct remote *r)
{
	cleanup_free char *clear = xasprintf("rm -r %s", r->root);

	prompt_free(r->set);
	secret_free(r->secret);
	CHECK(access(r->fifo, F_OK) < 0);
	CHECK(system(clear) == 0);
}

/* The child of ours that is this program, found as the scripts find it; 0: none. */
static int remote_finds(const char *program)
{
	DIR *dir = opendir("/proc");
	int found = 0;

	for (const struct dirent *entry; dir && (entry = readdir(dir));) {
		char path[300], exe[256];
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/%s/exe", entry->d_name);
		n = readlink(path, exe, sizeof(exe) - 1);
		if (n < 0)
			continue;
		exe[n] = '\0';
		if (str_eq(exe, program))
			found = atoi(entry->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}

static bool remote_environment_has(int pid, const char *line)
{
	cleanup_free char *path = xasprintf("/proc/%d/environ", pid), *text = NULL;
	size_t len = 0;

	if (read_file(path, 65536, &text, &len) < 0)
		return false;
	for (const char *p = text; p < text + len; p += strlen(p) + 1)
		if (str_eq(p, line))
			return true;
	return false;
}

static bool remote_has_open(int pid, const char *file)
{
	cleanup_free char *command = xasprintf("ls -l /proc/%d/fd | grep -q ' %s$'", pid, file);

	return system(command) == 0;
}

static void remote_writes(const struct remote *r, const void *data, size_t len)
{
	cleanup_close int fd = open(r->fifo, O_WRONLY | O_CLOEXEC | O_NONBLOCK);

	CHECK(fd >= 0 && write(fd, data, len) == (ssize_t)len);
}

TEST(remote_is_found)
{
	struct remote r = remote_new();
	struct prompt_request request = request_for(r.secret);
	struct stat st;
	enum prompt_end end;
	int asking, trying;

	request.tried = 1;
	CHECK(prompt_open(r.set, &request) == 0);
	CHECK(lstat(r.fifo, &st) == 0 && S_ISFIFO(st.st_mode));
	CHECK_INT(st.st_mode & 07777, 0600);
	asking = remote_finds(r.askpass);
	trying = remote_finds(r.cryptsetup);
	CHECK(asking > 0 && trying > 0);
	CHECK(remote_has_open(asking, r.fifo));
	CHECK(remote_environment_has(asking, "CRYPTTAB_NAME=root"));
	CHECK(remote_environment_has(asking, "CRYPTTAB_SOURCE=/dev/vda2"));
	CHECK(remote_environment_has(asking, "CRYPTTAB_TRIED=1"));
	CHECK(remote_environment_has(trying, "CRYPTTAB_NAME=root"));

	/* An answer: nobody asks any more, but it is being tried. */
	remote_writes(&r, "secret", 6);
	CHECK(ends(r.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	CHECK(holds(r.secret, "secret"));
	CHECK_INT(remote_finds(r.askpass), 0);
	CHECK_INT(remote_finds(r.cryptsetup), trying);
	/* It was wrong: that try is over, the next one waits. */
	CHECK(prompt_open(r.set, &request) == 0);
	CHECK(remote_finds(r.askpass) > 0);
	CHECK(remote_finds(r.cryptsetup) > 0 && remote_finds(r.cryptsetup) != trying);
	prompt_withdraw(r.set);
	CHECK_INT(remote_finds(r.askpass), 0);
	prompt_settled(r.set, "other");
	CHECK(remote_finds(r.cryptsetup) > 0);
	prompt_settled(r.set, root_name);
	CHECK_INT(remote_finds(r.cryptsetup), 0);
	/* With neither program the fifo still works. */
	CHECK(unlink(r.askpass) == 0 && unlink(r.cryptsetup) == 0);
	CHECK(prompt_open(r.set, &request) == 0);
	remote_writes(&r, "again", 5);
	CHECK(ends(r.set, PATIENCE_MS, &end) && holds(r.secret, "again"));
	remote_free(&r);
}

TEST(remote_figures_die_with_us)
{
	struct remote r = remote_new();
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct prompt_request request = request_for(r.secret);

		_exit(prompt_open(r.set, &request) < 0 || raise(SIGKILL));
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	for (int i = 0; i < 100 && (remote_finds(r.askpass) || remote_finds(r.cryptsetup)); i++)
		poll(NULL, 0, 20);
	CHECK_INT(remote_finds(r.askpass), 0);
	CHECK_INT(remote_finds(r.cryptsetup), 0);
	CHECK(unlink(r.fifo) == 0);
	remote_free(&r);
}

TEST(remote_answers)
{
	struct remote r = remote_new();
	struct prompt_request request = request_for(r.secret);
	char data[SECRET_MAX + 1];
	enum prompt_end end;
	int fd;

	/* In two pieces, the newline a part of it. */
	CHECK(prompt_open(r.set, &request) == 0);
	fd = open(r.fifo, O_WRONLY | O_CLOEXEC);
	CHECK(write(fd, "half", 4) == 4);
	CHECK(!ends(r.set, 50, &end));
	CHECK(is_wiped(r.secret));
	CHECK(write(fd, "whole\n", 6) == 6);
	close(fd);
	CHECK(ends(r.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	CHECK(holds(r.secret, "halfwhole\n"));
	/* What was begun before a withdrawal is no part of the next answer. */
	CHECK(prompt_open(r.set, &request) == 0);
	fd = open(r.fifo, O_WRONLY | O_CLOEXEC);
	CHECK(write(fd, "old", 3) == 3);
	CHECK(!ends(r.set, 50, &end));
	prompt_withdraw(r.set);
	close(fd);
	CHECK(prompt_open(r.set, &request) == 0);
	remote_writes(&r, "new", 3);
	CHECK(ends(r.set, PATIENCE_MS, &end) && holds(r.secret, "new"));
	/* Empty, as from Enter. */
	CHECK(prompt_open(r.set, &request) == 0);
	remote_writes(&r, "", 0);
	CHECK(ends(r.set, PATIENCE_MS, &end) && end == PROMPT_LINE && is_wiped(r.secret));
	/* Long and too long. */
	memset(data, 'x', sizeof(data));
	CHECK(prompt_open(r.set, &request) == 0);
	remote_writes(&r, data, SECRET_MAX);
	CHECK(ends(r.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	CHECK_INT(r.secret->len, SECRET_MAX);
	CHECK(prompt_open(r.set, &request) == 0);
	remote_writes(&r, data, SECRET_MAX + 1);
	CHECK(ends(r.set, PATIENCE_MS, &end) && end == PROMPT_TOO_LONG);
	CHECK(is_wiped(r.secret));
	remote_free(&r);
}

TEST(remote_only_a_private_fifo)
{
	struct remote r = remote_new();
	struct prompt_request request = request_for(r.secret);
	struct stat st;
	cleanup_close int fd = -1;

	/* A file from a script that wrote too early. */
	fd = open(r.fifo, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK(prompt_open(r.set, &request) == 0);
	CHECK(lstat(r.fifo, &st) == 0 && S_ISFIFO(st.st_mode));
	prompt_withdraw(r.set);
	/* A fifo anyone may read from. */
	CHECK(chmod(r.fifo, 0666) == 0);
	CHECK(prompt_open(r.set, &request) == 0);
	CHECK(lstat(r.fifo, &st) == 0 && (st.st_mode & 07777) == 0600);
	prompt_withdraw(r.set);
	/* A link to somewhere else. */
	CHECK(unlink(r.fifo) == 0 && symlink("/dev/zero", r.fifo) == 0);
	CHECK(prompt_open(r.set, &request) == 0);
	CHECK(lstat(r.fifo, &st) == 0 && S_ISFIFO(st.st_mode));
	remote_free(&r);
}

TEST(remote_only_in_such_an_image)
{
	struct prompt_request request = request_for(NULL);
	struct prompt *set = prompt_new();
	struct prompter *p = NULL;

	CHECK(passfifo_prompter("/nonexistent", &p) == 0);
	prompt_add(set, p, false);
	CHECK_INT(prompt_open(set, &request), -ENOENT);
	prompt_free(set);
}

TEST_MAIN(places, list_of_places, first_answer_wins, cancel_anywhere_cancels,
	  end_of_one_place_is_not_the_end, console_stands_in_for_the_splash, nobody_to_ask,
	  messages, terminal_answer, terminal_keys, terminal_length, terminal_withdrawn,
	  terminal_message_repeats_the_prompt, terminal_signals, terminal_hangs_up,
	  no_such_terminal, agent_request, agent_hears_once, agent_that_asks_through_plymouth,
	  agent_answers, agent_length, agent_noise_is_ignored, agent_of_another_user_is_ignored,
	  agent_folder_cannot_be_made, agent_and_terminal, plymouth_answers, plymouth_length,
	  plymouth_leaves, plymouth_withdrawn, plymouth_messages, remote_is_found,
	  remote_figures_die_with_us, remote_answers, remote_only_a_private_fifo,
	  remote_only_in_such_an_image)
