/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/secret.h"

#include <string.h>
#include <sys/mman.h>

struct secret *secret_new(void)
{
	struct secret *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (s == MAP_FAILED)
		return NULL;
	(void)mlock(s, sizeof(*s));
	(void)madvise(s, sizeof(*s), MADV_DONTDUMP);
	return s;
}

void secret_wipe(struct secret *s)
{
	explicit_bzero(s, sizeof(*s));
}

struct secret *secret_free(struct secret *s)
{
	if (s) {
		secret_wipe(s);
		munmap(s, sizeof(*s));
	}
	return NULL;
}

bool secret_add(struct secret *s, unsigned char byte)
{
	if (s->len == SECRET_MAX)
		return false;
	s->bytes[s->len++] = byte;
	return true;
}
