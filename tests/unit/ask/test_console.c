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
	CHECK(pty_shows(pty, "Please unlock disk root: "));
	CHECK(!echoes(pty));
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
	CHECK(pty_shows(&pty, "\r\n")); /* nothing typed was shown */
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
	prompt_withdraw(pty.set); /* harmless */
	CHECK(pty_shows(&pty, "\r\n"));
	CHECK(pty_echo(&pty, true));
	pty_free(&pty);
}

TEST(terminal_message_repeats_the_prompt)
{
	char long_line[3000], wanted[3100];
	struct pty pty = pty_new();

	prompt_message(pty.set, "intact: before\n", "before");
	CHECK(pty_shows(&pty, "intact: before\r\n"));
	pty_ask(&pty);
	prompt_message(pty.set, "intact: while\n        it stands\n", "while");
	CHECK(pty_shows(&pty,
			"\r\nintact: while\r\n        it stands\r\nPlease unlock disk root: "));
	prompt_again(pty.set);
	CHECK(pty_shows(&pty, "\r\nPlease unlock disk root: "));
	memset(long_line, 'x', sizeof(long_line));
	str_copy(long_line + sizeof(long_line) - 2, 2, "\n");
	prompt_message(pty.set, long_line, "");
	long_line[sizeof(long_line) - 2] = '\0';
	snprintf(wanted, sizeof(wanted), "\r\n%s\r\nPlease unlock disk root: ", long_line);
	CHECK(pty_shows(&pty, wanted));
	pty_free(&pty);
}

/* The echo comes back whatever ends the program, SIGKILL too; a crash of another process that
 * inherited the prompt leaves it off. */
TEST(terminal_signals)
{
	static const int signals[] = {
		SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGABRT, SIGKILL, SIGSEGV
	};

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		struct pty pty = pty_new();
		int status = 0;
		pid_t pid = fork();

		if (pid == 0) {
			struct pty own = pty;
			struct prompt_request request = request_for(pty.secret);
			struct prompter *p = NULL;

			own.set = prompt_new();
			signal(signals[i], SIG_DFL);
			if (console_prompter(&(struct console_spec){ pty.name, "pty", false }, &p) <
			    0)
				_exit(1);
			prompt_add(own.set, p, false);
			_exit(prompt_open(own.set, &request) < 0 || !pty_echo(&own, false) ||
			      raise(signals[i]));
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == signals[i]);
		CHECK(pty_echo(&pty, true));
		CHECK(pty_shows(&pty, "Please unlock disk root: \r\n"));

		pty_ask(&pty);
		pid = fork();
		if (pid == 0) {
			signal(signals[i], SIG_DFL);
			raise(signals[i]);
			_exit(0);
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(WIFSIGNALED(status));
		CHECK(!echoes(&pty));
		pty_free(&pty);
		close(pty.master);
	}
}

/* Two consoles: the first answer counts, and the other console is told where it was given. */
TEST(terminals)
{
	struct pty a = pty_new(), b = pty_new();
	struct prompter *p = NULL;
	enum prompt_end end;

	CHECK(console_prompter(&(struct console_spec){ b.name, "ttyB", false }, &p) == 0);
	prompt_add(a.set, p, false);
	pty_ask(&a);
	CHECK(pty_shows(&b, "Please unlock disk root: "));
	pty_type(&a, "never ended");
	pty_type(&b, "second\r");
	CHECK(ends(a.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	CHECK(holds(a.secret, "second"));
	CHECK(pty_shows(&a, "\r\nintact: the passphrase was entered on ttyB\r\n"));
	CHECK(pty_shows(&b, "\r\n"));
	CHECK(pty_echo(&a, true) && pty_echo(&b, true));
	/* Both get the message, and the next question. What was typed before is no part of it. */
	prompt_message(a.set, "intact: root: wrong passphrase\n", "wrong");
	CHECK(pty_shows(&a, "intact: root: wrong passphrase\r\n"));
	CHECK(pty_shows(&b, "intact: root: wrong passphrase\r\n"));
	pty_ask(&a);
	CHECK(pty_shows(&b, "Please unlock disk root: "));
	/* Ctrl-D ends one console only. */
	pty_type(&b, "\004");
	CHECK(!ends(a.set, 100, &end));
	pty_type(&a, "first\r");
	CHECK(ends(a.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	CHECK(holds(a.secret, "first"));
	pty_free(&a);
	pty_free(&b);
}

/* The latest child of this process: others may be left of earlier terminals, at their end. */
static pid_t pty_process(void)
{
	cleanup_free char *path = xasprintf("/proc/self/task/%d/children", (int)getpid());
	char line[256];
	const char *last;

	CHECK(read_line(path, line, sizeof(line)) == 0);
	while (*line && line[strlen(line) - 1] == ' ')
		line[strlen(line) - 1] = '\0';
	last = strrchr(line, ' ');
	return atoi(last ? last + 1 : line);
}

/* A console that does not react, be it in open(), in write() or in an ioctl(), delays nothing. */
TEST(terminal_that_hangs)
{
	struct pty sick = pty_new(), well = { 0 };
	struct prompter *p = NULL;
	pid_t process = pty_process();
	uint64_t start = now_ms();
	enum prompt_end end;

	CHECK(process > 0 && kill(process, SIGSTOP) == 0);
	well = pty_new();
	CHECK(console_prompter(&(struct console_spec){ well.name, "well", false }, &p) == 0);
	prompt_add(sick.set, p, false);
	for (int i = 0; i < 3; i++) {
		struct prompt_request request = request_for(sick.secret);

		CHECK(prompt_open(sick.set, &request) == 0);
		CHECK(pty_shows(&well, "Please unlock disk root: "));
		pty_type(&well, "x\r");
		CHECK(ends(sick.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
		CHECK(holds(sick.secret, "x"));
		secret_wipe(sick.secret);
		CHECK(pty_shows(&well, "\r\n"));
	}
	/* More messages than the kernel keeps for its process. */
	for (int i = 0; i < 1000; i++) {
		prompt_message(sick.set, "x\n", "x");
		CHECK(pty_shows(&well, "x\r\n"));
	}
	CHECK(now_ms() - start < 5 * PATIENCE_MS);
	/* An order has not been carried out for so long that its process is not waited for. */
	poll(NULL, 0, 3100);
	start = now_ms();
	pty_free(&sick);
	CHECK(now_ms() - start < 1500);
	pty_free(&well);
	/* It was killed; the kernel takes a moment for its end. */
	start = now_ms();
	while (kill(process, 0) == 0 && waitpid(process, NULL, WNOHANG) != process &&
	       now_ms() - start < PATIENCE_MS)
		poll(NULL, 0, 10);
	CHECK(kill(process, 0) < 0);
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
	struct pty pty = pty_new();
	struct prompt_request request = request_for(pty.secret);
	struct prompter *p = NULL;
	enum prompt_end end;

	CHECK(console_prompter(&(struct console_spec){ "/nonexistent/tty", "tty", false }, &p) ==
	      0);
	prompt_add(pty.set, p, false);
	/* It is no reason not to ask on the other one. */
	pty_ask(&pty);
	pty_type(&pty, "x\r");
	CHECK(ends(pty.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	pty_free(&pty);

	/* Alone. */
	pty = pty_new();
	prompt_free(pty.set);
	pty.set = prompt_new();
	CHECK(console_prompter(&(struct console_spec){ "/dev/null", "tty", false }, &p) == 0);
	prompt_add(pty.set, p, false);
	CHECK(prompt_open(pty.set, &request) < 0 ||
	      (ends(pty.set, PATIENCE_MS, &end) && end == PROMPT_EOF));
	pty_free(&pty);
}

/* What password-echo= shows of the keys. */
TEST(terminal_shows)
{
	static const struct {
		enum typed typed;
		const char *keys, *screen, *answer;
	} rows[] = {
		{ TYPED_DEFAULT, "ab\r", "\r\n", "ab" },
		{ TYPED_HIDDEN, "ab\r", "\r\n", "ab" },
		{ TYPED_MASKED, "ab\303\244\r", "***\r\n", "ab\303\244" },
		{ TYPED_MASKED, "ab\303\244\177c\r", "***\b \b*\r\n", "abc" },
		{ TYPED_MASKED, "ab\025c\r", "**\b \b\b \b*\r\n", "c" },
		{ TYPED_SHOWN, "a\026\033\303\244\r", "a?\303\244\r\n", "a\033\303\244" },
		{ TYPED_SHOWN, "ab\177c\r", "ab\b \bc\r\n", "ac" },
		/* The wish to see nothing. */
		{ TYPED_MASKED, "a\tb\r", "*\b \b(no echo) \r\n", "ab" },
		{ TYPED_SHOWN, "\177b\r", "(no echo) \r\n", "b" },
		{ TYPED_MASKED, "a\026\tb\r", "***\r\n", "a\tb" },
		{ TYPED_DEFAULT, "a\tb\r", "\r\n", "a\tb" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pty pty = pty_new();
		struct prompt_request request = request_for(pty.secret);
		enum prompt_end end;

		request.typed = rows[i].typed;
		CHECK(prompt_open(pty.set, &request) == 0);
		CHECK(pty_shows(&pty, "Please unlock disk root: "));
		pty_type(&pty, rows[i].keys);
		CHECK(ends(pty.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
		CHECK_ROW(pty_shows(&pty, rows[i].screen), rows[i].answer);
		CHECK_ROW(holds(pty.secret, rows[i].answer), rows[i].answer);
		pty_free(&pty);
	}
}

TEST(terminal_message_repeats_what_is_shown)
{
	static const struct {
		enum typed typed;
		const char *screen;
	} rows[] = { { TYPED_DEFAULT, "" }, { TYPED_MASKED, "**" }, { TYPED_SHOWN, "ab" } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pty pty = pty_new();
		struct prompt_request request = request_for(pty.secret);
		char expected[64];
		enum prompt_end end;

		request.typed = rows[i].typed;
		CHECK(prompt_open(pty.set, &request) == 0);
		CHECK(pty_shows(&pty, "Please unlock disk root: "));
		pty_type(&pty, "ab");
		CHECK(!ends(pty.set, 50, &end));
		CHECK(!*rows[i].screen || pty_shows(&pty, rows[i].screen));
		prompt_again(pty.set);
		snprintf(expected, sizeof(expected), "\r\nPlease unlock disk root: %s",
			 rows[i].screen);
		CHECK_ROW(pty_shows(&pty, expected), expected);
		pty_free(&pty);
	}
}

/* Ctrl-D ends only an empty line, and the terminal driver has a rule of its own for it. */
TEST(terminal_ctrl_d_within_a_line)
{
	struct pty pty = pty_new();
	enum prompt_end end;

	pty_ask(&pty);
	pty_type(&pty, "a");
	CHECK(!ends(pty.set, 50, &end));
	pty_type(&pty, "\004");
	CHECK(!ends(pty.set, 50, &end));
	pty_type(&pty, "b\004c\r");
	CHECK(ends(pty.set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	CHECK(holds(pty.secret, "a\004b\004c"));
	pty_free(&pty);
}

/* The terminal driver wipes behind a reader only then. */
TEST(terminal_driver_wipes)
{
	struct pty pty = pty_new();
	struct termios t;

	pty_ask(&pty);
	CHECK(tcgetattr(pty.slave, &t) == 0);
	CHECK((t.c_lflag & (ICANON | EXTPROC | ECHO)) == (ICANON | EXTPROC));
	pty_free(&pty);
}

TEST_MAIN(terminal_shows, terminal_message_repeats_what_is_shown, terminal_ctrl_d_within_a_line,
	  terminal_driver_wipes, terminal_answer, terminal_keys, terminal_length,
	  terminal_withdrawn, terminal_message_repeats_the_prompt, terminal_signals, terminals,
	  terminal_that_hangs, terminal_hangs_up, no_such_terminal)
