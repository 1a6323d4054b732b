/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * freshly: what the commands share that work on the freshness of an open volume.
 */
#ifndef INTACT_INTACT_FRESHLY_H
#define INTACT_INTACT_FRESHLY_H

#include "facts/stack.h"
#include "policy/fresh.h"
#include "system/freshness.h"

/* Is the mapping on the device with this number ("254:2")? */
bool freshly_is_on(const struct stack_mapping *m, const char *number);
/* The node of the mapping itself. */
bool freshly_node(const struct stack_mapping *m, char node[static 64]);
/* The node of the open mapping of this volume; false: it is not open. */
bool freshly_mapping(const struct luks *luks, const char *luks_uuid, char node[static 64]);

/* What the header, the TPM and the file system's root say; f has its keys. node "": the root is not
 * looked at. */
void freshly_judge(struct freshness *f, const struct header *h, const char *node,
		   struct fresh_facts *ret_facts, struct fsroot *ret_root,
		   struct fresh_verdict *ret);

/* Why a bump failed, as a clause. */
const char *freshly_why(const struct freshness *f, int err);

#endif
