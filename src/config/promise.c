/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/promise.h"

#include <stdio.h>

static const struct {
	const char *option, *fact;
} promises[PROMISES] = {
	[PROMISE_INTEGRITY] = { "x-intact.integrity", "integrity by" },
	[PROMISE_CIPHER] = { "x-intact.cipher", "the cipher" },
	[PROMISE_SECTOR_SIZE] = { "x-intact.sector-size", "a sector size of" },
	[PROMISE_KEY_SIZE] = { "x-intact.key-size", "a key size of" },
	[PROMISE_VOLUME_KEY] = { "x-intact.volume-key", "the volume key" },
	[PROMISE_FRESH] = { "x-intact.fresh", "freshness" },
};

const char *promise_option(enum promise p)
{
	return promises[p].option;
}

const char *promise_fact(enum promise p)
{
	return promises[p].fact;
}

static void set(enum promise p, const char *integrity, const struct pins *pins,
		char ret[static PROMISE_MAX])
{
	ret[0] = '\0';
	switch (p) {
	case PROMISE_INTEGRITY:
		str_copy(ret, PROMISE_MAX, integrity ? integrity : "");
		break;
	case PROMISE_CIPHER:
		str_copy(ret, PROMISE_MAX, pins->encryption);
		/* A comma would end the option. */
		for (char *comma = ret; (comma = strchr(comma, ','));)
			*comma = '+';
		break;
	case PROMISE_SECTOR_SIZE:
		if (pins->sector_size)
			snprintf(ret, PROMISE_MAX, "%u", pins->sector_size);
		break;
	case PROMISE_KEY_SIZE:
		if (pins->key_size)
			snprintf(ret, PROMISE_MAX, "%u", pins->key_size);
		break;
	case PROMISE_VOLUME_KEY:
		str_copy(ret, PROMISE_MAX, pins->key_digest);
		break;
	case PROMISE_FRESH:
		(void)snprintf(ret, PROMISE_MAX, "%s%s", fresh_demand_name(pins->fresh),
			       pins->fresh_tags ? "+tags" : "");
		break;
	case PROMISES:
		break;
	}
}

void promise_of_volume(const struct volume *v, enum promise p, char ret[static PROMISE_MAX])
{
	set(p, v->integrity, &v->pins, ret);
}

void promise_of_header(const struct header *h, enum promise p, char ret[static PROMISE_MAX])
{
	struct pins pins = { .sector_size = h->sector_size, .key_size = h->key_size };

	str_copy(pins.encryption, sizeof(pins.encryption), h->encryption);
	str_copy(pins.key_digest, sizeof(pins.key_digest), h->key_digest);
	if (h->fresh != FRESH_NONE)
		pins.fresh = FRESH_DEMAND_REQUIRE;
	pins.fresh_tags = h->fresh == FRESH_FOUND && h->fresh_record.tags.state != TAGS_NONE;
	set(p, h->integrity, &pins, ret);
}

char *promise_options(const struct volume *v)
{
	char text[PROMISES * (PROMISE_MAX + 32)] = "", value[PROMISE_MAX];

	for (enum promise p = 0; p < PROMISES; p++) {
		promise_of_volume(v, p, value);
		if (*value)
			str_append(text, sizeof(text), "%s%s=%s", *text ? "," : "",
				   promises[p].option, value);
		else if (p == PROMISE_INTEGRITY && v->expect != EXPECT_NOTHING)
			str_append(text, sizeof(text), "%s", promises[p].option);
	}
	return xstrdup(text);
}
