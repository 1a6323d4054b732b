/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test: TAP for unit tests.  TEST(name) { … } defines one, TEST_MAIN(name, …) runs them; a CHECK
 * that fails prints
 * "# file:line: …", the test goes on and is "not ok".
 */
#ifndef INTACT_TEST_H
#define INTACT_TEST_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned test_failures; /* of the test that is running */

#define TEST(name) static void name(void)

#define CHECK(condition)   \
	((condition) ?     \
		 (void)0 : \
		 (void)(test_failures++, printf("# %s:%d: %s\n", __FILE__, __LINE__, #condition)))

/* For tables: what is the row that is looked at? */
#define CHECK_ROW(condition, row)              \
	((condition) ? (void)0 :               \
		       (void)(test_failures++, \
			      printf("# %s:%d: [%s] %s\n", __FILE__, __LINE__, row, #condition)))

#define CHECK_INT(got, expected) \
	test_int(__FILE__, __LINE__, #got, (long long)(got), (long long)(expected))
#define CHECK_STR(got, expected) test_str(__FILE__, __LINE__, #got, got, expected)
/* Is the text found in the longer one? */
#define CHECK_HAS(got, part) test_has(__FILE__, __LINE__, #got, got, part)

static inline bool test_int(const char *file, int line, const char *what, long long got,
			    long long expected)
{
	if (got == expected)
		return true;
	test_failures++;
	printf("# %s:%d: %s\n#   got      %lld\n#   expected %lld\n", file, line, what, got,
	       expected);
	return false;
}

static inline bool test_str(const char *file, int line, const char *what, const char *got,
			    const char *expected)
{
	if (got && expected ? strcmp(got, expected) == 0 : got == expected)
		return true;
	test_failures++;
	printf("# %s:%d: %s\n#   got      %s\n#   expected %s\n", file, line, what,
	       got ? got : "(NULL)", expected ? expected : "(NULL)");
	return false;
}

static inline bool test_has(const char *file, int line, const char *what, const char *got,
			    const char *part)
{
	if (got && strstr(got, part))
		return true;
	test_failures++;
	printf("# %s:%d: %s\n#   got      %s\n#   lacks    %s\n", file, line, what,
	       got ? got : "(NULL)", part);
	return false;
}

/* names: "first, second, …", as TEST_MAIN was given them */
static inline int test_run(void (*const tests[])(void), size_t n, const char *names)
{
	unsigned bad = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < n; i++) {
		size_t len;

		names += strspn(names, ", \t\n");
		len = strcspn(names, ", \t\n");
		test_failures = 0;
		tests[i]();
		bad += test_failures > 0;
		printf("%sok %zu - %.*s\n", test_failures ? "not " : "", i + 1, (int)len, names);
		names += len;
	}
	printf("1..%zu\n", n);
	return bad > 0;
}

#define TEST_MAIN(...)                                                                  \
	int main(void)                                                                  \
	{                                                                               \
		static void (*const tests[])(void) = { __VA_ARGS__ };                   \
		return test_run(tests, sizeof(tests) / sizeof(tests[0]), #__VA_ARGS__); \
	}

#endif
