/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/hibernated.h"

#include "base/util.h"

/* The rules of hooks/resume of initramfs-tools. */
bool hibernated_can_be_on(const struct host *host, const struct place *swap)
{
	if (!str_after(swap->spec, "/dev/") || str_after(swap->spec, "/dev/zram") ||
	    str_after(swap->spec, "/dev/zd"))
		return false;
	for (size_t i = 0; i < host->tab.n; i++)
		if (host->tab.entries[i].throwaway &&
		    str_eq(host->tab.entries[i].name, swap->mapping))
			return false;
	return true;
}

static bool holds_ours(const struct stack *stack)
{
	for (size_t i = 0; i < stack->n_mappings; i++)
		if (stack->mappings[i].luks2)
			return true;
	return stack->n_standalone > 0;
}

/* Sets *found for a device. A file, and a device that is not here, may be on any volume. */
static bool is_elsewhere(const struct place *p, bool *found)
{
	if (!p->spec || str_eq(p->spec, "auto") || str_eq(p->spec, "none"))
		return true;
	*found = true;
	return p->here && !holds_ours(&p->stack);
}

/* systemd hibernates to a swap of its own choice, and resumes from that without resume=. So all
 * swaps count, and nothing is certain without any. */
bool hibernated_elsewhere(const struct host *host)
{
	bool found = false;

	if (!is_elsewhere(&host->resume_cmdline, &found) ||
	    !is_elsewhere(&host->resume_setting, &found) || holds_ours(&host->resume_kernel))
		return false;
	for (size_t i = 0; i < host->n_swaps; i++) {
		const struct place *p = &host->swaps[i].place;

		if ((!p->here || hibernated_can_be_on(host, p)) && !is_elsewhere(p, &found))
			return false;
	}
	return found;
}

/* Where a file is swapped to, its place on the volume would have to be known, too. */
static bool is_swap_here(const struct host *host, const struct place *p)
{
	for (size_t i = 0; i < host->n_swaps; i++)
		if (host->swaps[i].place.here && str_eq(host->swaps[i].place.device, p->device))
			return p->here && p->whole;
	return false;
}

bool hibernated_here(const struct host *host)
{
	const struct place *set[] = { &host->resume_cmdline, &host->resume_setting };
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(set); i++)
		if (set[i]->spec && !str_eq(set[i]->spec, "auto") &&
		    !str_eq(set[i]->spec, "none") && !is_swap_here(host, set[i]))
			return false;
	for (size_t i = 0; i < host->n_swaps; i++) {
		const struct place *p = &host->swaps[i].place;

		/* A file keeps it, too. */
		if (str_after(p->spec, "/dev/") && !hibernated_can_be_on(host, p))
			continue;
		if (!is_swap_here(host, p))
			return false;
		found = true;
	}
	return found && !host->resume_kernel_elsewhere;
}
