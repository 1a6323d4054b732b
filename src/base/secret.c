/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/secret.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

struct pool {
	struct pool *inherited; /* of the process that forked the owner; NULL: none */
	pid_t owner;
	bool locked;
	bool used[SECRETS_MAX];
	struct secret secrets[SECRETS_MAX];
};

/* The newest pool this process shares. */
static struct pool *pools;

static struct pool *pool_map(void)
{
	struct pool *p = mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			      -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	p->locked = mlock(p, sizeof(*p)) == 0;
	(void)madvise(p, sizeof(*p), MADV_DONTDUMP);
	p->owner = getpid();
	p->inherited = pools;
	return p;
}

/* The pool that s belongs to; NULL: it was not made by secret_new(). */
static struct pool *pool_of(const struct secret *s)
{
	uintptr_t at = (uintptr_t)s;
	struct pool *p = pools;

	while (p && (at < (uintptr_t)p->secrets || at >= (uintptr_t)(p->secrets + SECRETS_MAX)))
		p = p->inherited;
	return p;
}

void secret_wipe_all_of(pid_t owner)
{
	for (struct pool *p = pools; p; p = p->inherited)
		if (p->owner == owner)
			explicit_bzero(p->secrets, sizeof(p->secrets));
}

struct secret *secret_new(void)
{
	if (!pools || pools->owner != getpid()) {
		struct pool *p = pool_map();

		if (!p)
			return NULL;
		pools = p;
	}
	for (size_t i = 0; i < SECRETS_MAX; i++)
		if (!pools->used[i]) {
			pools->used[i] = true;
			return &pools->secrets[i];
		}
	return NULL;
}

bool secret_is_locked(const struct secret *s)
{
	const struct pool *p = pool_of(s);

	return p && p->locked;
}

bool secrets_are_locked(void)
{
	return !pools || pools->locked;
}

void secrets_leave_no_core(void)
{
	const struct rlimit none = { 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0);
}

void secret_forget(void)
{
	while (pools) {
		struct pool *p = pools;

		pools = p->inherited;
		(void)munmap(p, sizeof(*p));
	}
}

void secret_wipe(struct secret *s)
{
	explicit_bzero(s, sizeof(*s));
}

struct secret *secret_free(struct secret *s)
{
	struct pool *p = s ? pool_of(s) : NULL;

	/* A child must not take away what its parent still uses. */
	if (p && p->owner == getpid()) {
		secret_wipe(s);
		p->used[s - p->secrets] = false;
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

void secret_move(struct secret *from, struct secret *to)
{
	*to = *from;
	secret_wipe(from);
}

struct secret_handle secret_handle(const struct secret *s)
{
	const struct pool *p = s ? pool_of(s) : NULL;

	if (!p)
		return (struct secret_handle){ 0 };
	return (struct secret_handle){ .owner = p->owner, .index = (unsigned)(s - p->secrets) };
}

struct secret *secret_find(struct secret_handle handle)
{
	/* The newest first: the number of a process that has ended may be in use again. */
	struct pool *p = pools;

	while (p && p->owner != handle.owner)
		p = p->inherited;
	if (!p || handle.index >= SECRETS_MAX || !p->used[handle.index])
		return NULL;
	return &p->secrets[handle.index];
}
