/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/util.h"
#include "facts/fresh.h"
#include "test.h"

static struct fresh_record example(void)
{
	struct fresh_record r = { .nv = 0x01800007,
				  .name = { 0, 0x0b, 0xff },
				  .counter = UINT64_MAX,
				  .state = FRESH_CLOSED,
				  .root = { .type = "ext4", .order = { UINT64_MAX, 41, 1 } },
				  .written = 1764143112 };

	memset(r.mac, 0x1f, sizeof(r.mac));
	memset(r.root.uuid, 0xe0, sizeof(r.root.uuid));
	return r;
}

static bool is_read(const struct fresh_text *text)
{
	struct fresh_record r;

	return fresh_read(text, &r);
}

TEST(there_and_back)
{
	struct fresh_record r = example(), again;
	struct fresh_text text;

	fresh_write(&r, &text);
	CHECK_STR(text.nv, "0x01800007");
	CHECK_STR(text.counter, "18446744073709551615");
	CHECK_STR(text.state, "closed");
	CHECK_STR(text.order, "18446744073709551615.41.1");
	CHECK_STR(text.written, "1764143112");
	CHECK_INT(strlen(text.name), 68);
	CHECK_INT(strlen(text.mac), 64);
	memset(&again, 0, sizeof(again));
	CHECK(fresh_read(&text, &again));
	CHECK(again.nv == r.nv && again.counter == r.counter && again.state == r.state &&
	      again.written == r.written);
	CHECK(memcmp(&again.root, &r.root, sizeof(r.root)) == 0);
	CHECK(memcmp(again.name, r.name, sizeof(r.name)) == 0);
	CHECK(memcmp(again.mac, r.mac, sizeof(r.mac)) == 0);
	CHECK_INT(again.tags.state, TAGS_NONE);
}

/* Version 2. */
TEST(tags_there_and_back)
{
	struct fresh_record r = example(), again;
	struct fresh_text text;

	tags_sums_begin(131072, &r.tags);
	memset(r.tags.digest, 0xda, sizeof(r.tags.digest));
	r.tags.first = 7;
	r.tags.sums[3][31] = 0xdeadbeef;
	fresh_write(&r, &text);
	CHECK(text.tagged && strlen(text.tags_digest) == 64);
	CHECK_INT(strlen(text.tags_sums), 8 * (1 + 4 * 32));
	memset(&again, 0, sizeof(again));
	CHECK(fresh_read(&text, &again));
	CHECK(memcmp(&again.tags, &r.tags, sizeof(r.tags)) == 0);
	/* Without room for the sums. */
	text.tags_sums[0] = '\0';
	CHECK(fresh_read(&text, &again) && again.tags.digits == 0);
	/* Only a closed record has a digest, and no sums are without it. */
	strcpy(text.state, "open");
	CHECK(!is_read(&text));
	fresh_write(&r, &text);
	text.tags_digest[0] = '\0';
	CHECK(!is_read(&text));
	text.tags_sums[0] = '\0';
	CHECK(fresh_read(&text, &again) && again.tags.state == TAGS_WANTED);
	strcpy(text.state, "open");
	CHECK(fresh_read(&text, &again) && again.tags.state == TAGS_WANTED);
	fresh_write(&r, &text);
	text.tags_digest[63] = 'D';
	CHECK(!is_read(&text));
	fresh_write(&r, &text);
	text.tags_sums[0] = 'A';
	CHECK(!is_read(&text));
	/* A record of version 1 has neither. */
	fresh_write(&r, &text);
	text.tagged = false;
	CHECK(!is_read(&text));
}

/* One way to write each record: what another program makes of the JSON is not the record any more.
 */
TEST(other_spellings)
{
	static const struct {
		size_t field;
		const char *value;
	} rows[] = {
#define ROW(member, value) { offsetof(struct fresh_text, member), value }
		ROW(nv, ""),
		ROW(nv, "0x1800007"),
		ROW(nv, "0X01800007"),
		ROW(nv, "0x0180000g"),
		ROW(nv, "0x01800007 "),
		ROW(name, ""),
		ROW(name, "000b"),
		ROW(counter, ""),
		ROW(counter, "-1"),
		ROW(counter, "+7"),
		ROW(counter, "07"),
		ROW(counter, "0x7"),
		ROW(counter, "18446744073709551616"),
		ROW(state, ""),
		ROW(state, "Open"),
		ROW(type, ""),
		ROW(type, "ext4\""),
		ROW(type, "ext2"),
		ROW(uuid, "00"),
		ROW(uuid, "E0E0E0E0E0E0E0E0E0E0E0E0E0E0E0E0"),
		ROW(order, "1.2"),
		ROW(order, "1.2.3.4"),
		ROW(order, "1..3"),
		ROW(order, "1.2.3."),
		ROW(order, "01.2.3"),
		ROW(digest, ""),
		ROW(written, ""),
		ROW(written, "yesterday"),
		ROW(mac, ""),
	};
	struct fresh_record r = example();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fresh_text text;

		fresh_write(&r, &text);
		CHECK(is_read(&text));
		strcpy((char *)&text + rows[i].field, rows[i].value);
		CHECK_ROW(!is_read(&text), rows[i].value);
	}
}

TEST(json)
{
	struct fresh_record r = { .nv = 1, .counter = 43, .root = { .type = "xfs" } };
	struct fresh_text text;
	char *json;

	fresh_write(&r, &text);
	text.name[4] = text.uuid[4] = text.digest[4] = text.mac[4] = '\0';
	json = fresh_json(&text);
	CHECK_STR(
		json,
		"{\"type\":\"intact-fresh\",\"keyslots\":[],\"version\":1,\"nv\":\"0x00000001\","
		"\"name\":\"0000\",\"counter\":\"43\",\"state\":\"open\",\"fs\":{\"type\":\"xfs\","
		"\"uuid\":\"0000\",\"order\":\"0.0.0\",\"digest\":\"0000\"},\"written\":\"0\","
		"\"mac\":\"0000\"}");
	free(json);
	text.tagged = true;
	strcpy(text.tags_digest, "ab");
	json = fresh_json(&text);
	CHECK_HAS(json, "\"version\":2,\"nv\"");
	CHECK_HAS(json, "},\"tags\":{\"digest\":\"ab\",\"sums\":\"\"},\"written\"");
	free(json);
}

/* Every field of the record, and whose it is, changes what the MAC is made over. */
TEST(bytes)
{
	const char *const uuid = "11111111-1111-1111-1111-111111111111";
	struct fresh_record base = example(), r;
	unsigned char first[FRESH_BYTES], other[FRESH_BYTES];
	size_t n;

	memset(first, 0x77, sizeof(first));
	memset(other, 0x33, sizeof(other));
	n = fresh_bytes(&base, uuid, first);
	CHECK_INT(n, FRESH_BYTES_1);
	fresh_bytes(&base, uuid, other);
	CHECK(memcmp(first, other, n) == 0);
	CHECK(memcmp(first, "intact-fresh 1\0", 16) == 0);
	fresh_bytes(&base, "11111111-1111-1111-1111-111111111112", other);
	CHECK(memcmp(first, other, n) != 0);
#define DIFFERS(change)                              \
	do {                                         \
		r = base;                            \
		change;                              \
		fresh_bytes(&r, uuid, other);        \
		CHECK(memcmp(first, other, n) != 0); \
	} while (0)
	DIFFERS(r.nv++);
	DIFFERS(r.name[33] = 1);
	DIFFERS(r.counter--);
	DIFFERS(r.counter ^= 1ull << 63);
	DIFFERS(r.state = FRESH_OPEN);
	DIFFERS(r.root.type[0] = 'x');
	DIFFERS(r.root.uuid[15] = 1);
	DIFFERS(r.root.order[0]--);
	DIFFERS(r.root.order[1]--);
	DIFFERS(r.root.order[2]--);
	DIFFERS(r.root.digest[31] = 1);
	DIFFERS(r.written++);
	DIFFERS(r.tags.state = TAGS_WANTED);
	/* Not over itself. */
	r = base;
	r.mac[0] = 0;
	fresh_bytes(&r, uuid, other);
	CHECK(memcmp(first, other, n) == 0);
	/* With tags it is another form, and they are in it. */
	base.tags.state = TAGS_TAKEN;
	n = fresh_bytes(&base, uuid, first);
	CHECK_INT(n, FRESH_BYTES);
	CHECK(memcmp(first, "intact-fresh 2\0", 16) == 0);
	DIFFERS(r.tags.digest[0]++);
	DIFFERS(r.tags.sums[1][1]++);
	DIFFERS(r.written++);
}

TEST(dates)
{
	char buf[FRESH_DATE];

	CHECK_STR(fresh_date(1772352720, buf), "2026-03-01 08:12 UTC");
	CHECK_STR(fresh_date(0, buf), "1970-01-01 00:00 UTC");
	CHECK_STR(fresh_date(UINT64_MAX, buf), "an unknown date");
	CHECK_STR(fresh_date(253402300800u, buf), "an unknown date");
}

TEST_MAIN(there_and_back, tags_there_and_back, other_spellings, json, bytes, dates)
