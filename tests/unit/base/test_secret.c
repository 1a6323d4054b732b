/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/mman.h>
#include <sys/syscall.h>
/* The sanitizer's own mlock() never refuses. */
#define mlock(address, size) ((int)syscall(SYS_mlock, address, size))
#include "base/secret.c"
#include "test.h"

#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* Runs a test's second half in a child, whose checks count here. */
static bool in_child(bool (*half)(const void *arg), const void *arg)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(half(arg) ? 0 : 1);
	return waitpid(pid, &status, 0) == pid && status == 0;
}

static void fill(struct secret *s, const char *text)
{
	secret_wipe(s);
	for (; *text; text++)
		secret_add(s, (unsigned char)*text);
}

static bool holds(const struct secret *s, const char *text)
{
	return s->len == strlen(text) && memcmp(s->bytes, text, s->len) == 0;
}

TEST(length)
{
	struct secret *s = secret_new();

	CHECK(s->len == 0);
	for (int i = 0; i < SECRET_MAX; i++)
		CHECK(secret_add(s, 'x'));
	CHECK(!secret_add(s, 'x'));
	CHECK_INT(s->len, SECRET_MAX);
	secret_free(s);
	CHECK(s->len == 0 && s->bytes[0] == 0); /* wiped; the pool stays mapped */
	CHECK(secret_free(NULL) == NULL);
}

TEST(handed_over)
{
	struct secret *a = secret_new(), *b = secret_new();

	fill(a, "new");
	fill(b, "old and longer");
	secret_move(a, b);
	CHECK(holds(b, "new"));
	CHECK(b->bytes[4] == 0);
	CHECK(a->len == 0 && a->bytes[0] == 0);
	secret_free(a);
	secret_free(b);
}

TEST(pool_is_bounded)
{
	struct secret *all[SECRETS_MAX];

	for (int i = 0; i < SECRETS_MAX; i++)
		CHECK((all[i] = secret_new()) != NULL);
	CHECK(secret_new() == NULL);
	secret_free(all[7]);
	CHECK(secret_new() == all[7]);
	for (int i = 0; i < SECRETS_MAX; i++)
		secret_free(all[i]);
}

static bool finds_nothing(const void *handle)
{
	return secret_find(*(const struct secret_handle *)handle) == NULL;
}

static bool answers(const void *handle)
{
	struct secret *s = secret_find(*(const struct secret_handle *)handle);

	if (!s || !holds(s, "question"))
		return false;
	fill(s, "answer");
	secret_free(s); /* has no effect: it is the parent's */
	return true;
}

TEST(shared_with_a_child)
{
	struct secret *s = secret_new();
	struct secret_handle handle = secret_handle(s);

	fill(s, "question");
	CHECK(secret_find(handle) == s);
	CHECK(in_child(answers, &handle));
	CHECK(holds(s, "answer"));
	secret_free(s);
	CHECK(secret_find(handle) == NULL);
}

TEST(wrong_handles)
{
	struct secret *s = secret_new();
	struct secret not_from_the_pool = { 0 };
	struct secret_handle none = secret_handle(NULL), handle = secret_handle(s);

	CHECK(none.owner == 0 && secret_find(none) == NULL);
	CHECK(secret_handle(&not_from_the_pool).owner == 0);
	CHECK(!secret_is_locked(&not_from_the_pool));
	handle.index = SECRETS_MAX;
	CHECK(secret_find(handle) == NULL);
	handle.index = SECRETS_MAX - 1; /* not given out */
	CHECK(secret_find(handle) == NULL);
	handle.owner++;
	CHECK(secret_find(handle) == NULL);
	secret_free(s);
}

/* In the child: makes secrets for a child of its own, which also finds those of the grandparent. */
static bool two_pools(const void *handle)
{
	struct secret *own = secret_new();
	struct secret_handle own_handle = secret_handle(own);

	fill(own, "question");
	return own && own_handle.owner == getpid() && in_child(answers, &own_handle) &&
	       in_child(answers, handle) && holds(own, "answer");
}

TEST(a_child_has_its_own_pool)
{
	struct secret *s = secret_new();
	struct secret_handle handle = secret_handle(s);

	fill(s, "question");
	CHECK(in_child(two_pools, &handle));
	CHECK(holds(s, "answer"));
	/* A pool that was mapped after the fork is not shared. */
	handle.owner++;
	CHECK(in_child(finds_nothing, &handle));
	secret_free(s);
}

/* RLIMIT_MEMLOCK is 0, and there is no capability to ignore it. */
static bool works_unlocked(const void *arg)
{
	struct __user_cap_header_struct cap = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { .effective = 0 } };
	struct rlimit limit = { 0, 0 };
	struct secret *s;

	(void)arg;
	syscall(SYS_capset, &cap, none);
	setrlimit(RLIMIT_MEMLOCK, &limit);
	s = secret_new();
	return s && !secret_is_locked(s) && !secrets_are_locked() && secret_add(s, 'x');
}

static bool forgets(const void *handle)
{
	secret_forget();
	return finds_nothing(handle) && secret_new() != NULL;
}

TEST(forgotten_by_a_child)
{
	struct secret *s = secret_new();
	struct secret_handle handle = secret_handle(s);

	fill(s, "question");
	CHECK(in_child(forgets, &handle));
	CHECK(holds(s, "question"));
	secret_free(s);
}

TEST(mlock_refused)
{
	/* Root may lock memory whatever the limit is. */
	secret_free(secret_new());
	CHECK(geteuid() != 0 || secrets_are_locked());
	CHECK(in_child(works_unlocked, NULL));
}

TEST_MAIN(length, handed_over, pool_is_bounded, shared_with_a_child, wrong_handles,
	  a_child_has_its_own_pool, forgotten_by_a_child, mlock_refused)
