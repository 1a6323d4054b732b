/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Would the boot open the disks that the image is for? The verdict is the boot's own. */
#include "base/escape.h"
#include "base/util.h"
#include "check/image.h"
#include "policy/verdict.h"

/* A partition that grew by less was made so: tools align. */
#define GROWN (64ULL << 20)

/* text has one line or two: what is wrong, and what to do. */
static void add(struct faults *faults, enum severity severity, const char *text)
{
	cleanup_free char *what = xstrndup(text, strcspn(text, "\n"));
	const char *next = strchr(text, '\n');

	faults_add(faults, severity, "disk", next ? next + 1 : NULL, "%s", what);
}

static void judge_verdict(const struct wanted *w, struct faults *faults)
{
	/* What the image demands of the disk is compared with the plan (volumes.c). */
	char origin[] = "this system";
	const struct volume v = {
		.name = w->name, .origin = origin, .keyslot = KEYSLOT_ANY, .expect = EXPECT_ANY
	};
	struct disk disk = w->disk;
	struct verdict verdict;

	disk.active = ACTIVE_NONE;
	verdict_disk(&v, w->node, &disk, &verdict);
	if (verdict.action == VERDICT_REFUSE)
		add(faults, wanted_needed(w) ? SEVERITY_ERROR : SEVERITY_WARNING, verdict.text);
	else if (verdict.text[0])
		add(faults, SEVERITY_WARNING, verdict.text);
}

static void judge_growth(const struct wanted *w, struct faults *faults)
{
	const struct disk *d = &w->disk;
	uint64_t had = d->header.data_offset + d->superblock.needed;
	char more[32];

	if (d->superblock.needed && d->size > had && d->size - had >= GROWN)
		faults_add(
			faults, SEVERITY_NOTE, "grown", NULL,
			"%s has grown by %s since the volume %s was formatted: the volume cannot "
			"grow with it, and leaves that unused",
			w->node, format_bytes(d->size - had, more), w->name);
}

static void judge_record(const struct wanted *w, struct faults *faults)
{
	cleanup_free char *word = shell_word(w->name);
	cleanup_free char *remedy = xasprintf("intact pin --fresh %s", word);

	if (w->disk.header.fresh == FRESH_UNREADABLE)
		faults_add(faults, SEVERITY_WARNING, "fresh-damaged", remedy,
			   "the record of freshness in the header of %s is damaged: with "
			   "x-intact.fresh the boot refuses the disk",
			   w->node);
}

void image_judge_disks(const struct plan *plan, struct faults *faults)
{
	for (size_t i = 0; i < plan->n_wanted; i++) {
		const struct wanted *w = &plan->wanted[i];

		/* What the plan says itself: not finished, not readable, no LUKS2 volume. */
		if (w->verdict != WANTED_PROTECTED || w->disk.kind != HEADER_LUKS2 ||
		    w->disk.superblock.state == SUPERBLOCK_UNFINISHED)
			continue;
		judge_verdict(w, faults);
		judge_growth(w, faults);
		judge_record(w, faults);
	}
}
