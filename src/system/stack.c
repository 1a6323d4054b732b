/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/stack.h"

#include "base/texts.h"
#include "base/util.h"
#include "facts/dmuuid.h"
#include "system/block.h"

#include <stdio.h>

/* Real stacks are four or five devices high. */
#define DEPTH_MAX 32

/* Names of the devices directly below: the slaves, or the disk (array, …) of a partition. */
static void devices_below(const char *sysroot, const char *device, char ***ret, size_t *ret_n)
{
	cleanup_free char *slaves = xasprintf("%s" BLOCK_CLASS "/%s/slaves", sysroot, device);
	cleanup_free char *parent = xasprintf("%s" BLOCK_CLASS "/%s/..", sysroot, device);
	char disk[BLOCK_NAME_MAX];

	texts_folder(slaves, ret, ret_n);
	/* A partition's folder lies in its disk's: the kernel follows the link before the "..". */
	if (block_has(sysroot, device, "partition") && block_link_name(parent, disk) == 0)
		texts_add(ret, ret_n, disk);
}

static enum dmuuid_kind kind_of(const char *sysroot, const char *device, char luks_uuid[static 40])
{
	char dm_uuid[BLOCK_DM_UUID_MAX];

	if (block_attribute(sysroot, device, "dm/uuid", dm_uuid, sizeof(dm_uuid)) < 0)
		dm_uuid[0] = '\0';
	return dmuuid_parse(dm_uuid, luks_uuid);
}

/* The device that was opened, which NAME_dif may separate from NAME. */
static void find_backing(const char *sysroot, const char *device, struct stack_mapping *mapping)
{
	char at[BLOCK_NAME_MAX], luks_uuid[40];

	str_copy(at, sizeof(at), device);
	for (unsigned depth = 0; depth < 3; depth++) {
		char **below;
		size_t n;

		devices_below(sysroot, at, &below, &n);
		if (n)
			str_copy(at, sizeof(at), below[0]);
		texts_free(below, n);
		if (!n)
			return;
		if (kind_of(sysroot, at, luks_uuid) != DMUUID_DIF) {
			(void)block_node(at, mapping->node);
			return;
		}
		mapping->dif = true;
	}
}

static void add_mapping(const struct stack_mapping *mapping, struct stack *stack)
{
	for (size_t i = 0; i < stack->n_mappings; i++)
		if (str_eq(stack->mappings[i].name, mapping->name))
			return;
	*(struct stack_mapping *)array_add(&stack->mappings, &stack->n_mappings,
					   sizeof(*mapping)) = *mapping;
}

static void add_standalone(const char *name, struct stack *stack)
{
	for (size_t i = 0; i < stack->n_standalone; i++)
		if (str_eq(stack->standalone[i], name))
			return;
	str_copy(array_add(&stack->standalone, &stack->n_standalone, sizeof(*stack->standalone)),
		 sizeof(*stack->standalone), name);
}

static void walk(const char *sysroot, const char *device, unsigned depth, struct stack *stack)
{
	struct stack_mapping mapping = { 0 };
	enum dmuuid_kind kind;
	char **below;
	size_t n;

	if (depth == 0)
		return;
	devices_below(sysroot, device, &below, &n);
	for (size_t i = 0; i < n; i++)
		walk(sysroot, below[i], depth - 1, stack);
	texts_free(below, n);

	block_mapping_name(sysroot, device, mapping.name);
	kind = kind_of(sysroot, device, mapping.uuid);
	if (kind == DMUUID_LUKS1 || kind == DMUUID_LUKS2) {
		mapping.luks2 = kind == DMUUID_LUKS2;
		find_backing(sysroot, device, &mapping);
		add_mapping(&mapping, stack);
	} else if (kind == DMUUID_STANDALONE) {
		add_standalone(mapping.name, stack);
	}
}

void stack_walk(const char *sysroot, const char *device, struct stack *stack)
{
	walk(sysroot, device, DEPTH_MAX, stack);
}

void stack_walk_all(const char *sysroot, struct stack *stack)
{
	cleanup_free char *class = xasprintf("%s" BLOCK_CLASS, sysroot);
	char **names;
	size_t n;

	texts_folder(class, &names, &n);
	for (size_t i = 0; i < n; i++)
		if (block_has(sysroot, names[i], "dm/uuid"))
			stack_walk(sysroot, names[i], stack);
	texts_free(names, n);
}

static enum stack_checks checks(const char *sysroot, const char *device, unsigned depth)
{
	enum stack_checks weakest = STACK_TAGS;
	char luks_uuid[40], **below;
	enum dmuuid_kind kind = kind_of(sysroot, device, luks_uuid);
	size_t n;

	if (kind == DMUUID_DIF)
		return STACK_TAGS;
	if (kind == DMUUID_STANDALONE)
		return STACK_CHECKSUMS;
	devices_below(sysroot, device, &below, &n);
	if (n == 0 || depth == 0)
		weakest = STACK_UNCHECKED;
	for (size_t i = 0; i < n && weakest != STACK_UNCHECKED; i++) {
		enum stack_checks one = checks(sysroot, below[i], depth - 1);

		weakest = one < weakest ? one : weakest;
	}
	texts_free(below, n);
	return weakest;
}

enum stack_checks stack_checks(const char *sysroot, const char *device)
{
	return checks(sysroot, device, DEPTH_MAX);
}

struct within {
	bool (*may)(void *arg, const char *name);
	void *arg;
	char *odd;
};

static bool is_within(const char *sysroot, const char *device, unsigned depth,
		      const struct within *w)
{
	char name[128], luks_uuid[40], **below;
	bool within;
	size_t n;

	block_mapping_name(sysroot, device, name);
	if (kind_of(sysroot, device, luks_uuid) == DMUUID_LUKS2 && w->may(w->arg, name))
		return true;
	devices_below(sysroot, device, &below, &n);
	within = depth > 0 && (n > 0 || name[0]);
	if (!within)
		(void)str_copy(w->odd, BLOCK_NAME_MAX, device);
	for (size_t i = 0; within && i < n; i++)
		within = is_within(sysroot, below[i], depth - 1, w);
	texts_free(below, n);
	return within;
}

bool stack_is_within(const char *sysroot, const char *device,
		     bool (*may)(void *arg, const char *name), void *arg,
		     char odd[static BLOCK_NAME_MAX])
{
	return is_within(sysroot, device, DEPTH_MAX, &(struct within){ may, arg, odd });
}
