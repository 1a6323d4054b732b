/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/answer.h"

#include "base/escape.h"
#include "base/util.h"
#include "policy/accept.h"
#include "policy/candidates.h"
#include "policy/diagnosis.h"
#include "policy/headers.h"
#include "policy/verdict.h"

#include <stdio.h>
#include <strings.h>

/* Its disk is open as /dev/mapper/name, which is not the volume's name. */
static void open_elsewhere(struct engine *e, struct track *t, const char *name)
{
	if (t->v->by_name) {
		cleanup_free char *word = shell_word(name);

		track_fail(e, t, EXIT_CODE_BUSY,
			   "%s is open already, as /dev/mapper/%s, but the kernel command line "
			   "needs /dev/mapper/%s.\n"
			   "Close it (cryptsetup close %s) and try again.",
			   t->dev.node, name, t->v->name, word);
		return;
	}
	(void)str_copy(t->open_as, sizeof(t->open_as), name);
	t->was_open = true;
	track_start_plain(e, t, TRACK_CHECKING, JOB_VERIFY);
}

/* Its header may be used. True when something has the disk open, so that it is not opened. */
static bool is_open(struct engine *e, struct track *t)
{
	char text[512];

	e->ops->refresh(e->ctx, &t->dev);
	if (!t->dev.holder[0] || candidates_is_own_lower(t, &t->dev))
		return false;
	if (strcasecmp(t->dev.holder_luks, t->disk.header.uuid) == 0) {
		open_elsewhere(e, t, t->dev.holder);
		return true;
	}
	(void)snprintf(text, sizeof(text), "%s is in use by %s, which is not this volume",
		       t->dev.node, t->dev.holder);
	candidates_drop(e, t, EXIT_CODE_BUSY, text);
	return true;
}

void answer_disk_read(struct engine *e, struct track *t, const struct disk *disk)
{
	struct verdict verdict = { 0 };

	if (headers_missing(e, t, disk))
		return;
	t->disk = *disk;
	t->disk_valid = true;
	verdict_disk(t->v, t->dev.node, &t->disk, &verdict);
	switch (verdict.action) {
	case VERDICT_ACTIVE:
		/* What opened it may have been deceived: its tables are checked like our own. */
		t->was_open = true;
		track_start_plain(e, t, TRACK_CHECKING, JOB_VERIFY);
		return;
	case VERDICT_LEAVE:
		track_end(e, t, OUTCOME_LEFT, EXIT_CODE_OK, verdict.text);
		return;
	case VERDICT_REFUSE:
		/* Another disk would find the name taken, too. */
		if (t->disk.active != ACTIVE_NONE)
			track_refuse(e, t, verdict.code, verdict.text);
		else if (!headers_drop(e, t, &verdict))
			candidates_drop(e, t, verdict.code, verdict.text);
		return;
	case VERDICT_OPEN:
		break;
	}
	if (is_open(e, t))
		return;
	if (t->busy[0]) {
		track_end(e, t, OUTCOME_FAILED, EXIT_CODE_BUSY, t->busy);
		return;
	}
	if (verdict.text[0])
		track_say(e, SEVERITY_WARNING, t, "%s", verdict.text);
	/* They are loaded while the passphrase is typed. The worker does its jobs in order, so
	 * JOB_UNLOCK finds them loaded. */
	track_start_plain(e, t, TRACK_READY, JOB_MODULES);
}

void answer_modules_loaded(struct engine *e, struct track *t, const struct modules_report *report)
{
	if (report->failed[0])
		track_say(e, SEVERITY_WARNING, t, "kernel modules that could not be loaded: %s",
			  report->failed);
	/* Not a reason to refuse: an algorithm may work although neither /proc/crypto nor the
	 * module tree lists it. It is named as the likely cause if opening fails. */
	str_copy(t->missing, sizeof(t->missing), report->missing);
	if (report->missing[0])
		track_say(
			e, SEVERITY_WARNING, t,
			"this kernel seems to have no %s, which %s needs; opening it will probably fail.\n"
			"Rebuild the image with the package intact installed, or boot a kernel that has it.",
			report->missing, t->dev.node);
}

void answer_verified(struct engine *e, struct track *t, const struct opened *opened)
{
	struct verdict verdict = { 0 };
	struct volume as = *t->v;
	char text[256] = "";

	as.nofail = track_is_spared(t);
	if (t->open_as[0])
		as.name = t->open_as;
	/* Someone closed it while it was looked at. */
	if (t->was_open && !opened->crypt.present && !t->read_again) {
		t->was_open = false;
		t->read_again = true;
		t->open_as[0] = '\0';
		track_found(e, t, &t->dev);
		return;
	}
	verdict_opened(&as, &t->dev, &t->disk, opened, &verdict);
	if (verdict.action == VERDICT_REFUSE) {
		track_refuse(e, t, verdict.code, verdict.text);
		return;
	}
	if (opened->fresh.outcome == FRESH_STALE) {
		accept_close(e, t, opened->fresh.text);
		return;
	}
	t->fresh = opened->fresh.outcome;
	if (verdict.text[0])
		track_say(e, SEVERITY_WARNING, t, "%s", verdict.text);
	if (opened->fresh.text[0])
		track_say(e, SEVERITY_WARNING, t, "%s", opened->fresh.text);
	(void)str_copy(t->content, sizeof(t->content), opened->type);
	if (t->open_as[0])
		snprintf(text, sizeof(text), "is already open, as /dev/mapper/%s", t->open_as);
	track_end(e, t, t->was_open ? OUTCOME_WAS_OPEN : OUTCOME_OPEN, EXIT_CODE_OK, text);
}

void answer_closed(struct engine *e, struct track *t, int err)
{
	if (err == 0 && t->accept == ACCEPT_CLOSING) {
		t->was_open = false;
		t->open_as[0] = '\0';
		accept_ask(e, t, t->stale);
		return;
	}
	/* What cannot be closed may be used: then the boot must not go on. */
	t->stays = err < 0;
	if (err < 0)
		track_say(e, SEVERITY_ERROR, t,
			  "/dev/mapper/%s cannot be closed (%s), although the disk is refused. The "
			  "boot stops, so that nothing uses it.",
			  t->v->name, strerror(-err));
	track_end(e, t, OUTCOME_FAILED, t->failed_code, t->failed_text);
}

void answer_worker_died(struct engine *e, struct track *t, int signal)
{
	struct unlock died;

	if (t->state == TRACK_CLOSING) {
		answer_closed(e, t, -EIO);
		return;
	}
	diagnosis_worker_died(t->dev.node, signal, &died);
	/* It may have opened the volume, and nothing has checked that. */
	if (track_is_spared(t) && t->state >= TRACK_TRYING) {
		e->ops->job_kill(e->ctx, track_index(e, t));
		track_close(e, t, died.code, died.text);
		return;
	}
	track_end(e, t, OUTCOME_FAILED, died.code, died.text);
}
