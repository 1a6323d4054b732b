/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/freshness.h"

#include "base/util.h"
#include "system/keyring.h"
#include "system/luks_token.h"
#include "system/mac.h"

#include <poll.h>
#include <stdio.h>
#include <sys/sysmacros.h>

/* How long a bump is tried, and how long between two tries. */
#define BUMP_MS 10000
#define AGAIN_MS 250
/* Of what only reads: an honest disk must not be refused because of one lost answer. */
#define TRIES 4

/* Counters of one volume that are removed when a new one is made. */
#define COUNTERS_MAX 8

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
	struct tpm_talk talk;
};

static enum tpm_fault work(struct tpm *tpm, void *arg, const struct tpm_request *request,
			   void *answer);

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
	f->talk = TPM_TALK(work, f);
	return f->mac && f->auth ? f : freshness_free(f);
}

struct freshness *freshness_free(struct freshness *f)
{
	if (f) {
		/* Its end is not waited for: a person waits for the root. */
		tpm_talk_end(&f->talk, 0);
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
	struct fresh_devices devices;
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
		ret->devices.header[sizeof(ret->devices.header) - 1] = '\0';
		ret->devices.data[sizeof(ret->devices.data) - 1] = '\0';
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
	luks_header_device(f->luks, kept->devices.header);
	(void)snprintf(kept->devices.data, sizeof(kept->devices.data), "%u:%u",
		       major(luks_number(f->luks)), minor(luks_number(f->luks)));
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

int freshness_kept_devices(const char *luks_uuid, struct fresh_devices *ret)
{
	struct kept kept;
	int r = read_kept(luks_uuid, &kept);

	if (r == 0)
		*ret = kept.devices;
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

/* --- the TPM: requests ------------------------------------------------------------------------ */

enum asked {
	ASK_FIND,     /* struct counter_at */
	ASK_HOLD,     /* nothing */
	ASK_READ,     /* uint64_t */
	ASK_REACH,    /* int: of count_to(), whose target is the number */
	ASK_DEFINE,   /* struct made */
	ASK_UNDEFINE, /* nothing */
};

struct counter_at {
	uint32_t index;
	struct tpm_name name;
};

struct made {
	struct counter_at at;
	uint64_t count;
};

static bool set_place(struct freshness *f, const struct counter_at *at)
{
	/* The record has room for names that are made with SHA-256. */
	f->found = at->name.len == FRESH_NAME;
	f->index = at->index;
	f->name = at->name;
	return f->found;
}

/* May it be otherwise the next time? */
static bool passes(enum tpm_fault fault)
{
	return fault == TPM_IO || fault == TPM_DIED || fault == TPM_BUSY || fault == TPM_FAILED;
}

/* The process that looks for the counter is the one that reads it and counts on: it has the TPM
 * open, and a session, before a person waits for it. */
static enum tpm_fault ask(struct freshness *f, enum asked what, const struct tpm_place *place,
			  void *answer, size_t size)
{
	const struct tpm_request request = { .what = what };
	unsigned tries = TRIES;

	do {
		f->fault = tpm_ask(&f->talk, place, &request, answer, size).fault;
	} while (passes(f->fault) && --tries > 0 && poll(NULL, 0, AGAIN_MS) == 0);
	return f->fault;
}

static const struct tpm_place soon = { .answer_ms = TPM_ANSWER_MS };

enum tpm_fault freshness_find(struct freshness *f, unsigned wait_ms, unsigned answer_ms)
{
	const struct tpm_place place = { .wait_ms = wait_ms, .answer_ms = answer_ms };
	struct counter_at at = { 0 };

	if (f->asked && (f->fault == TPM_OK || f->fault == TPM_NO_INDEX))
		return f->fault;
	f->asked = true;
	f->found = false;
	/* If it cannot be held now, each use will open it for itself. */
	if (ask(f, ASK_FIND, &place, &at, sizeof(at)) == TPM_OK && set_place(f, &at))
		(void)tpm_ask(&f->talk, &place, &(struct tpm_request){ .what = ASK_HOLD }, NULL, 0);
	return f->fault;
}

enum fresh_counter freshness_count(struct freshness *f, uint64_t *ret)
{
	uint64_t count = 0;

	if (!f->found)
		return f->fault == TPM_NO_INDEX ? FRESH_COUNTER_NONE : FRESH_COUNTER_NO_TPM;
	switch (ask(f, ASK_READ, &soon, &count, sizeof(count))) {
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

enum tpm_fault freshness_define(struct freshness *f, uint64_t *ret)
{
	struct made made = { 0 };
	enum tpm_fault fault = ask(f, ASK_DEFINE, &soon, &made, sizeof(made));

	if (fault != TPM_OK)
		return fault;
	f->asked = true;
	*ret = made.count;
	return set_place(f, &made.at) ? TPM_OK : TPM_FAILED;
}

enum tpm_fault freshness_undefine(struct freshness *f)
{
	return f->found ? ask(f, ASK_UNDEFINE, &soon, NULL, 0) : TPM_NO_INDEX;
}

enum tpm_fault freshness_fault(const struct freshness *f)
{
	return f->fault;
}

void freshness_set_fault(struct freshness *f, enum tpm_fault fault)
{
	f->fault = fault;
}

static int err_of(enum tpm_fault fault)
{
	return fault == TPM_OK ? 0 : fault == TPM_SILENT ? -ETIMEDOUT : -EIO;
}

static int op_reach(void *ctx, uint64_t target)
{
	static const struct tpm_place place = { .answer_ms = BUMP_MS + TPM_ANSWER_MS };
	const struct tpm_request request = { ASK_REACH, target };
	struct freshness *f = ctx;
	int r = -EIO;

	/* It tries again by itself. Only the process may have ended since it was asked last. */
	for (unsigned tries = 2; tries > 0; tries--) {
		f->fault = tpm_ask(&f->talk, &place, &request, &r, sizeof(r)).fault;
		if (f->fault != TPM_DIED)
			break;
	}
	return f->fault == TPM_OK ? r : err_of(f->fault);
}

const struct fresh_ops freshness_ops = { op_write, op_sync, op_reach };

/* --- the TPM: the process that talks to it ---------------------------------------------------- */

/* Which nobody can satisfy: it only says whose counter this is. */
static bool policy_of(const struct freshness *f, unsigned char ret[static TPM_POLICY_SIZE])
{
	char text[96];

	(void)snprintf(text, sizeof(text), "intact fresh%s", f->h->uuid);
	return sha256(text, strlen(text), ret);
}

static enum tpm_fault work_find(struct tpm *tpm, struct freshness *f, struct counter_at *ret)
{
	unsigned char policy[TPM_POLICY_SIZE];
	enum tpm_fault fault = TPM_FAILED;

	if (policy_of(f, policy))
		fault = tpm_counter_find(tpm, policy, &ret->index, &ret->name);
	if (fault == TPM_OK)
		(void)set_place(f, ret);
	return fault;
}

static enum tpm_fault work_define(struct tpm *tpm, struct freshness *f, struct made *ret)
{
	unsigned char policy[TPM_POLICY_SIZE];
	enum tpm_fault fault = TPM_OK;

	if (!policy_of(f, policy))
		return TPM_FAILED;
	/* There must be one: with two, an older record could name the other one. The search before
	 * may have been cut short, or its answer may have been false. */
	for (unsigned i = 0; i < COUNTERS_MAX && fault == TPM_OK; i++) {
		fault = tpm_counter_find(tpm, policy, &ret->at.index, &ret->at.name);
		if (fault == TPM_OK)
			fault = tpm_counter_undefine(tpm, ret->at.index);
	}
	if (fault != TPM_OK && fault != TPM_NO_INDEX)
		return fault;
	f->found = false;
	fault = tpm_counter_define(tpm, policy, f->auth, &ret->at.index, &ret->at.name,
				   &ret->count);
	if (fault == TPM_OK)
		(void)set_place(f, &ret->at);
	return fault;
}

struct counting {
	struct tpm *tpm;
	const struct freshness *f;
	uint64_t until;
	uint64_t last; /* what the increment's session read; valid with known */
	bool known;
};

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

static int work_reach(struct tpm *tpm, const struct freshness *f, uint64_t target)
{
	static const struct fresh_count_ops ops = { count, increment, again };
	struct counting c = { .tpm = tpm, .f = f, .until = now_ms() + BUMP_MS };

	return f->count_to(&ops, &c, target);
}

static enum tpm_fault work(struct tpm *tpm, void *arg, const struct tpm_request *request,
			   void *answer)
{
	/* This process's own copy. */
	struct freshness *f = arg;

	switch ((enum asked)request->what) {
	case ASK_FIND:
		return work_find(tpm, f, answer);
	case ASK_HOLD:
		return tpm_counter_hold(tpm, f->index, &f->name);
	case ASK_READ:
		return tpm_counter_read(tpm, f->index, &f->name, f->auth, answer);
	case ASK_REACH:
		*(int *)answer = work_reach(tpm, f, request->number);
		return TPM_OK;
	case ASK_DEFINE:
		return work_define(tpm, f, answer);
	case ASK_UNDEFINE:
		return tpm_counter_undefine(tpm, f->index);
	}
	return TPM_FAILED;
}
