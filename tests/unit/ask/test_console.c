/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks on a real pseudo-terminal.
 */
#include "ask/pty.h"

#include <signal.h>
#include <sys/wait.h>

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

	CHECK(console_prompter("/nonexistent/tty", &p) == -ENOENT);
	CHECK(p == NULL);
}

TEST_MAIN(terminal_answer, terminal_keys, terminal_length, terminal_withdrawn,
	  terminal_message_repeats_the_prompt, terminal_signals, terminal_hangs_up,
	  no_such_terminal)
