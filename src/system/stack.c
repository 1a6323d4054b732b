/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/stack.h"

#include "base/texts.h"
#include "base/util.h"
#include "system/block.h"

#include <stdio.h>

/* Real stacks are four or five devices high. */
#define DEPTH_MAX 32

/* Names of the devices directly below: slaves, or the disk (array, …) of a partition. */
static void devices_below(const char *sysroot, const char *device, char ***ret, size_t *ret_n)
{
	cleanup_free char *slaves = xasprintf("%s" BLOCK_CLASS "/%s/slaves", sysroot, device);
	cleanup_free char *parent = xasprintf("%s" BLOCK_CLASS "/%s/..", sysroot, device);
	char disk[BLOCK_NAME_MAX];

	texts_folder(slaves, ret, ret_n);
	/* A partition's folder lies in its disk's; the link in /sys/class is followed first. */
	if (block_has(sysroot, device, "partition") && block_link_name(parent, disk) == 0)
		texts_add(ret, ret_n, disk);
}

/* "0123456789abcdef0123456789abcdef-NAME", as libcryptsetup puts it behind the type. */
static bool has_luks_uuid(const char *s)
{
	size_t len = 0;

	while (hex_value(s[len]) >= 0)
		len++;
	return len == 32 && s[len] == '-';
}

/* "CRYPT-LUKS2-0123456789abcdef0123456789abcdef-NAME" */
static bool parse_dm_uuid(const char *dm_uuid, struct stack_mapping *ret)
{
	const char *rest = str_after(dm_uuid, "CRYPT-LUKS2-");
	char *out = ret->uuid;

	ret->luks2 = rest != NULL;
	if (!rest)
		rest = str_after(dm_uuid, "CRYPT-LUKS1-");
	if (!rest)
		return false;
	if (!has_luks_uuid(rest))
		return true; /* a LUKS volume all the same */
	for (unsigned i = 0; i < 32; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			*out++ = '-';
		*out++ = rest[i];
	}
	*out = '\0';
	return true;
}

/*
 * The integrity device that belongs to a LUKS2 volume: "CRYPT-SUBDEV-<uuid>-NAME_dif" since
 * cryptsetup 2.7, before that "CRYPT-INTEGRITY-<uuid>-NAME_dif".  One of integritysetup is
 * "CRYPT-INTEGRITY-NAME": dm-integrity has no UUID.
 */
static bool is_dif_uuid(const char *dm_uuid)
{
	const char *rest = str_after(dm_uuid, "CRYPT-INTEGRITY-");

	return str_after(dm_uuid, "CRYPT-SUBDEV-") || (rest && has_luks_uuid(rest));
}

static bool is_dif(const char *sysroot, const char *device)
{
	char uuid[160];

	return block_attribute(sysroot, device, "dm/uuid", uuid, sizeof(uuid)) == 0 &&
	       is_dif_uuid(uuid);
}

/* Follows NAME_dif down to the device that was opened. */
static void find_backing(const char *sysroot, const char *device, struct stack_mapping *mapping)
{
	char at[BLOCK_NAME_MAX];

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
		if (!is_dif(sysroot, at)) {
			block_node(at, mapping->node);
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
	char dm_uuid[160];
	char **below;
	size_t n;

	if (depth == 0)
		return;
	devices_below(sysroot, device, &below, &n);
	for (size_t i = 0; i < n; i++)
		walk(sysroot, below[i], depth - 1, stack);
	texts_free(below, n);

	if (block_attribute(sysroot, device, "dm/uuid", dm_uuid, sizeof(dm_uuid)) < 0)
		return;
	block_mapping_name(sysroot, device, mapping.name);
	if (parse_dm_uuid(dm_uuid, &mapping)) {
		find_backing(sysroot, device, &mapping);
		add_mapping(&mapping, stack);
	} else if (str_after(dm_uuid, "CRYPT-INTEGRITY-") && !is_dif_uuid(dm_uuid)) {
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
