/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/scrub_above.h"

#include "base/texts.h"
#include "base/util.h"
#include "facts/dmtable.h"
#include "system/block.h"
#include "system/dmdevice.h"
#include "system/usage.h"

#include <stdio.h>

#define DEPTH_MAX 16

/* One device, and one mapping or partition on it. */
struct holder {
	const char *number; /* of the device, "254:1" */
	const struct areas *areas;
	struct areas *taken; /* of them, by any holder */
	char *other;	     /* a target that is not followed, or ""; of 32 bytes */
	struct areas above;  /* the same places on the holder */
	bool linear;	     /* nothing but linear targets */
};

static void see_target(void *arg, uint64_t start, uint64_t length, const char *target,
		       const char *params)
{
	struct holder *h = arg;
	char below[24];
	uint64_t offset = 0;

	/* What has a snapshot is mapped as it is. */
	if (str_eq(target, "snapshot-origin") && str_eq(params, h->number)) {
		offset = start;
		h->linear = false;
	} else if (!str_eq(target, "linear")) {
		(void)str_copy(h->other, 32, target);
		return;
	} else if (!dmtable_parse_linear(params, below, &offset) || !str_eq(below, h->number)) {
		return;
	}
	areas_map(h->areas, offset * 512, start * 512, length * 512, &h->above);
	areas_map(h->areas, offset * 512, offset * 512, length * 512, h->taken);
}

static void read_holder(struct holder *h, const char *name)
{
	char text[32];
	unsigned major, minor;

	h->linear = true;
	if (block_attribute("", name, "dev", text, sizeof(text)) < 0 ||
	    sscanf(text, "%u:%u", &major, &minor) != 2 || !block_has("", name, "dm") ||
	    !dmdevice_targets(major, minor, see_target, h))
		(void)str_copy(h->other, 32, name);
	areas_sort(&h->above);
}

static bool overlap(const struct areas *sorted)
{
	for (size_t i = 1; i < sorted->n; i++)
		if (sorted->list[i - 1].from + sorted->list[i - 1].len > sorted->list[i].from)
			return true;
	return false;
}

static void look_at(const struct scrub_above *a, const char *device, const struct areas *areas,
		    unsigned depth, bool alone);

static void look_at_holders(const struct scrub_above *a, const char *device,
			    const struct areas *areas, unsigned depth, bool alone)
{
	struct areas taken = { 0 }, rest = { 0 };
	cleanup_free struct holder *holders = NULL;
	char number[32], other[32] = "", **names;
	size_t n, followed;

	if (block_attribute("", device, "dev", number, sizeof(number)) < 0)
		number[0] = '\0';
	usage_holders("", device, &names, &n);
	if (n > 0 && depth == DEPTH_MAX)
		(void)str_copy(other, sizeof(other), "more than 16 on each other");
	followed = depth < DEPTH_MAX ? n : 0;
	holders = xcalloc(n + 1, sizeof(*holders));
	for (size_t i = 0; i < followed; i++) {
		holders[i] = (struct holder){
			.number = number, .areas = areas, .taken = &taken, .other = other
		};
		read_holder(&holders[i], names[i]);
	}
	areas_sort(&taken);
	/* What is not followed may have any place. */
	alone = alone && !other[0] && !overlap(&taken);
	for (size_t i = 0; i < followed; i++) {
		if (holders[i].above.n)
			look_at(a, names[i], &holders[i].above, depth + 1,
				alone && holders[i].linear);
		areas_free(&holders[i].above);
	}
	texts_free(names, n);
	areas_subtract(areas, &taken, &rest);
	if (a->rest)
		a->rest(a->arg, device, n > 0, other, &rest);
	areas_free(&taken);
	areas_free(&rest);
}

static void look_at(const struct scrub_above *a, const char *device, const struct areas *areas,
		    unsigned depth, bool alone)
{
	if (!a->device(a->arg, device, areas, alone))
		look_at_holders(a, device, areas, depth, alone);
}

void scrub_above(const struct scrub_above *above, const char *device, const struct areas *areas)
{
	look_at(above, device, areas, 0, true);
}
