/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/jobs.h"

#include "base/child.h"
#include "base/util.h"
#include "policy/diagnosis.h"
#include "policy/verdict.h"
#include "system/cryptoapi.h"
#include "system/device.h"
#include "system/fetch.h"
#include "system/keyfile.h"
#include "system/keyring.h"
#include "system/machine.h"
#include "system/opens.h"
#include "system/readback.h"
#include "system/udev_wait.h"
#include "unlock/cache.h"
#include "unlock/delaying.h"
#include "unlock/jobs_private.h"
#include "unlock/loading.h"
#include "unlock/tpm_key.h"

#include <poll.h>
#include <stdio.h>

/* How often, and when, it is looked who opened a disk. */
#define LOOKS 5
#define LOOK_AGAIN_MS 10

static void load_filesystem(struct jobs *j)
{
	if (!j->filesystem && j->v->fstype[0])
		loading_filesystem(j->v->fstype);
	j->filesystem = true;
}

/* While nobody types, it would cost more than it saves. */
static void prepare_crypto(struct jobs *j)
{
	if (!j->algorithm[0])
		return;
	loading_crypto_user();
	(void)cryptoapi_instantiate(j->algorithm);
	j->algorithm[0] = '\0';
}

static void make_lower(struct jobs *j)
{
	/* An error is reported when it is tried again with the key. */
	if (!j->v->untouched && !fresh_check_holds(&j->disk.header))
		(void)luks_make_lower(j->cv, &(struct opening){ j->v->name, j->v->options },
				      &j->disk, &j->mapping);
}

/* Work that needs no secret and would otherwise be waited for after Enter: while a key derivation
 * runs. */
static void work_without_secret(void *arg)
{
	struct jobs *j = arg;

	load_filesystem(j);
	make_lower(j);
}

static bool is_wanted(const struct jobs *j)
{
	return opens_now(device_resolve(luks_node(j->cv)));
}

/*
 * The same while a person types, which may last for hours. The person may as well open the volume
 * by hand, from another shell: NAME_dif would keep the disk from that program. So it is made only
 * where it can be noticed that another program opens the disk, and then it gives way.
 */
static void work_ahead(struct jobs *j)
{
	load_filesystem(j);
	prepare_crypto(j);
	if (j->watch < 0)
		j->watch = opens_watch(luks_node(j->cv));
	if (j->watch >= 0 && !is_wanted(j))
		make_lower(j);
	fresh_check_ahead(&j->fresh, j->v, j->cv, &j->disk.header);
}

/* Waits for the next request. Meanwhile NAME_dif gives way. */
static void wait_for_request(struct jobs *j, int fd)
{
	int looks = 0; /* after an opening: the program may not be found at once */

	for (;;) {
		bool yields = j->mapping && !j->opened && j->watch >= 0;
		struct pollfd fds[] = { { .fd = fd, .events = POLLIN },
					{ .fd = yields ? j->watch : -1, .events = POLLIN } };
		int n = poll(fds, ARRAY_SIZE(fds), yields && looks > 0 ? LOOK_AGAIN_MS : -1);

		if (n < 0 || fds[0].revents)
			return;
		if (fds[1].revents) {
			opens_read(j->watch);
			looks = LOOKS;
		}
		looks--;
		if (!is_wanted(j))
			continue;
		/* First: it takes memory that the other program needs. It has had no secret yet, so
		 * that nothing is scrubbed. */
		j->derivation = derivation_free(j->derivation);
		j->mapping = mapping_free(j->mapping);
	}
}

static struct derivation *derivation(struct jobs *j)
{
	if (!j->derivation)
		j->derivation = derivation_new(j->cv, &j->disk.header, j->v->keyslot, &j->timings);
	return j->derivation;
}

void jobs_took(struct jobs *j, enum step_kind kind, enum step_end end, uint64_t since)
{
	timings_add(&j->timings, kind, STEP_NO_NUMBER, end, since, now_ms());
}

void jobs_open_volume(struct jobs *j, const struct offer *offer, const struct budget *budget,
		      struct unlock *ret)
{
	const struct opening as = { j->v->name, j->v->options };
	const struct secret *key = NULL;
	struct unlock result = { .status = UNLOCK_NO_KEY, .keyslot = -1 };
	struct open_failure failure;
	uint64_t since;

	delaying(DELAY_NONE, 0, 0);
	derivation_open(derivation(j), budget, offer, work_without_secret, j, &result, &key);
	since = now_ms();
	if (result.status == UNLOCK_OK && !fresh_check_key(&j->fresh, j->v, j->cv, &j->disk.header,
							   key, j->accept, &result.fresh))
		result.status = UNLOCK_STALE;
	delaying(DELAY_NONE, 0, 0);
	if (result.fresh.outcome != FRESH_NOT_ASKED)
		jobs_took(j, STEP_FRESH, result.status == UNLOCK_OK ? STEP_OK : STEP_REFUSED,
			  since);
	if (result.status == UNLOCK_OK) {
		since = now_ms();
		j->opened = luks_open(j->cv, &as, &j->disk, &j->mapping, key, &failure) == 0;
		jobs_took(j, STEP_MAPPING, j->opened ? STEP_OK : STEP_FAILED, since);
		if (!j->opened)
			diagnosis_open(luks_node(j->cv), as.name, &j->disk.header, &failure,
				       &result);
		else
			tpm_key_measure(j->v, j->disk.header.uuid, key, result.warning);
	}
	derivation_wipe_keys(j->derivation);
	*ret = result;
}

/* A key file in the image. */
static void unlock_with_file(struct jobs *j, struct offer *offer, const struct budget *budget,
			     struct unlock *ret)
{
	const struct volume *v = j->v;
	struct keyfile file;
	const char *why = keyfile_open(v->keyfile->path, v->keyfile_offset, v->keyfile_size, &file);

	if (why) {
		diagnosis_keyfile(v->keyfile, "", why, ret);
		return;
	}
	offer->file = file.path;
	offer->file_offset = v->keyfile_offset;
	offer->file_size = v->keyfile_size;
	jobs_open_volume(j, offer, budget, ret);
	close(file.fd);
}

/* A key on another device, node. */
static void unlock_from_device(struct jobs *j, struct offer *offer, const char *node,
			       const struct budget *budget, struct unlock *ret)
{
	const struct volume *v = j->v;
	struct fetched key = FETCHED_NONE;
	char why[FOREIGN_WHY];

	if (fetch(v->keyfile, node, &KEYFILE_EXTENT(v->keyfile_offset, v->keyfile_size),
		  loading_filesystem, &key, why) < 0) {
		diagnosis_keyfile(v->keyfile, node, why, ret);
		return;
	}
	offer->file = key.path;
	jobs_open_volume(j, offer, budget, ret);
	fetched_wipe(&key);
}

/* One try of several that a source has. */
struct attempt {
	struct jobs *j;
	const struct budget *budget;
	enum source source;
	struct unlock *ret;
};

static bool try_offer(const struct attempt *a, const struct offer *offer)
{
	jobs_open_volume(a->j, offer, a->budget, a->ret);
	return a->ret->status != UNLOCK_WRONG;
}

static bool try_password(void *arg, const struct secret *password)
{
	const struct attempt *a = arg;

	return try_offer(a, &(struct offer){ .source = a->source, .secret = password });
}

static void unlock_with_cache(struct jobs *j, const struct job_message *message, struct unlock *ret)
{
	struct attempt a = {
		.j = j, .budget = &message->request.budget, .source = SOURCE_CACHED, .ret = ret
	};

	/* The key may have expired; or all that is in it was tried already. */
	ret->status = UNLOCK_NO_KEY;
	cache_each(j->v, secret_find(message->secret), try_password, &a);
}

static void unlock_with_tokens(struct jobs *j, const struct budget *budget, struct unlock *ret)
{
	struct attempt a = { .j = j, .budget = budget, .ret = ret };
	const struct header *h = &j->disk.header;

	ret->status = UNLOCK_NO_KEY;
	for (unsigned i = 0; i < h->keyring_tokens; i++) {
		const struct keyring_token *token = &h->keyring_token[i];
		const struct offer offer = { .source = SOURCE_TOKEN,
					     .key = keyring_find(token->key),
					     .keyslots = token->keyslots };

		if (offer.key >= 0) {
			if (try_offer(&a, &offer))
				return;
		} else if (ret->status != UNLOCK_WRONG) {
			diagnosis_token(luks_node(j->cv), token, -offer.key, ret);
		}
	}
}

static void unlock(struct jobs *j, const struct job_message *message, struct unlock *ret)
{
	const struct volume *v = j->v;
	const struct budget *budget = &message->request.budget;
	struct offer offer = { .source = message->request.source,
			       .secret = secret_find(message->secret) };

	switch (offer.source) {
	case SOURCE_TOKEN:
		unlock_with_tokens(j, budget, ret);
		return;
	case SOURCE_TPM2:
	case SOURCE_TPM2_PIN:
		jobs_unlock_with_tpm2(j, message, ret);
		return;
	case SOURCE_KEYFILE:
		if (place_has_device(v->keyfile))
			unlock_from_device(j, &offer, message->request.key_node, budget, ret);
		else
			unlock_with_file(j, &offer, budget, ret);
		return;
	case SOURCE_CACHED:
		unlock_with_cache(j, message, ret);
		return;
	case SOURCE_EMPTY:
	case SOURCE_SHARED:
	case SOURCE_PROMPT:
		break;
	}
	if (offer.secret) {
		jobs_open_volume(j, &offer, budget, ret);
		return;
	}
	ret->status = UNLOCK_FAILED;
	ret->code = EXIT_CODE_GENERAL;
	snprintf(ret->text, sizeof(ret->text),
		 "the passphrase did not reach the process that opens %s", v->name);
}

static bool is_good(const struct jobs *j, const struct opened *opened)
{
	struct device dev = { .devno = device_resolve(luks_node(j->cv)) };
	struct verdict verdict;

	str_copy(dev.node, sizeof(dev.node), luks_node(j->cv));
	verdict_opened(j->v, &dev, &j->disk, opened, &verdict);
	return verdict.action == VERDICT_OPEN;
}

static void verify(struct jobs *j, const char *name, struct opened *ret)
{
	const bool readonly = (j->v->options | j->disk.header.options) & DM_OPTION_READONLY;
	char node[DMDEVICE_NODE_MAX];
	uint64_t since = now_ms();

	mapping_read(name, ret, node);
	if (node[0])
		readback(node, ret);
	jobs_took(j, STEP_READBACK, ret->read_failed ? STEP_FAILED : STEP_OK, since);
	since = now_ms();
	cryptoapi_implementation(ret->crypt.cipher, ret->implementation,
				 sizeof(ret->implementation));
	dmdevice_settle();
	jobs_took(j, STEP_UDEV, udev_wait_timed_out() ? STEP_FAILED : STEP_OK, since);
	ret->udev_silent = udev_wait_timed_out();
	/* A disk that is refused, that another program opened or that a hibernated system may
	 * depend on is not written to. The record of freshness is no part of what that system
	 * keeps. */
	if (!is_good(j, ret))
		return;
	if (!j->opened) {
		fresh_check_was_open(j->v, j->cv, &j->disk.header, &ret->fresh);
		return;
	}
	if (!readonly && !j->v->untouched)
		ret->repair = luks_repair(j->cv, &j->disk);
	fresh_check_opened(&j->fresh, node, !readonly, &ret->fresh);
	fresh_check_end(&j->fresh);
}

/* A detached header that is a file on another device: gets the file first. */
static void read_fetched_header(struct jobs *j, const struct job_request *request)
{
	const struct file_place *place = &j->v->header;

	j->disk = (struct disk){ .kind = HEADER_UNREADABLE, .err = ENOENT, .detached = true };
	if (fetch(place, request->header, &HEADER_EXTENT, loading_filesystem, &j->header,
		  j->disk.why) == 0)
		luks_read_header(request->node, j->header.path, j->v->name, &j->disk, &j->cv);
	(void)snprintf(j->disk.where, sizeof(j->disk.where), "%.60s on %.60s", place->path,
		       request->header);
}

/* What the detached header is read from; NULL: it is on the disk. */
static const char *detached(const struct jobs *j, const struct job_request *request)
{
	if (request->header[0])
		return request->header;
	return j->v->detached && j->v->header.kind == PLACE_IMAGE ? j->v->header.path : NULL;
}

static void read_header(struct jobs *j, const struct job_request *request, struct disk *ret)
{
	j->derivation = derivation_free(j->derivation);
	j->mapping = mapping_free(j->mapping);
	fresh_check_end(&j->fresh);
	j->cv = luks_free(j->cv);
	j->opened = false;
	if (j->watch >= 0)
		close(steal_fd(&j->watch));
	fetched_wipe(&j->header);
	if (request->header[0] && j->v->header.kind == PLACE_FILE)
		read_fetched_header(j, request);
	else
		luks_read_header(request->node, detached(j, request), j->v->name, &j->disk, &j->cv);
	*ret = j->disk;
}

static void do_job(struct jobs *j, const struct job_message *message, struct job_result *result)
{
	const struct job_request *request = &message->request;

	result->job = request->job;
	switch (request->job) {
	case JOB_HEADER:
		read_header(j, request, &result->disk);
		break;
	case JOB_MODULES:
		loading_crypto(&j->disk.header, j->v->detached && j->v->header.kind != PLACE_DEVICE,
			       j->algorithm, &result->modules);
		break;
	case JOB_RESERVE:
		derivation_reserve(derivation(j), &request->budget);
		break;
	case JOB_RELEASE:
		j->derivation = derivation_free(j->derivation);
		break;
	case JOB_UNLOCK:
		j->accept = request->accept;
		unlock(j, message, &result->unlock);
		break;
	case JOB_VERIFY:
		verify(j, request->name, &result->opened);
		break;
	case JOB_CLOSE:
		/* Its own hold on NAME_dif must not keep that. */
		j->mapping = mapping_free(j->mapping);
		result->close_err = mapping_remove(request->name);
		break;
	}
}

void jobs_serve(const struct volume *v, int fd)
{
	struct jobs j = { .v = v, .watch = -1, .header = FETCHED_NONE };
	struct job_message message;

	while (wait_for_request(&j, fd), child_receive(fd, &message, sizeof(message))) {
		const enum job job = message.request.job;
		struct job_result result = { 0 };

		j.timings.n = 0;
		delaying_begin(fd, job);
		do_job(&j, &message, &result);
		result.timings = j.timings;
		/* After a failure the memory belongs to others as soon as they hear of it, so it is
		 * given back before the answer. After a success they have enough of it in time, so
		 * the answer is sent first. */
		if (job == JOB_UNLOCK && result.unlock.status != UNLOCK_OK)
			j.derivation = derivation_free(j.derivation);
		if (child_send(fd, &result, sizeof(result)) < 0)
			_exit(1);
		if (job == JOB_RESERVE)
			work_ahead(&j);
		else if (job == JOB_UNLOCK)
			derivation_stop(j.derivation);
	}
}
