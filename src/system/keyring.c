/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/keyring.h"

#include "base/util.h"

#include <linux/keyctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define KEY_TYPE "user"

/* C libraries have no functions for these calls. */
static long keyctl(int operation, long a, long b, long c)
{
	return syscall(SYS_keyctl, operation, a, b, c, 0L);
}

/* Linking it again does no harm. Without CONFIG_KEYS all calls fail with ENOSYS. */
static void join_user(void)
{
	(void)keyctl(KEYCTL_LINK, KEY_SPEC_USER_KEYRING, KEY_SPEC_PROCESS_KEYRING, 0);
}

int keyring_find(const char *name)
{
	long key;

	join_user();
	/* Without a text for /sbin/request-key the kernel only searches. */
	key = syscall(SYS_request_key, KEY_TYPE, name, NULL, 0L);
	return key < 0 ? neg_errno() : (int)key;
}

int key_content_new(struct key_content *ret)
{
	void *bytes = mmap(NULL, KEY_CONTENT_MAX, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*ret = (struct key_content){ 0 };
	if (bytes == MAP_FAILED)
		return neg_errno();
	(void)mlock(bytes, KEY_CONTENT_MAX);
	(void)madvise(bytes, KEY_CONTENT_MAX, MADV_DONTDUMP);
	ret->bytes = bytes;
	return 0;
}

void key_content_free(struct key_content *content)
{
	if (content->bytes) {
		explicit_bzero(content->bytes, KEY_CONTENT_MAX);
		(void)munmap(content->bytes, KEY_CONTENT_MAX);
	}
	*content = (struct key_content){ 0 };
}

int keyring_read(int key, struct key_content *ret)
{
	int r = key_content_new(ret);
	long n;

	if (r < 0)
		return r;
	join_user();
	n = keyctl(KEYCTL_READ, key, (long)ret->bytes, KEY_CONTENT_MAX);
	if (n < 0)
		return neg_errno();
	/* What does not fit is not read at all. */
	if (n > KEY_CONTENT_MAX)
		return -EFBIG;
	ret->len = (size_t)n;
	return 0;
}

int keyring_write(const char *name, const struct key_content *content, unsigned seconds)
{
	long key = syscall(SYS_add_key, KEY_TYPE, name, content->bytes, content->len,
			   KEY_SPEC_USER_KEYRING);
	int r;

	if (key < 0)
		return neg_errno();
	if (keyctl(KEYCTL_SET_TIMEOUT, key, (long)seconds, 0) == 0)
		return 0;
	/* Better none than one that stays. */
	r = neg_errno();
	(void)keyctl(KEYCTL_REVOKE, key, 0, 0);
	return r;
}
