/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/spots.h"

#include "base/escape.h"
#include "base/util.h"

#include <inttypes.h>

#define NAMES_MAX 32

static bool same_name(const char *a, const char *b)
{
	return a && b ? str_eq(a, b) : a == b;
}

/* A name that stands for a place in a file; the others are said of a whole range. */
static bool has_place(enum spot_kind kind)
{
	return kind == SPOT_FILE || kind == SPOT_UNWRITTEN || kind == SPOT_DELETED ||
	       kind == SPOT_MIRRORED;
}

static bool continues(const struct spot *last, const struct spot *next)
{
	return last->kind == next->kind && last->inode == next->inode &&
	       last->volume + last->len == next->volume && same_name(last->name, next->name) &&
	       (!has_place(last->kind) || last->at + last->len == next->at);
}

/* One of the last ones: a place with several names adds that many in turn. */
static struct spot *find_continued(const struct spots *spots, const struct spot *next)
{
	for (size_t i = spots->n; i > 0 && spots->n - i < NAMES_MAX; i--)
		if (continues(&spots->list[i - 1], next))
			return &spots->list[i - 1];
	return NULL;
}

void spots_add(struct spots *spots, const struct area *part, enum spot_kind kind, const char *name,
	       uint64_t at, uint64_t inode)
{
	struct spot *last, next = {
		.volume = part->volume, .len = part->len, .kind = kind, .at = at, .inode = inode
	};

	next.name = name ? xstrdup(name) : NULL;
	last = find_continued(spots, &next);
	if (!last && spots->n < SPOTS_MAX) {
		*(struct spot *)array_add(&spots->list, &spots->n, sizeof(*spots->list)) = next;
		return;
	}
	if (last)
		last->len += next.len;
	else
		spots->more = true;
	free(next.name);
}

size_t spots_files(const struct spots *spots)
{
	size_t files = 0;

	for (size_t i = 0; i < spots->n; i++) {
		const struct spot *s = &spots->list[i];
		bool first = s->name && (s->kind == SPOT_FILE || s->kind == SPOT_FOLDER ||
					 s->kind == SPOT_LINK);

		for (size_t j = 0; first && j < i; j++)
			first = spots->list[j].kind != s->kind ||
				!same_name(spots->list[j].name, s->name);
		files += first;
	}
	return files;
}

static int compare(const void *a, const void *b)
{
	const struct spot *x = a, *y = b;

	if (x->volume != y->volume)
		return x->volume < y->volume ? -1 : 1;
	if (x->name && y->name)
		return strcmp(x->name, y->name);
	return (x->name ? 1 : 0) - (y->name ? 1 : 0);
}

void spots_sort(struct spots *spots)
{
	if (spots->n > 1)
		qsort(spots->list, spots->n, sizeof(*spots->list), compare);
}

void spots_free(struct spots *spots)
{
	for (size_t i = 0; i < spots->n; i++) {
		free(spots->list[i].name);
		free(spots->list[i].package);
		free(spots->list[i].remedy);
	}
	free(spots->list);
	*spots = (struct spots){ 0 };
}

/* --- words ------------------------------------------------------------------------------------ */

static const struct {
	const char *word, *text;
} kinds[] = {
	[SPOT_FILE] = { "file", NULL },
	[SPOT_FOLDER] = { "folder", NULL },
	[SPOT_LINK] = { "link", NULL },
	[SPOT_UNWRITTEN] = { "unwritten", NULL },
	[SPOT_DELETED] = { "deleted", NULL },
	[SPOT_FREE] = { "free", "free space: no data is lost" },
	[SPOT_METADATA] = { "metadata", "metadata of the file system: have it checked (fsck, "
					"xfs_repair, btrfs scrub)" },
	[SPOT_JOURNAL] = { "journal", "the journal of the file system, which writes it anew" },
	[SPOT_NAMELESS] = { "nameless", "in use, but no file was found there: metadata of a file, "
					"or a file that came or went meanwhile" },
	[SPOT_SWAP] = { "swap", "swap: the program whose memory was there is ended when it needs "
				"it" },
	[SPOT_UNUSED] = { "unused", "no logical volume or partition has this place: it is free, or "
				    "metadata of LVM or of a partition table" },
	[SPOT_UNMOUNTED] = { "unmounted",
			     "nothing uses this place now, but data may be lost there: "
			     "files can be named when their file system is mounted" },
	[SPOT_MIRRORED] = { "mirrored", NULL },
	[SPOT_UNKNOWN] = { "unknown", NULL },
	[SPOT_GOOD] = { "good", "can be read again: it was written anew meanwhile" },
};

const char *spot_word(enum spot_kind kind)
{
	return kinds[kind].word;
}

/* What to do about a file. */
static char *file_remedy(const struct spot *s)
{
	if (s->package && s->remedy)
		return xasprintf("package %s: %s", s->package, s->remedy);
	if (s->package)
		return xasprintf("restore it from a backup (package %s has the original)",
				 s->package);
	return xstrdup("restore it from a backup");
}

char *spot_text(const struct spot *s)
{
	cleanup_free char *name = str_printable(xstrdup(s->name ? s->name : "?"));
	cleanup_free char *remedy = NULL;

	switch (s->kind) {
	case SPOT_FILE:
		remedy = file_remedy(s);
		return xasprintf("%s, from byte %" PRIu64 " on: %s", name, s->at, remedy);
	case SPOT_MIRRORED:
		return xasprintf("%s, from byte %" PRIu64 " on, of which btrfs has another copy: "
				 "`btrfs scrub start` writes this one anew if the other is good",
				 name, s->at);
	case SPOT_FOLDER:
		return xasprintf("the folder %s: have the file system checked (fsck, xfs_repair)",
				 name);
	case SPOT_LINK:
		return xasprintf("the symbolic link %s: make it again", name);
	case SPOT_UNWRITTEN:
		return xasprintf("%s, from byte %" PRIu64 " on, where nothing was written yet: no "
				 "data is lost",
				 name, s->at);
	case SPOT_DELETED:
		return xasprintf("a deleted file that is still open%s%s",
				 s->name ? " in process " : "", s->name ? name : "");
	case SPOT_UNKNOWN:
		return xasprintf("cannot be told: %s", name);
	default:
		return xstrdup(kinds[s->kind].text);
	}
}
