/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fresh: the record of a volume's freshness, a token "intact-fresh" of its LUKS2 header: which
 * state of the disk this is, by the count of a counter in the TPM, and what the file system's root
 * was then.
 *
 *   { "type": "intact-fresh", "keyslots": [], "version": 1, "nv": "0x01800000",
 *     "name": "000b…", "counter": "43", "state": "open",
 *     "fs": { "type": "ext4", "uuid": "…", "order": "8812.41.1764143100", "digest": "…" },
 *     "written": "1764143112", "mac": "…" }
 *
 * Version 2 has one member more, when the volume's integrity tags are to be digested at the end of
 * the system (facts/tags.h); both are "" until then:
 *
 *   "tags": { "digest": "…", "sums": "…" }
 *
 * Bytes are lower-case hexadecimal digits. "mac" is HMAC-SHA-256 over fresh_bytes(), with a key
 * that is derived from the volume key: never over the text, which programs may write again in
 * another way.
 */
#ifndef INTACT_FACTS_FRESH_H
#define INTACT_FACTS_FRESH_H

#include "facts/fsroot.h"
#include "facts/tags.h"

#define FRESH_TOKEN "intact-fresh"
#define FRESH_MAC 32
/* A TPM's name of an index: two bytes for the hash, and SHA-256. */
#define FRESH_NAME 34

enum fresh_state {
	FRESH_OPEN,   /* written at a boot, or while the system ran */
	FRESH_CLOSED, /* written at the end, when nothing could write to the volume any more */
};

struct fresh_record {
	uint32_t nv; /* the counter's index in the TPM */
	unsigned char name[FRESH_NAME];
	uint64_t counter;
	enum fresh_state state;
	struct fsroot root;
	uint64_t written; /* seconds since 1970 */
	struct tags tags; /* TAGS_TAKEN only with FRESH_CLOSED */
	unsigned char mac[FRESH_MAC];
};

/* The token's members as they stand in the JSON. */
struct fresh_text {
	char nv[16], name[80], counter[24], state[16];
	char type[16], uuid[40], order[72], digest[72];
	char written[24], mac[72];
	bool tagged; /* version 2 */
	char tags_digest[72], tags_sums[TAGS_SUMS_TEXT];
};

/* What the image demands: x-intact.fresh=. */
enum fresh_demand {
	FRESH_DEMAND_NONE, /* a record is still required when the TPM has a counter for the volume
			    */
	FRESH_DEMAND_REPORT,
	FRESH_DEMAND_REQUIRE,
};

/* "report", "require"; "": nothing. */
const char *fresh_demand_name(enum fresh_demand demand);

/* What the header has. */
enum fresh_found {
	FRESH_NONE,
	FRESH_UNREADABLE, /* a token that this program did not write in this form, or several */
	FRESH_FOUND,
};

/* The record in these texts. False: one of them is not written as fresh_write() writes it. */
bool fresh_read(const struct fresh_text *text, struct fresh_record *ret);
/* The texts of a record. */
void fresh_write(const struct fresh_record *record, struct fresh_text *ret);
/* The token with these texts, as JSON; to be freed. */
char *fresh_json(const struct fresh_text *text);

/* What the MAC is made over: the record and whose it is. Returns how many bytes that is; version 1
 * has none for the tags. */
#define FRESH_BYTES_1 (16 + 40 + 4 + FRESH_NAME + 8 + 1 + 16 + 16 + 8 * FSROOT_ORDERS + 32 + 8)
#define FRESH_BYTES (FRESH_BYTES_1 + TAGS_BYTES)
size_t fresh_bytes(const struct fresh_record *record, const char *luks_uuid,
		   unsigned char ret[static FRESH_BYTES]);

/* What was found out about a volume. */
enum fresh_outcome {
	FRESH_NOT_ASKED, /* the image demands nothing, and the TPM has no counter */
	FRESH_CURRENT,
	FRESH_NOTICE,	/* current; text says what is special about it */
	FRESH_STALE,	/* text says why, and what to do: the disk must not be mounted */
	FRESH_OVERRIDE, /* the same, but it is opened all the same: the image only wants a report,
			   or a person accepted the disk */
};

struct fresh_verdict {
	enum fresh_outcome outcome;
	char text[512];
};

/* What came of asking the TPM for the volume's counter. */
enum fresh_counter {
	FRESH_COUNTER_NO_TPM, /* there is none, or it does not answer */
	FRESH_COUNTER_NONE,   /* the TPM has no counter for this volume */
	FRESH_COUNTER_FALSE,  /* the answer was not made with the volume's key: something else made
				 the counter, or stands between */
	FRESH_COUNTER_READ,
};

/* The system's part of a bump (policy/fresh.h). All return 0 or a negative errno. */
struct fresh_ops {
	/* Writes the record into the header. */
	int (*write)(void *ctx, const struct fresh_record *record);
	/* Returns when the record is on the disk: after a flush of its cache, and read again. */
	int (*sync)(void *ctx, const struct fresh_record *record);
	/* Brings the counter to the target, by fresh_count_to(). */
	int (*reach)(void *ctx, uint64_t target);
};

/* The TPM's part of it. */
struct fresh_count_ops {
	/* Reads the counter, in an answer that is new. */
	int (*count)(void *ctx, uint64_t *ret);
	/* Counts on. The answer may be lost, so success says nothing. */
	int (*increment)(void *ctx);
	/* Waits before the next try; false: no time is left. */
	bool (*again)(void *ctx);
};

/* "2026-03-01 08:12 UTC" */
#define FRESH_DATE 40
const char *fresh_date(uint64_t seconds, char buf[static FRESH_DATE]);

#endif
