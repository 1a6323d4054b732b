/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/standalone_verdict.h"

#include "base/util.h"

#include <stdio.h>

#define TEXT_SIZE 512

/* --- the superblock --------------------------------------------------------------------------- */

static bool is_too_small(const struct standalone_subject *d, const struct superblock *sb)
{
	if (sb->separate)
		return d->data_size > 0 && d->data_size < sb->provided;
	return d->size > 0 && d->size < (sb->needed ? sb->needed : sb->provided);
}

static void say_too_small(const struct standalone_subject *d, const struct superblock *sb,
			  char text[static TEXT_SIZE])
{
	char has[32], needs[32];
	uint64_t needed = sb->separate || !sb->needed ? sb->provided : sb->needed;

	snprintf(text, TEXT_SIZE,
		 "%s has %s, but had %s when it was formatted: the partition or image is truncated",
		 sb->separate ? d->data_node : d->node,
		 format_bytes(sb->separate ? d->data_size : d->size, has),
		 format_bytes(needed, needs));
}

bool standalone_judge(const struct standalone *s, const struct standalone_subject *d,
		      const struct superblock *sb, char text[static 512])
{
	bool usable = sb->state == SUPERBLOCK_OK || sb->separate || sb->inline_tags;

	if (sb->state == SUPERBLOCK_MISSING)
		snprintf(
			text, TEXT_SIZE,
			"%s has no dm-integrity superblock: it is another disk than %s means, or its "
			"first sector was overwritten",
			d->node, s->origin);
	else if (usable && sb->provided == 0)
		snprintf(text, TEXT_SIZE,
			 "the dm-integrity superblock on %s has a version that is newer than this "
			 "program",
			 d->node);
	else if (!usable)
		snprintf(
			text, TEXT_SIZE,
			"the dm-integrity superblock on %s is present, but its contents are invalid",
			d->node);
	else if (sb->journal_mac)
		snprintf(
			text, TEXT_SIZE,
			"%s was formatted with --journal-integrity, whose key integritytab(5) cannot "
			"name: open it with integritysetup",
			d->node);
	else if (sb->separate && !d->data_node)
		snprintf(
			text, TEXT_SIZE,
			"%s holds only the tags of another disk: name that disk with data-device= in "
			"%s",
			d->node, s->origin);
	else if (!sb->separate && d->data_node)
		snprintf(text, TEXT_SIZE,
			 "%s holds its own data, so data-device= in %s cannot be right", d->node,
			 s->origin);
	else if (is_too_small(d, sb))
		say_too_small(d, sb, text);
	else
		return true;
	return false;
}

/* --- failures --------------------------------------------------------------------------------- */

void standalone_explain(const struct standalone *s, const char *node,
			const struct standalone_failure *f, char text[static 512])
{
	if (f->missing[0])
		snprintf(
			text, TEXT_SIZE,
			"this kernel cannot open %s: it lacks %s, or the image has no module for it; "
			"make the image again",
			node, f->missing);
	else if (f->err == -EBUSY && f->holder[0])
		snprintf(text, TEXT_SIZE, "%s is in use by %s", node, f->holder);
	else if (f->err == -EBUSY)
		snprintf(text, TEXT_SIZE, "%s, or the name %s, is in use", node, s->name);
	else
		snprintf(text, TEXT_SIZE, "%s cannot be opened: %s%s%s%s", node, strerror(-f->err),
			 f->kernel[0] ? " (kernel: " : "", f->kernel, f->kernel[0] ? ")" : "");
}

void standalone_explain_unreadable(const struct standalone *s, const char *node,
				   char text[static 512])
{
	snprintf(
		text, TEXT_SIZE,
		"no block that was read from %s matches its checksum. The superblock does not name the "
		"algorithm: if %s is wrong (%s), or the key file is, correct it in /etc/integritytab "
		"and make the image again",
		node, s->hash->name, s->origin);
}
