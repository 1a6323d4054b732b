/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/fresh.h"

#include "base/parse.h"
#include "base/util.h"

#include <stdio.h>
#include <time.h>

static const char *const states[] = { [FRESH_OPEN] = "open", [FRESH_CLOSED] = "closed" };

const char *fresh_demand_name(enum fresh_demand demand)
{
	static const char *const names[] = { [FRESH_DEMAND_NONE] = "",
					     [FRESH_DEMAND_REPORT] = "report",
					     [FRESH_DEMAND_REQUIRE] = "require" };

	return names[demand];
}

/* --- bytes as digits --- */

static void put_hex(const unsigned char *bytes, size_t n, char *ret, size_t size)
{
	ret[0] = '\0';
	for (size_t i = 0; i < n; i++)
		str_append(ret, size, "%02x", bytes[i]);
}

static bool get_hex(const char *text, unsigned char *ret, size_t n)
{
	if (strlen(text) != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

/* --- the texts --- */

static bool get_index(const char *text, uint32_t *ret)
{
	unsigned char bytes[4];
	const char *digits = str_after(text, "0x");

	if (!digits || !get_hex(digits, bytes, sizeof(bytes)))
		return false;
	*ret = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
	return true;
}

static bool get_order(const char *text, uint64_t *ret)
{
	char copy[72], *rest = copy;

	(void)str_copy(copy, sizeof(copy), text);
	for (size_t i = 0; i < FSROOT_ORDERS; i++) {
		const char *number = strsep(&rest, ".");

		if (!number || parse_u64(number, UINT64_MAX, &ret[i]) < 0)
			return false;
	}
	return !rest;
}

static bool get_state(const char *text, enum fresh_state *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (str_eq(text, states[i])) {
			*ret = (enum fresh_state)i;
			return true;
		}
	return false;
}

static bool get_tags(const struct fresh_text *text, enum fresh_state state, struct tags *ret)
{
	if (!text->tagged)
		return true;
	ret->state = TAGS_WANTED;
	if (!text->tags_digest[0])
		return !text->tags_sums[0];
	ret->state = TAGS_TAKEN;
	return state == FRESH_CLOSED &&
	       get_hex(text->tags_digest, ret->digest, sizeof(ret->digest)) &&
	       tags_sums_read(text->tags_sums, ret);
}

/* One way to write each record. */
static bool is_same(const struct fresh_text *a, const struct fresh_text *b)
{
	return str_eq(a->nv, b->nv) && str_eq(a->name, b->name) && str_eq(a->counter, b->counter) &&
	       str_eq(a->uuid, b->uuid) && str_eq(a->order, b->order) &&
	       str_eq(a->digest, b->digest) && str_eq(a->written, b->written) &&
	       str_eq(a->mac, b->mac) && str_eq(a->tags_digest, b->tags_digest) &&
	       str_eq(a->tags_sums, b->tags_sums);
}

bool fresh_read(const struct fresh_text *text, struct fresh_record *ret)
{
	struct fresh_record r = { 0 };
	struct fresh_text again;

	if (!get_index(text->nv, &r.nv) || !get_hex(text->name, r.name, sizeof(r.name)) ||
	    parse_u64(text->counter, UINT64_MAX, &r.counter) < 0 ||
	    !get_state(text->state, &r.state) || !fsroot_type_known(text->type) ||
	    !str_copy(r.root.type, sizeof(r.root.type), text->type) ||
	    !get_hex(text->uuid, r.root.uuid, sizeof(r.root.uuid)) ||
	    !get_order(text->order, r.root.order) ||
	    !get_hex(text->digest, r.root.digest, sizeof(r.root.digest)) ||
	    parse_u64(text->written, UINT64_MAX, &r.written) < 0 ||
	    !get_hex(text->mac, r.mac, sizeof(r.mac)) || !get_tags(text, r.state, &r.tags))
		return false;
	fresh_write(&r, &again);
	if (!is_same(&again, text))
		return false;
	*ret = r;
	return true;
}

static void put_number(uint64_t n, char *ret, size_t size)
{
	(void)snprintf(ret, size, "%llu", (unsigned long long)n);
}

void fresh_write(const struct fresh_record *record, struct fresh_text *ret)
{
	const struct fsroot *root = &record->root;
	struct fresh_text text = { 0 };

	(void)snprintf(text.nv, sizeof(text.nv), "0x%08x", record->nv);
	put_hex(record->name, sizeof(record->name), text.name, sizeof(text.name));
	put_number(record->counter, text.counter, sizeof(text.counter));
	str_copy(text.state, sizeof(text.state), states[record->state]);
	str_copy(text.type, sizeof(text.type), root->type);
	put_hex(root->uuid, sizeof(root->uuid), text.uuid, sizeof(text.uuid));
	(void)snprintf(text.order, sizeof(text.order), "%llu.%llu.%llu",
		       (unsigned long long)root->order[0], (unsigned long long)root->order[1],
		       (unsigned long long)root->order[2]);
	put_hex(root->digest, sizeof(root->digest), text.digest, sizeof(text.digest));
	put_number(record->written, text.written, sizeof(text.written));
	put_hex(record->mac, sizeof(record->mac), text.mac, sizeof(text.mac));
	text.tagged = record->tags.state != TAGS_NONE;
	if (record->tags.state == TAGS_TAKEN)
		put_hex(record->tags.digest, sizeof(record->tags.digest), text.tags_digest,
			sizeof(text.tags_digest));
	tags_sums_write(&record->tags, text.tags_sums);
	*ret = text;
}

char *fresh_json(const struct fresh_text *text)
{
	cleanup_free char *tags = text->tagged ?
					  xasprintf("\"tags\":{\"digest\":\"%s\",\"sums\":\"%s\"},",
						    text->tags_digest, text->tags_sums) :
					  xstrdup("");

	return xasprintf("{\"type\":\"" FRESH_TOKEN "\",\"keyslots\":[],\"version\":%d,"
			 "\"nv\":\"%s\",\"name\":\"%s\",\"counter\":\"%s\",\"state\":\"%s\","
			 "\"fs\":{\"type\":\"%s\",\"uuid\":\"%s\",\"order\":\"%s\","
			 "\"digest\":\"%s\"},%s\"written\":\"%s\",\"mac\":\"%s\"}",
			 text->tagged ? 2 : 1, text->nv, text->name, text->counter, text->state,
			 text->type, text->uuid, text->order, text->digest, tags, text->written,
			 text->mac);
}

/* --- the bytes --- */

static unsigned char *add(unsigned char *at, const void *bytes, size_t n)
{
	memcpy(at, bytes, n);
	return at + n;
}

static unsigned char *add_number(unsigned char *at, uint64_t n, size_t bytes)
{
	for (size_t i = bytes; i-- > 0; n >>= 8)
		at[i] = (unsigned char)n;
	return at + bytes;
}

/* Cut or filled with zeros. */
static unsigned char *add_text(unsigned char *at, const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	memset(at, 0, size);
	memcpy(at, text, len);
	return at + size;
}

size_t fresh_bytes(const struct fresh_record *record, const char *luks_uuid,
		   unsigned char ret[static FRESH_BYTES])
{
	const bool tagged = record->tags.state != TAGS_NONE;
	unsigned char *at = add_text(ret, tagged ? FRESH_TOKEN " 2" : FRESH_TOKEN " 1", 16);

	at = add_text(at, luks_uuid, 40);
	at = add_number(at, record->nv, 4);
	at = add(at, record->name, sizeof(record->name));
	at = add_number(at, record->counter, 8);
	at = add_number(at, record->state, 1);
	at = add_text(at, record->root.type, 16);
	at = add(at, record->root.uuid, sizeof(record->root.uuid));
	for (size_t i = 0; i < FSROOT_ORDERS; i++)
		at = add_number(at, record->root.order[i], 8);
	at = add(at, record->root.digest, sizeof(record->root.digest));
	at = add_number(at, record->written, 8);
	if (!tagged)
		return FRESH_BYTES_1;
	tags_bytes(&record->tags, at);
	return FRESH_BYTES;
}

const char *fresh_date(uint64_t seconds, char buf[static FRESH_DATE])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	/* Four digits of a year. */
	if (seconds > 253402300799u || !gmtime_r(&t, &tm))
		str_copy(buf, FRESH_DATE, "an unknown date");
	else
		(void)snprintf(buf, FRESH_DATE, "%04d-%02d-%02d %02d:%02d UTC", tm.tm_year + 1900,
			       tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min);
	return buf;
}
