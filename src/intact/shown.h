/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shown: what `intact status` has found out about one volume, and how it is printed.
 */
#ifndef INTACT_INTACT_SHOWN_H
#define INTACT_INTACT_SHOWN_H

#include "facts/stack.h"
#include "intact/health.h"
#include "intact/scrub_volume.h"
#include "policy/fresh.h"

struct shown {
	const char *name;
	const char *cpu;   /* see struct health */
	const char *error; /* why nothing can be shown, if it cannot */
	struct stack_mapping mapping;
	char device[BLOCK_NAME_MAX]; /* the mapping's kernel name, "dm-1" */
	char node[64];		     /* of the mapping */
	struct disk disk;
	struct opened opened;
	char implementation[160];
	char tokens[512]; /* their types */
	struct scrub_state scrub;
	struct checksums checksums; /* below it */
	bool rotates;		    /* the disk does */
	/* Freshness. */
	bool keys; /* they were left in the keyring by the boot */
	struct fresh_facts facts;
	struct fsroot root;
	struct fresh_verdict verdict;
	/* The verdict. */
	struct health health;
	struct faults faults;
};

/* Is nothing known that speaks against the disk's being the current one? */
bool shown_is_current(const struct shown *s);
void shown_text(const struct shown *s);
void shown_json(const struct shown *s);
/* The object of a volume of which nothing can be shown. */
void shown_json_error(const char *name, const char *error);

#endif
