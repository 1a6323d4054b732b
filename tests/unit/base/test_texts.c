/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/texts.h"
#include "base/util.h"
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>

TEST(grows_and_owns)
{
	char text[] = "one", **texts = NULL;
	size_t n = 0;

	for (unsigned i = 0; i < 100; i++)
		texts_add(&texts, &n, text);
	text[0] = 'x';
	CHECK_INT(n, 100);
	CHECK_STR(texts[0], "one");
	CHECK_STR(texts[99], "one");
	texts_free(texts, n);
	texts_free(NULL, 0);
}

TEST(names_in_a_folder)
{
	static const char *const names[] = { "b", "a", ".hidden", "B", "10", "9" };
	static const char *const sorted[] = { "10", "9", "B", "a", "b" };
	char root[] = "/tmp/test_texts.XXXXXX", **texts = NULL;
	size_t n = 0;

	CHECK(mkdtemp(root) != NULL);
	texts_folder(root, &texts, &n);
	CHECK(n == 0 && !texts);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_free char *path = xasprintf("%s/%s", root, names[i]);

		close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	}
	texts_folder(root, &texts, &n);
	CHECK_INT(n, ARRAY_SIZE(sorted));
	for (size_t i = 0; i < n && i < ARRAY_SIZE(sorted); i++)
		CHECK_STR(texts[i], sorted[i]);
	texts_free(texts, n);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_free char *path = xasprintf("%s/%s", root, names[i]);

		unlink(path);
	}
	rmdir(root);
	texts_folder(root, &texts, &n); /* gone */
	CHECK(n == 0 && !texts);
}

TEST_MAIN(grows_and_owns, names_in_a_folder)
