/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/standalone_job.h"

#include "base/escape.h"
#include "base/util.h"
#include "facts/job.h"
#include "policy/standalone_verdict.h"
#include "system/device.h"
#include "system/dmdevice.h"
#include "system/kmsg.h"
#include "system/mapping.h"
#include "system/standalone.h"
#include "unlock/loading.h"

#include <stdio.h>

struct standalone_work {
	const struct standalone *s;
	const char *node, *data;
	struct standalone_disks disks;
	struct standalone_result *ret;
};

/* Texts of the same size, which end with a NUL. */
static void failed(struct standalone_work *j, int err, const char *kernel, const char *missing)
{
	char holder[128] = "";

	if (err == -EBUSY)
		mapping_holder(j->node, holder);
	standalone_explain(j->s, j->node,
			   &(struct standalone_failure){ err, holder, kernel, missing },
			   j->ret->text);
	j->ret->end = err == -EBUSY ? STANDALONE_BUSY : STANDALONE_FAILED;
}

/* Another program has opened it, or its name is another device's. */
static bool is_there(struct standalone_work *j)
{
	cleanup_free char *word = shell_word(j->s->name);
	int r = standalone_is_open(j->s->name, device_resolve(j->node));

	if (r == -ENOENT)
		return false;
	j->ret->end = r > 0 ? STANDALONE_WAS_OPEN : STANDALONE_FAILED;
	if (r == 0)
		snprintf(
			j->ret->text, sizeof(j->ret->text),
			"the name %s is taken by a device that is not on %s: see `dmsetup table %s`",
			j->s->name, j->node, word);
	return true;
}

static bool is_right(struct standalone_work *j)
{
	const struct standalone_subject subject = { j->node, j->data, j->disks.source_size,
						    j->disks.data_size };
	const struct superblock *sb = &j->disks.superblock;

	j->ret->tag_size = sb->tag_size;
	j->ret->block_size = sb->block_size;
	j->ret->mode = sb->inline_tags ? 'I' : j->s->mode;
	return standalone_judge(j->s, &subject, sb, j->ret->text);
}

static bool get_key(struct standalone_work *j, char key[static 2 * STANDALONE_KEY_MAX + 1])
{
	const char *why = standalone_key(j->s->keyfile, key);

	if (why)
		snprintf(j->ret->text, sizeof(j->ret->text),
			 "the key file %s cannot be used: %s (%s)", j->s->keyfile, why,
			 j->s->origin);
	return !why;
}

static void make(struct standalone_work *j, const char *missing)
{
	char key[2 * STANDALONE_KEY_MAX + 1] = "", kernel[256] = "";
	const struct superblock *sb = &j->disks.superblock;
	uint64_t limit = sb->recalculating ? sb->recalculated : UINT64_MAX;
	cleanup_close int kmsg = -1;
	int r;

	j->ret->end = STANDALONE_FAILED;
	if (j->s->hash->keyed && !get_key(j, key))
		return;
	kmsg = kmsg_mark();
	r = standalone_make(j->s, j->s->hash->keyed ? key : NULL, &j->disks);
	explicit_bzero(key, sizeof(key));
	if (r < 0) {
		kmsg_since(kmsg, "device-mapper: table: ", kernel, sizeof(kernel));
		failed(j, r, kernel, r == -EBUSY ? "" : missing);
		return;
	}
	j->ret->end = STANDALONE_OPEN;
	if (j->s->mode != 'R' && !standalone_readable(j->s->name, limit))
		standalone_explain_unreadable(j->s, j->node, j->ret->text);
	dmdevice_settle();
}

void standalone_job(const struct standalone *s, const char *node, const char *data,
		    struct standalone_result *ret)
{
	struct standalone_work j = { .s = s, .node = node, .data = data, .ret = ret };
	struct modules_report modules = { 0 };
	int r;

	*ret = (struct standalone_result){ .end = STANDALONE_FAILED, .mode = s->mode };
	j.disks = STANDALONE_DISKS_NONE;
	if (is_there(&j))
		return;
	loading_standalone(s->hash, &modules);
	r = standalone_claim(node, data, &j.disks);
	if (r < 0)
		failed(&j, r, "", "");
	else if (is_right(&j))
		make(&j, modules.missing);
	standalone_unclaim(&j.disks);
}
