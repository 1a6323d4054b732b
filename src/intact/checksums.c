/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/checksums.h"

#include "base/util.h"
#include "facts/standalone.h"
#include "system/dmdevice.h"
#include "system/stack.h"

static void read_table(const char *name, struct checksums *ret)
{
	char line[STANDALONE_TABLE_MAX];
	struct standalone_table table = { 0 };

	if (!dmdevice_line(name, "integrity", false, line, sizeof(line)) ||
	    !standalone_read_table(line, &table))
		table = (struct standalone_table){ 0 };
	explicit_bzero(line, sizeof(line));
	str_append(ret->text, sizeof(ret->text), "%s%s (%s)", ret->text[0] ? ", " : "",
		   table.hash ? table.hash->name : "unknown", name);
	ret->keyed = ret->keyed && table.hash && table.hash->keyed;
	ret->no_journal = ret->no_journal || table.mode == 'D';
	ret->recovery = ret->recovery || table.mode == 'R';
}

static void read_status(const char *name, struct checksums *ret)
{
	uint64_t mismatches = 0, sectors = 0;
	char line[256];

	if (!dmdevice_line(name, "integrity", true, line, sizeof(line)))
		return;
	if (standalone_read_status(line, &mismatches))
		ret->mismatches += mismatches;
	if (standalone_read_unfinished(line, &sectors))
		ret->unfinished += sectors * 512;
}

void checksums_find(const char *device, struct checksums *ret)
{
	struct stack stack = { 0 };

	stack_walk("", device, &stack);
	*ret = (struct checksums){ .keyed = stack.n_standalone > 0 };
	for (size_t i = 0; i < stack.n_standalone; i++) {
		read_table(stack.standalone[i], ret);
		read_status(stack.standalone[i], ret);
	}
	stack_free(&stack);
}
