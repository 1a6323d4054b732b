/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/fresh_json.h"

#include "base/util.h"

#define MEMBERS 10 /* that fresh_json() writes; with version 2 one more */
#define FS_MEMBERS 4

/* A string that does not fit is none that fresh_json() wrote. */
static void copy(json *from, const char *name, char *ret, size_t size)
{
	if (!str_copy(ret, size, json_text(from, name)))
		ret[0] = '\0';
}

static bool read_tags(json *from, struct fresh_text *ret)
{
	json *tags = json_member(from, "tags", json_type_object);

	ret->tagged = json_number(from, "version") == 2;
	if (!ret->tagged)
		return !tags && json_number(from, "version") == 1 &&
		       json_object_object_length(from) == MEMBERS;
	if (!tags || json_object_object_length(tags) != 2 ||
	    json_object_object_length(from) != MEMBERS + 1)
		return false;
	return str_copy(ret->tags_digest, sizeof(ret->tags_digest), json_text(tags, "digest")) &&
	       str_copy(ret->tags_sums, sizeof(ret->tags_sums), json_text(tags, "sums"));
}

static bool read_token(json *from, struct fresh_record *ret)
{
	json *keyslots = json_member(from, "keyslots", json_type_array);
	json *fs = json_member(from, "fs", json_type_object);
	struct fresh_text t = { 0 };

	if (!keyslots || !fs || json_object_array_length(keyslots) != 0 ||
	    json_object_object_length(fs) != FS_MEMBERS || !read_tags(from, &t))
		return false;
	copy(from, "nv", t.nv, sizeof(t.nv));
	copy(from, "name", t.name, sizeof(t.name));
	copy(from, "counter", t.counter, sizeof(t.counter));
	copy(from, "state", t.state, sizeof(t.state));
	copy(fs, "type", t.type, sizeof(t.type));
	copy(fs, "uuid", t.uuid, sizeof(t.uuid));
	copy(fs, "order", t.order, sizeof(t.order));
	copy(fs, "digest", t.digest, sizeof(t.digest));
	copy(from, "written", t.written, sizeof(t.written));
	copy(from, "mac", t.mac, sizeof(t.mac));
	return fresh_read(&t, ret);
}

void fresh_json_read(json *token, int number, struct header *ret)
{
	bool first = ret->fresh == FRESH_NONE;

	/* There must be one: with two, which one is read would be the disk's choice. */
	ret->fresh = first && read_token(token, &ret->fresh_record) ? FRESH_FOUND :
								      FRESH_UNREADABLE;
	ret->fresh_token = number;
}
