/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/terminal.h"

#include "base/util.h"
#include "test.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>

static char screen[256];

static bool echoes(int fd)
{
	struct termios t;

	return tcgetattr(fd, &t) == 0 &&
	       (t.c_lflag & (ECHO | ICANON | ISIG)) == (ECHO | ICANON | ISIG);
}

static void look(int master)
{
	struct pollfd fd = { .fd = master, .events = POLLIN };
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(screen) - 1 && poll(&fd, 1, 50) > 0 &&
	       (n = read(master, screen + len, sizeof(screen) - 1 - len)) > 0)
		len += (size_t)n;
	screen[len] = '\0';
}

/* A child asks, keys are typed (or a signal is sent); returns how the child ended: with 0, or with
 * the negative errno, or 100 + signal. secret must be what came back. */
static int asked(const char *keys, int signal, const char *secret)
{
	int master, slave, status;
	char name[64];
	pid_t pid;

	CHECK(openpty(&master, &slave, name, NULL, NULL) == 0);
	pid = fork();
	if (pid == 0) {
		struct secret *s = secret_new();
		int r;
		bool same;

		alarm(20);
		/* The tests may have been started with nohup. */
		sigaction(SIGHUP, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
		r = terminal_ask(name, "Passphrase: ", s);
		same = s->len == strlen(secret) && memcmp(s->bytes, secret, s->len) == 0;
		_exit(same ? -r : 99);
	}
	while (echoes(slave))
		usleep(1000);
	if (keys)
		CHECK(write(master, keys, strlen(keys)) == (ssize_t)strlen(keys));
	else
		kill(pid, signal);
	waitpid(pid, &status, 0);
	look(master);
	CHECK(echoes(slave));
	close(master);
	close(slave);
	return WIFSIGNALED(status) ? 100 + WTERMSIG(status) : -WEXITSTATUS(status);
}

TEST(a_line_without_echo)
{
	CHECK_INT(asked("secret\r", 0, "secret"), 0);
	CHECK_STR(screen, "Passphrase: \r\n");
	CHECK_INT(asked("abX\177c\n", 0, "abc"), 0);
	CHECK_INT(asked("wrong\025right\n", 0, "right"), 0);
	CHECK_INT(asked("\n", 0, ""), 0);
}

TEST(given_up)
{
	char keys[SECRET_MAX + 3];

	CHECK_INT(asked("half\003", 0, ""), -ECANCELED);
	CHECK_INT(asked("half\004", 0, ""), -ECANCELED);
	memset(keys, 'x', sizeof(keys));
	str_copy(keys + SECRET_MAX + 1, 2, "\n");
	CHECK_INT(asked(keys, 0, ""), -E2BIG);
}

/* The echo is on again before the signal takes effect. */
TEST(ended_by_a_signal)
{
	CHECK_INT(asked(NULL, SIGTERM, ""), 100 + SIGTERM);
	CHECK_INT(asked(NULL, SIGHUP, ""), 100 + SIGHUP);
}

TEST(no_terminal)
{
	struct secret *s = secret_new();

	CHECK_INT(terminal_ask("/dev/null", "?", s), -ENOTTY);
	CHECK_INT(terminal_ask("/nowhere", "?", s), -ENOTTY);
	secret_free(s);
}

TEST_MAIN(a_line_without_echo, given_up, ended_by_a_signal, no_terminal)
