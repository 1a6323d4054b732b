/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/freshly.h"

#include "base/util.h"
#include "system/block.h"
#include "system/fsroot_read.h"
#include "system/stack.h"

#include <stdio.h>
#include <strings.h>
#include <sys/sysmacros.h>

bool freshly_is_on(const struct stack_mapping *m, const char *number)
{
	char is[BLOCK_NAME_MAX], wanted[BLOCK_NAME_MAX];

	return block_device("", m->node, is) == 0 && block_by_number("", number, wanted) == 0 &&
	       str_eq(is, wanted);
}

bool freshly_node(const struct stack_mapping *m, char node[static 64])
{
	char device[BLOCK_NAME_MAX];

	return block_by_mapping("", m->name, device) == 0 && block_node(device, node);
}

bool freshly_mapping(const struct luks *luks, const char *luks_uuid, char node[static 64])
{
	struct stack stack = { 0 };
	char number[32];
	bool found = false;

	(void)snprintf(number, sizeof(number), "%u:%u", major(luks_number(luks)),
		       minor(luks_number(luks)));
	stack_walk_all("", &stack);
	for (size_t i = 0; !found && i < stack.n_mappings; i++)
		found = strcasecmp(stack.mappings[i].uuid, luks_uuid) == 0 &&
			freshly_is_on(&stack.mappings[i], number) &&
			freshly_node(&stack.mappings[i], node);
	stack_free(&stack);
	return found;
}

void freshly_judge(struct freshness *f, const struct header *h, const char *node,
		   struct fresh_facts *ret_facts, struct fsroot *ret_root,
		   struct fresh_verdict *ret)
{
	struct fresh_facts facts = { .demand = FRESH_DEMAND_REQUIRE,
				     .found = h->fresh,
				     .record = h->fresh_record };
	struct fsroot root;

	(void)freshness_find(f, 0, TPM_ANSWER_MS);
	facts.mac_ok = h->fresh == FRESH_FOUND && freshness_mac_ok(f, &h->fresh_record);
	facts.counter = freshness_count(f, &facts.count);
	freshness_counter(f, &facts.nv, facts.name);
	fresh_judge(&facts, ret);
	*ret_facts = facts;
	if (ret->outcome != FRESH_CURRENT || !*node)
		return;
	if (fsroot_read_node(node, &root) == 0) {
		fresh_judge_root(&facts, &root, ret);
		*ret_root = root;
	} else {
		fresh_judge_root(&facts, NULL, ret);
	}
}

const char *freshly_why(const struct freshness *f, int err)
{
	enum tpm_fault fault = freshness_fault(f);

	if (fault != TPM_OK)
		return tpm_fault_text(fault);
	switch (err) {
	case -EROFS:
		return "its header is in a file, which does not keep a record";
	case -EAGAIN:
		return "another program has changed its header meanwhile: try again";
	case -ENOSPC:
		return "its header has no room for the record";
	case -EIO:
	case -ESTALE:
		return "the TPM does not count, or the disk does not keep the record";
	default:
		return strerror(-err);
	}
}
