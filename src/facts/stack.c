/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/stack.h"

#include "base/texts.h"

#include <stdlib.h>

void stack_free(struct stack *stack)
{
	free(stack->mappings);
	free(stack->standalone);
	*stack = (struct stack){ 0 };
}

void mount_free(struct mount *mount)
{
	texts_free(mount->devices, mount->n_devices);
	free(mount->root);
	free(mount->source);
	free(mount->type);
	*mount = (struct mount){ 0 };
}

void swaps_free(struct swap *swaps, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(swaps[i].path);
	free(swaps);
}
