/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/devref.h"

#include "base/escape.h"
#include "base/util.h"

#include <stdio.h>
#include <strings.h>

/* by: the folder of udev's links for this kind. udev writes bytes that it does not want in the name
 * of a link as \xhh, the backslash among them. */
static const struct {
	enum devref_kind kind;
	const char *key;
	const char *by;
} forms[] = {
	{ DEVREF_UUID, "UUID=", "/dev/disk/by-uuid/" },
	{ DEVREF_LABEL, "LABEL=", "/dev/disk/by-label/" },
	{ DEVREF_PARTUUID, "PARTUUID=", "/dev/disk/by-partuuid/" },
	{ DEVREF_PARTLABEL, "PARTLABEL=", "/dev/disk/by-partlabel/" },
	{ DEVREF_SERIAL, "SERIAL=", NULL },
};

static bool is_quoted(const char *s, size_t len)
{
	return len >= 2 && (s[0] == '"' || s[0] == '\'') && s[len - 1] == s[0];
}

static int set(struct devref *ref, enum devref_kind kind, const char *value, size_t len)
{
	if (len == 0)
		return -EINVAL;
	if (len >= sizeof(ref->value))
		return -ENAMETOOLONG;
	ref->kind = kind;
	memcpy(ref->value, value, len);
	ref->value[len] = '\0';
	return 0;
}

static int parse(const char *text, struct devref *ret)
{
	struct devref ref = { .kind = DEVREF_NONE };
	int r = -EINVAL;

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		size_t key_len = strlen(forms[i].key);
		const char *value;

		if (strncasecmp(text, forms[i].key, key_len) == 0) {
			size_t len = strlen(text + key_len);
			bool quoted = is_quoted(text + key_len, len);

			r = set(&ref, forms[i].kind, text + key_len + quoted,
				quoted ? len - 2 : len);
			goto done;
		}
		value = forms[i].by ? str_after(text, forms[i].by) : NULL;
		/* A '/' in a label is escaped too: a path further below is none of udev's links. */
		if (value && !strchr(value, '/')) {
			r = set(&ref, forms[i].kind, value, strlen(value));
			if (r == 0)
				r = unescape(ref.value, ESCAPE_HEX);
			goto done;
		}
	}
	if (*text == '/')
		r = set(&ref, DEVREF_PATH, text, strlen(text));
	/* dracut's and libmount's word for one of udev's links. */
	if (strncasecmp(text, "ID=", 3) == 0 && text[3] && !strchr(text, '/')) {
		cleanup_free char *link = xasprintf("/dev/disk/by-id/%s", text + 3);

		r = set(&ref, DEVREF_PATH, link, strlen(link));
	}
done:
	if (r == 0)
		*ret = ref;
	return r;
}

int devref_parse(const char *text, struct devref *ret)
{
	struct devref ref;
	int r = parse(text, &ref);

	if (r == 0 && str_has_control(ref.value))
		r = -EINVAL;
	if (r == 0)
		*ret = ref;
	return r;
}

bool devref_is_numbered(const char *text)
{
	const char *rest = str_after(text, "/dev/");

	return rest && !strchr(rest, '/') && !str_after(rest, "md");
}

bool devref_eq(const struct devref *a, const struct devref *b)
{
	bool any_case = a->kind == DEVREF_UUID || a->kind == DEVREF_PARTUUID;

	return a->kind == b->kind &&
	       (any_case ? strcasecmp(a->value, b->value) : strcmp(a->value, b->value)) == 0;
}

const char *devref_folder(enum devref_kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (forms[i].kind == kind)
			return forms[i].by;
	return NULL;
}

const char *devref_format(const struct devref *ref, char *buf, size_t size)
{
	const char *key = "";
	/* A value that is quoted itself needs another pair, since devref_parse removes one. */
	bool quoted = ref->kind != DEVREF_PATH && is_quoted(ref->value, strlen(ref->value));

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (forms[i].kind == ref->kind)
			key = forms[i].key;
	(void)snprintf(buf, size, "%s%s%s%s", key, quoted ? "\"" : "", ref->value,
		       quoted ? "\"" : "");
	return buf;
}

bool devref_matches(const struct devref *ref, const struct device *dev, dev_t resolved)
{
	switch (ref->kind) {
	case DEVREF_NONE:
		return false;
	case DEVREF_PATH:
		return str_eq(ref->value, dev->node) || (resolved != 0 && resolved == dev->devno);
	case DEVREF_UUID:
		return strcasecmp(ref->value, dev->uuid) == 0;
	case DEVREF_LABEL:
		return str_eq(ref->value, dev->label);
	case DEVREF_PARTUUID:
		return strcasecmp(ref->value, dev->partuuid) == 0;
	case DEVREF_PARTLABEL:
		return str_eq(ref->value, dev->partlabel);
	case DEVREF_SERIAL:
		return str_eq(ref->value, dev->serial);
	}
	return false;
}
