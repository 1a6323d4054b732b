/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/loops.h"

#include "base/util.h"

bool loops_names_mapping(const struct devref *device, const char *name)
{
	static const char *const folders[] = { "/dev/mapper/", "/dev/disk/by-id/dm-name-" };
	const char *rest;

	if (device->kind != DEVREF_PATH)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		rest = str_after(device->value, folders[i]);
		if (rest && str_eq(rest, name))
			return true;
	}
	/* "CRYPT-LUKS2-<UUID without dashes>-NAME" */
	rest = str_after(device->value, "/dev/disk/by-id/dm-uuid-CRYPT-LUKS2-");
	rest = rest ? strchr(rest, '-') : NULL;
	return rest && str_eq(rest + 1, name);
}

struct search {
	size_t n;
	const char *(*name)(void *arg, size_t i);
	loops_needs *needs;
	void (*found)(void *arg, const char *text, const size_t *loop, size_t len);
	void *arg;
	size_t *path, len; /* volumes, each of which needs the next */
	bool *done;	   /* every loop through it has been found */
};

static void report(struct search *s, size_t from)
{
	char text[1024] = "";

	for (size_t i = from; i < s->len; i++) {
		size_t a = s->path[i], b = s->path[i + 1 < s->len ? i + 1 : from];
		const char *what = "";

		(void)s->needs(s->arg, a, b, &what);
		str_append(text, sizeof(text), "%sthe %s of \"%.60s\" is on the volume \"%.60s\"",
			   i == from ? "" : ", and ", what, s->name(s->arg, a), s->name(s->arg, b));
	}
	s->found(s->arg, text, s->path + from, s->len - from);
}

/* Follows all that volume number a needs. */
static void follow(struct search *s, size_t a)
{
	const char *what;

	for (size_t i = 0; i < s->len; i++)
		if (s->path[i] == a) {
			report(s, i);
			return;
		}
	if (s->done[a])
		return;
	s->path[s->len++] = a;
	for (size_t b = 0; b < s->n; b++)
		if (s->needs(s->arg, a, b, &what))
			follow(s, b);
	s->len--;
	s->done[a] = true;
}

void loops_find(size_t n, const char *(*name)(void *arg, size_t i), loops_needs *needs,
		void (*found)(void *arg, const char *text, const size_t *loop, size_t len),
		void *arg)
{
	cleanup_free size_t *path = xcalloc(n + 1, sizeof(*path));
	cleanup_free bool *done = xcalloc(n + 1, sizeof(*done));
	struct search s = { n, name, needs, found, arg, path, 0, done };

	for (size_t i = 0; i < n; i++)
		follow(&s, i);
}

/* --- of a configuration --- */

static const char *name_of(void *arg, size_t i)
{
	const struct config *config = arg;

	return config->volumes[i].name;
}

bool loops_volume_needs(const struct volume *a, const struct volume *b, const char **ret_what)
{
	if (a->detached && loops_names_mapping(&a->header.device, b->name))
		*ret_what = "header";
	else if (loops_names_mapping(&a->source, b->name))
		*ret_what = "disk";
	else
		return false;
	return true;
}

static bool needs(void *arg, size_t a, size_t b, const char **ret_what)
{
	const struct config *config = arg;

	return loops_volume_needs(&config->volumes[a], &config->volumes[b], ret_what);
}

static void add(void *arg, const char *text, const size_t *loop, size_t len)
{
	struct config *config = arg;

	(void)len;
	findings_add(
		&config->findings, SEVERITY_ERROR,
		"%s: %s: this can never be opened. Move the header or the disk out of the loop.",
		config->volumes[loop[0]].origin, text);
}

void loops_report(struct config *config)
{
	loops_find(config->n_volumes, name_of, needs, add, config);
}
