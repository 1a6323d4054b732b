/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/unified.h"

#include "base/util.h"

#include <stdio.h>

#define SECTIONS_MAX 256
#define SECTION_SIZE 40

static const char *const names[UNIFIED_PARTS] = {
	[UNIFIED_LINUX] = ".linux", [UNIFIED_INITRD] = ".initrd", [UNIFIED_CMDLINE] = ".cmdline",
	[UNIFIED_UNAME] = ".uname", [UNIFIED_UCODE] = ".ucode",	  [UNIFIED_OSREL] = ".osrel",
};

static uint32_t word(const uint8_t *at, size_t n)
{
	uint32_t value = 0;

	while (n--)
		value = value << 8 | at[n];
	return value;
}

/* Where the section headers begin and how many there are; false: this is no PE file. */
static bool find_sections(const struct unified_source *source, uint64_t *ret_at, size_t *ret_n)
{
	uint8_t start[64], head[24];
	uint64_t at;

	if (!source->read(source->arg, 0, start, sizeof(start)) || memcmp(start, "MZ", 2) != 0)
		return false;
	at = word(start + 60, 4);
	if (!source->read(source->arg, at, head, sizeof(head)) || memcmp(head, "PE\0\0", 4) != 0)
		return false;
	*ret_n = word(head + 6, 2);
	*ret_at = at + sizeof(head) + word(head + 20, 2);
	return *ret_n <= SECTIONS_MAX;
}

static const char *take_section(const struct unified_source *source, const uint8_t *section,
				struct unified *u)
{
	uint64_t size = word(section + 8, 4), raw = word(section + 16, 4);
	uint64_t offset = word(section + 20, 4);
	char name[9] = "";

	memcpy(name, section, 8);
	if (raw < size)
		size = raw;
	for (enum unified_part p = 0; p < UNIFIED_PARTS; p++) {
		if (!str_eq(name, names[p]))
			continue;
		if (offset > source->size || source->size - offset < size)
			return "is cut short";
		u->profile[u->n - 1].part[p].offset = offset;
		u->profile[u->n - 1].part[p].size = size;
	}
	return NULL;
}

/* A profile has what stands before the first one, but for what it brings itself. */
static void begin_profile(struct unified *u, struct unified *base, bool *begun)
{
	if (!*begun)
		*base = *u;
	else if (u->n < UNIFIED_PROFILES_MAX)
		u->profile[u->n++] = base->profile[0];
	*begun = true;
}

static const char *read_sections(const struct unified_source *source, struct unified *ret)
{
	struct unified u = { .n = 1 }, base = u;
	const char *fault = NULL;
	bool begun = false;
	uint64_t at;
	size_t n;

	if (!find_sections(source, &at, &n))
		return "is no unified kernel image";
	for (size_t i = 0; i < n && !fault; i++) {
		uint8_t section[SECTION_SIZE];

		if (!source->read(source->arg, at + i * SECTION_SIZE, section, SECTION_SIZE))
			return "is cut short";
		if (memcmp(section, ".profile", 8) == 0)
			begin_profile(&u, &base, &begun);
		else
			fault = take_section(source, section, &u);
	}
	if (!fault)
		*ret = u;
	return fault;
}

const char *unified_read(const struct unified_source *source, struct unified *ret)
{
	struct unified u;
	const char *fault = read_sections(source, &u);

	if (!fault && !u.profile[0].part[UNIFIED_LINUX].size)
		fault = "has no kernel in it";
	if (!fault)
		*ret = u;
	return fault;
}

const char *unified_read_addon(const struct unified_source *source, struct unified *ret)
{
	static const enum unified_part parts[] = { UNIFIED_INITRD, UNIFIED_CMDLINE, UNIFIED_UCODE };
	struct unified u;
	const char *fault = read_sections(source, &u);
	bool any = false;

	if (fault)
		return fault;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		any |= u.profile[0].part[parts[i]].size > 0;
	u.n = any && !u.profile[0].part[UNIFIED_LINUX].size;
	*ret = u;
	return NULL;
}

bool unified_kernel_version(const struct unified_source *source, uint64_t at, char *ret,
			    size_t size)
{
	uint8_t head[0x210];
	char text[128] = "";

	if (!source->read(source->arg, at, head, sizeof(head)) ||
	    memcmp(head + 0x202, "HdrS", 4) != 0 || !word(head + 0x20e, 2))
		return false;
	for (size_t i = 0; i + 1 < sizeof(text); i++)
		if (!source->read(source->arg, at + 0x200 + word(head + 0x20e, 2) + i, text + i,
				  1) ||
		    !text[i] || text[i] == ' ')
			break;
	text[sizeof(text) - 1] = '\0';
	text[strcspn(text, " ")] = '\0';
	return text[0] && str_copy(ret, size, text);
}
