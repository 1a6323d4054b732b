/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The prompt as a whole, with places that follow a script.
 */
#include "ask/asking.h"
#include "base/util.h"

#include <fcntl.h>

struct fake {
	struct prompter prompter;
	int refuse; /* what ask() returns */
	int pipe[2];
	enum prompt_end end;
	int asked, withdrawn, messages, lines, again, expected, settled;
	bool hangs;
	const char *told;
	const char *text;
	char shown[512]; /* all texts that it was given */
};

static struct fake *fake_of(struct prompter *p)
{
	return (struct fake *)p;
}

static int fake_ask(struct prompter *p, const struct prompt_request *request)
{
	str_append(fake_of(p)->shown, sizeof(fake_of(p)->shown), "%s|%s|", request->again,
		   request->text);
	fake_of(p)->asked++;
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
	for (const char *c = f->text; c && *c; c++)
		secret_add(p->answer, (unsigned char)*c);
	*ret_end = f->end;
	return true;
}

static void fake_message(struct prompter *p, const char *text)
{
	str_append(fake_of(p)->shown, sizeof(fake_of(p)->shown), "%s|", text);
	fake_of(p)->messages++;
}

static void fake_line(struct prompter *p, const char *line)
{
	CHECK_STR(line, "intact: hello\n");
	fake_of(p)->lines++;
}

static void fake_again(struct prompter *p)
{
	fake_of(p)->again++;
}

static void fake_answered(struct prompter *p, const char *where)
{
	fake_of(p)->told = where;
}

static bool fake_shows_stderr(const struct prompter *p)
{
	(void)p;
	return true;
}

static bool fake_hangs(const struct prompter *p)
{
	return ((const struct fake *)p)->hangs;
}

static void fake_expects(struct prompter *p, const char *name)
{
	CHECK_STR(name, root_name);
	fake_of(p)->expected++;
}

static void fake_settled(struct prompter *p, const char *name)
{
	CHECK_STR(name, root_name);
	fake_of(p)->settled++;
}

static void fake_free(struct prompter *p)
{
	CHECK(is_wiped(p->answer)); /* what it had was handed over */
	secret_free(p->answer);
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
	.line = fake_line,
	.again = fake_again,
	.answered = fake_answered,
	.shows_stderr = fake_shows_stderr,
	.hangs = fake_hangs,
	.expects = fake_expects,
	.settled = fake_settled,
};

static struct fake fake_new(const struct prompter_ops *fake_ops)
{
	struct fake f = { .prompter = { fake_ops, secret_new(), "elsewhere" } };

	CHECK(pipe2(f.pipe, O_CLOEXEC) == 0);
	return f;
}

static void acts(struct fake *f, enum prompt_end end, const char *text)
{
	f->end = end;
	f->text = text;
	CHECK(write(f->pipe[1], "x", 1) == 1);
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
	/* The console ends, and there is no stand-in for it. */
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
	CHECK(!prompt_shows_stderr(set));
	prompt_add(set, &console.prompter, false);
	CHECK(prompt_shows_stderr(set));
	prompt_message(set, "intact: hello\n", "hello");
	CHECK(splash.messages == 1 && console.lines == 1);
	prompt_message(set, "intact: hello\n", NULL);
	CHECK(splash.messages == 1 && console.lines == 2);
	prompt_again(set);
	CHECK(console.again == 0);
	CHECK(prompt_open(set, &request) == 0);
	prompt_again(set);
	CHECK(console.again == 1);
	prompt_expects(set, root_name);
	CHECK(console.expected == 1);
	prompt_settled(set, root_name);
	CHECK(console.settled == 1);
	prompt_free(set);
}

/* A console is told where the answer came from, instead of being withdrawn; not of a cancel. */
TEST(the_others_are_told)
{
	struct secret *secret = secret_new();
	struct prompt_request request = request_for(secret);
	struct prompt *set = prompt_new();
	struct fake a = fake_new(&plain_ops), b = fake_new(&console_ops);
	enum prompt_end end;

	prompt_add(set, &a.prompter, false);
	prompt_add(set, &b.prompter, false);
	CHECK(prompt_open(set, &request) == 0);
	acts(&a, PROMPT_CANCEL, NULL);
	CHECK(ends(set, PATIENCE_MS, &end) && end == PROMPT_CANCEL);
	CHECK(!b.told && b.withdrawn == 1);
	CHECK(prompt_open(set, &request) == 0);
	acts(&a, PROMPT_LINE, "typed");
	CHECK(ends(set, PATIENCE_MS, &end) && end == PROMPT_LINE);
	CHECK(b.withdrawn == 1);
	CHECK_STR(b.told, "elsewhere");
	prompt_free(set);
	secret_free(secret);
}

/* One that hangs is nobody to wait for. */
TEST(only_a_place_that_hangs_is_left)
{
	struct prompt_request request = request_for(NULL);
	struct prompt *set = prompt_new();
	struct fake a = fake_new(&plain_ops), b = fake_new(&console_ops);
	enum prompt_end end;

	request.secret = secret_new();
	prompt_add(set, &a.prompter, false);
	prompt_add(set, &b.prompter, false);
	CHECK(prompt_open(set, &request) == 0);
	b.hangs = true;
	acts(&a, PROMPT_EOF, NULL);
	CHECK(ends(set, PATIENCE_MS, &end) && end == PROMPT_EOF);
	prompt_free(set);
	secret_free(request.secret);
}

/* No place gets anything that a terminal obeys, whatever a volume is called. */
TEST(hostile_texts)
{
	struct prompt_request request = request_for(NULL);
	struct prompt *set = prompt_new();
	struct fake splash = fake_new(&splash_ops);

	str_copy(request.text, sizeof(request.text), "Unlock \033[2J\xc2\x9b\xc3\xbc\n");
	str_copy(request.again, sizeof(request.again), "wrong\x9b\r");
	prompt_add(set, &splash.prompter, false);
	CHECK(prompt_open(set, &request) == 0);
	prompt_message(set, "", "first\033c\nsecond\xe2\x80\xae");
	CHECK_STR(splash.shown, "wrong??|Unlock ?[2J?\xc3\xbc?|first?c\nsecond?|");
	prompt_free(set);
}

TEST_MAIN(first_answer_wins, cancel_anywhere_cancels, end_of_one_place_is_not_the_end,
	  console_stands_in_for_the_splash, nobody_to_ask, messages, the_others_are_told,
	  only_a_place_that_hangs_is_left, hostile_texts)
