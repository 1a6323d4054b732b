/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/freshness.h"

#include "base/util.h"
#include "system/keyring.h"
#include "system/luks_token.h"
#include "system/mac.h"

#include <poll.h>
#include <stdio.h>

/* How long a bump is tried, and how long between two tries. */
#define BUMP_MS 10000
#define AGAIN_MS 250
/* Of what only reads: an honest disk must not be refused because of one lost answer. */
#define TRIES 4

#define KEY_SIZE SHA256_SIZE
#define KEY_NAME "intact-fresh:"

struct freshness {
	const struct luks *luks;
	const struct header *h;
	int (*count_to)(const struct fresh_count_ops *ops, void *ctx, uint64_t target);
	struct secret *mac, *auth; /* the two keys */
	bool found;		   /* the TPM has the counter: index, name */
	bool asked;
	enum tpm_fault fault; /* the last one */
	uint32_t index;
	struct tpm_name name;
	int token; /* of the record in the header; -1: none */
};

struct freshness *freshness_new(const struct luks *luks, const struct header *h,
				int (*count_to)(const struct fresh_count_ops *ops, void *ctx,
						uint64_t target))
{
	struct freshness *f = xcalloc(1, sizeof(*f));

	f->luks = luks;
	f->h = h;
	f->count_to = count_to;
	f->token = h->fresh == FRESH_NONE ? -1 : h->fresh_token;
	f->mac = secret_new();
	f->auth = secret_new();
	return f->mac && f->auth ? f : freshness_free(f);
}

struct freshness *freshness_free(struct freshness *f)
{
	if (f) {
		secret_free(f->mac);
		secret_free(f->auth);
		free(f);
	}
	return NULL;
}

/* --- keys --- */

static bool derive(const struct freshness *f, const struct secret *volume_key, const char *info,
		   struct secret *ret)
{
	ret->len = KEY_SIZE;
	return hkdf_sha256(volume_key->bytes, volume_key->len, f->h->uuid, strlen(f->h->uuid), info,
			   ret->bytes);
}

bool freshness_derive(struct freshness *f, const struct secret *volume_key)
{
	return derive(f, volume_key, "intact fresh mac", f->mac) &&
	       derive(f, volume_key, "intact fresh nv", f->auth);
}

/* What the key in the keyring holds. */
struct kept {
	unsigned char mac[KEY_SIZE], auth[KEY_SIZE];
	char header[32]; /* the number of the device that the header is on */
};

static int read_kept(const char *luks_uuid, struct kept *ret)
{
	struct key_content content = { 0 };
	char name[96];
	int key, r;

	(void)snprintf(name, sizeof(name), KEY_NAME "%s", luks_uuid);
	key = keyring_find(name);
	r = key < 0 ? key : keyring_read(key, &content);
	if (r == 0 && content.len != sizeof(*ret))
		r = -EBADMSG;
	if (r == 0) {
		memcpy(ret, content.bytes, sizeof(*ret));
		ret->header[sizeof(ret->header) - 1] = '\0';
	}
	key_content_free(&content);
	return r;
}

int freshness_keep_keys(const struct freshness *f)
{
	struct kept *kept;
	struct key_content content;
	char name[96];
	int r = key_content_new(&content);

	if (r < 0)
		return r;
	kept = (struct kept *)content.bytes;
	content.len = sizeof(*kept);
	memcpy(kept->mac, f->mac->bytes, KEY_SIZE);
	memcpy(kept->auth, f->auth->bytes, KEY_SIZE);
	luks_header_device(f->luks, kept->header);
	(void)snprintf(name, sizeof(name), KEY_NAME "%s", f->h->uuid);
	/* 0: it does not expire. */
	r = keyring_write(name, &content, 0);
	key_content_free(&content);
	return r;
}

int freshness_get_keys(struct freshness *f)
{
	struct kept kept;
	int r = read_kept(f->h->uuid, &kept);

	if (r == 0) {
		memcpy(f->mac->bytes, kept.mac, KEY_SIZE);
		memcpy(f->auth->bytes, kept.auth, KEY_SIZE);
		f->mac->len = f->auth->len = KEY_SIZE;
	}
	explicit_bzero(&kept, sizeof(kept));
	return r;
}

int freshness_kept_header(const char *luks_uuid, char ret[static 32])
{
	struct kept kept;
	int r = read_kept(luks_uuid, &kept);

	if (r == 0)
		str_copy(ret, 32, kept.header);
	explicit_bzero(&kept, sizeof(kept));
	return r;
}

/* --- the record --- */

static bool mac_of(const struct freshness *f, const struct fresh_record *record,
		   unsigned char ret[static FRESH_MAC])
{
	unsigned char bytes[FRESH_BYTES], all[HASH_MAX];
	size_t len = fresh_bytes(record, f->h->uuid, bytes);

	if (f->mac->len == 0 || !hmac(HASH_SHA256, f->mac->bytes, f->mac->len, bytes, len, all))
		return false;
	memcpy(ret, all, FRESH_MAC);
	return true;
}

bool freshness_mac_ok(const struct freshness *f, const struct fresh_record *record)
{
	unsigned char mac[FRESH_MAC], differ = 0;

	if (!mac_of(f, record, mac))
		return false;
	for (size_t i = 0; i < sizeof(mac); i++)
		differ |= mac[i] ^ record->mac[i];
	return differ == 0;
}

static int op_write(void *ctx, const struct fresh_record *record)
{
	struct freshness *f = ctx;
	struct fresh_record sealed = *record;
	struct fresh_text text;
	cleanup_free char *json = NULL;

	if (!mac_of(f, &sealed, sealed.mac))
		return -EIO;
	fresh_write(&sealed, &text);
	json = fresh_json(&text);
	return luks_token_write(f->luks, FRESH_TOKEN, f->token, json);
}

static int op_sync(void *ctx, const struct fresh_record *record)
{
	struct freshness *f = ctx;
	struct fresh_record sealed = *record;
	struct header h;
	int r = luks_flush(f->luks, &h);

	if (r == 0 && !mac_of(f, &sealed, sealed.mac))
		r = -EIO;
	/* The MAC is over all of the record. */
	if (r == 0 && (h.fresh != FRESH_FOUND ||
		       memcmp(h.fresh_record.mac, sealed.mac, sizeof(sealed.mac)) != 0))
		r = -EIO;
	return r;
}

int freshness_remove_record(const struct freshness *f)
{
	struct header h;
	int r = f->token < 0 ? 0 : luks_token_write(f->luks, FRESH_TOKEN, -1, NULL);

	return r == 0 ? luks_flush(f->luks, &h) : r;
}

/* --- the TPM --- */

/* May it be otherwise the next time? */
static bool passes(enum tpm_fault fault)
{
	return fault == TPM_IO || fault == TPM_DIED || fault == TPM_BUSY || fault == TPM_FAILED;
}

static struct tpm_answer run(enum tpm_fault (*work)(struct tpm *tpm, void *arg, void *answer),
			     struct freshness *f, unsigned wait_ms, unsigned answer_ms,
			     void *answer, size_t size)
{
	const struct tpm_place place = { .wait_ms = wait_ms, .answer_ms = answer_ms };
	struct tpm_answer result;
	unsigned tries = TRIES;

	do {
		result = tpm_run(&place, work, f, answer, size);
	} while (passes(result.fault) && --tries > 0 && poll(NULL, 0, AGAIN_MS) == 0);
	f->fault = result.fault;
	return result;
}

/* Which nobody can satisfy: it only says whose counter this is. */
static bool policy_of(const struct freshness *f, unsigned char ret[static TPM_POLICY_SIZE])
{
	char text[96];

	(void)snprintf(text, sizeof(text), "intact fresh%s", f->h->uuid);
	return sha256(text, strlen(text), ret);
}

struct place_found {
	uint32_t index;
	struct tpm_name name;
};

static enum tpm_fault work_find(struct tpm *tpm, void *arg, void *answer)
{
	const struct freshness *f = arg;
	struct place_found *found = answer;
	unsigned char policy[TPM_POLICY_SIZE];

	return policy_of(f, policy) ? tpm_counter_find(tpm, policy, &found->index, &found->name) :
				      TPM_FAILED;
}

enum tpm_fault freshness_find(struct freshness *f, unsigned wait_ms, unsigned answer_ms)
{
	struct place_found found = { 0 };
	enum tpm_fault fault;

	if (f->asked && (f->fault == TPM_OK || f->fault == TPM_NO_INDEX))
		return f->fault;
	f->asked = true;
	fault = run(work_find, f, wait_ms, answer_ms, &found, sizeof(found)).fault;
	/* The record has room for names that are made with SHA-256. */
	f->found = fault == TPM_OK && found.name.len == FRESH_NAME;
	f->index = found.index;
	f->name = found.name;
	return fault;
}

static enum tpm_fault work_read(struct tpm *tpm, void *arg, void *answer)
{
	const struct freshness *f = arg;

	return tpm_counter_read(tpm, f->index, &f->name, f->auth, answer);
}

enum fresh_counter freshness_count(struct freshness *f, uint64_t *ret)
{
	enum tpm_fault fault;
	uint64_t count = 0;

	if (!f->found)
		return f->fault == TPM_NO_INDEX ? FRESH_COUNTER_NONE : FRESH_COUNTER_NO_TPM;
	fault = run(work_read, f, 0, TPM_ANSWER_MS, &count, sizeof(count)).fault;
	switch (fault) {
	case TPM_OK:
		*ret = count;
		return FRESH_COUNTER_READ;
	case TPM_FORGED:
	case TPM_WRONG_AUTH:
	case TPM_FOREIGN:
	case TPM_UNWRITTEN:
		return FRESH_COUNTER_FALSE;
	case TPM_NO_INDEX:
		return FRESH_COUNTER_NONE;
	default:
		return FRESH_COUNTER_NO_TPM;
	}
}

void freshness_counter(const struct freshness *f, uint32_t *ret_nv,
		       unsigned char ret_name[static FRESH_NAME])
{
	*ret_nv = f->index;
	memcpy(ret_name, f->name.bytes, FRESH_NAME);
}

struct made {
	struct place_found at;
	uint64_t count;
};

static enum tpm_fault work_define(struct tpm *tpm, void *arg, void *answer)
{
	struct freshness *f = arg;
	struct made *made = answer;
	unsigned char policy[TPM_POLICY_SIZE];
	enum tpm_fault fault = TPM_OK;

	if (!policy_of(f, policy))
		return TPM_FAILED;
	/* There must be one: with two, an older record could name the other one. */
	if (f->found)
		fault = tpm_counter_undefine(tpm, f->index);
	if (fault != TPM_OK && fault != TPM_NO_INDEX)
		return fault;
	return tpm_counter_define(tpm, policy, f->auth, &made->at.index, &made->at.name,
				  &made->count);
}

enum tpm_fault freshness_define(struct freshness *f, uint64_t *ret)
{
	struct made made = { 0 };
	enum tpm_fault fault = run(work_define, f, 0, TPM_ANSWER_MS, &made, sizeof(made)).fault;

	if (fault != TPM_OK)
		return fault;
	if (made.at.name.len != FRESH_NAME)
		return TPM_FAILED;
	f->found = f->asked = true;
	f->index = made.at.index;
	f->name = made.at.name;
	*ret = made.count;
	return TPM_OK;
}

static enum tpm_fault work_undefine(struct tpm *tpm, void *arg, void *answer)
{
	const struct freshness *f = arg;

	(void)answer;
	return tpm_counter_undefine(tpm, f->index);
}

enum tpm_fault freshness_undefine(struct freshness *f)
{
	return f->found ? run(work_undefine, f, 0, TPM_ANSWER_MS, NULL, 0).fault : TPM_NO_INDEX;
}

enum tpm_fault freshness_fault(const struct freshness *f)
{
	return f->fault;
}

/* --- counting, in the process that talks to the TPM --- */

struct counting {
	struct tpm *tpm;
	const struct freshness *f;
	uint64_t until;
	uint64_t last; /* what the increment's session read; valid with known */
	bool known;
};

static int err_of(enum tpm_fault fault)
{
	return fault == TPM_OK ? 0 : fault == TPM_SILENT ? -ETIMEDOUT : -EIO;
}

static int count(void *ctx, uint64_t *ret)
{
	struct counting *c = ctx;

	/* Read in the session that has counted on. */
	if (c->known) {
		*ret = c->last;
		c->known = false;
		return 0;
	}
	return err_of(tpm_counter_read(c->tpm, c->f->index, &c->f->name, c->f->auth, ret));
}

static int increment(void *ctx)
{
	struct counting *c = ctx;
	enum tpm_fault fault = tpm_counter_increment(c->tpm, c->f->index, &c->f->name, c->f->auth,
						     &c->last);

	c->known = fault == TPM_OK;
	return err_of(fault);
}

static bool again(void *ctx)
{
	const struct counting *c = ctx;

	return now_ms() < c->until && poll(NULL, 0, AGAIN_MS) == 0;
}

struct goal {
	struct freshness *f;
	uint64_t target;
};

static enum tpm_fault work_reach(struct tpm *tpm, void *arg, void *answer)
{
	static const struct fresh_count_ops ops = { count, increment, again };
	const struct goal *goal = arg;
	struct counting c = { .tpm = tpm, .f = goal->f, .until = now_ms() + BUMP_MS };
	int *r = answer;

	*r = goal->f->count_to(&ops, &c, goal->target);
	return TPM_OK;
}

static int op_reach(void *ctx, uint64_t target)
{
	struct freshness *f = ctx;
	const struct tpm_place place = { .answer_ms = BUMP_MS + TPM_ANSWER_MS };
	struct goal goal = { f, target };
	int r = -EIO;
	struct tpm_answer answer = tpm_run(&place, work_reach, &goal, &r, sizeof(r));

	f->fault = answer.fault;
	return answer.fault == TPM_OK ? r : err_of(answer.fault);
}

const struct fresh_ops freshness_ops = { op_write, op_sync, op_reach };
