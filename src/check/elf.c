/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/elf.h"

#include "base/texts.h"
#include "base/util.h"

#include <elf.h>

/* Names in the file; longer ones are no names of libraries. */
#define TEXT_MAX 4096
#define SEGMENTS_MAX 64
#define TAGS_MAX 4096

struct reading {
	const uint8_t *data;
	size_t n;
	struct elf *elf;
	struct {
		uint64_t address, offset, size;
	} load[SEGMENTS_MAX];
	size_t n_load;
	uint64_t dynamic, dynamic_size; /* where the dynamic section is; size 0: there is none */
	uint64_t strings;		/* where its strings are */
};

bool elf_begins(const uint8_t *data, size_t n)
{
	return n >= SELFMAG && memcmp(data, ELFMAG, SELFMAG) == 0;
}

/* A number of size bytes at this place; false: the file has none there. */
static bool number(const struct reading *r, uint64_t at, unsigned size, uint64_t *ret)
{
	if (at > r->n || r->n - at < size)
		return false;
	*ret = 0;
	for (unsigned i = 0; i < size; i++)
		*ret |= (uint64_t)r->data[at + i] << 8 * (r->elf->big ? size - 1 - i : i);
	return true;
}

/* The text at this place; NULL: it does not end. The caller frees it. */
static char *text(const struct reading *r, uint64_t at)
{
	size_t len;

	if (at >= r->n)
		return NULL;
	len = strnlen((const char *)r->data + at, r->n - at);
	if (len == r->n - at || len > TEXT_MAX)
		return NULL;
	return xstrndup((const char *)r->data + at, len);
}

/* Where in the file an address of the loaded program lies. */
static bool place(const struct reading *r, uint64_t address, uint64_t *ret)
{
	for (size_t i = 0; i < r->n_load; i++) {
		if (address < r->load[i].address || address - r->load[i].address >= r->load[i].size)
			continue;
		*ret = address - r->load[i].address + r->load[i].offset;
		return true;
	}
	return false;
}

static const char *read_segment(struct reading *r, uint64_t at)
{
	bool wide = r->elf->wide;
	unsigned word = wide ? 8 : 4;
	uint64_t type, offset, address, size;

	if (!number(r, at, 4, &type) || !number(r, at + (wide ? 8 : 4), word, &offset) ||
	    !number(r, at + (wide ? 16 : 8), word, &address) ||
	    !number(r, at + (wide ? 32 : 16), word, &size))
		return "is cut short";
	if (type == PT_LOAD && (offset > r->n || r->n - offset < size))
		return "is cut short";
	if (type == PT_LOAD && r->n_load < SEGMENTS_MAX) {
		r->load[r->n_load].address = address;
		r->load[r->n_load].offset = offset;
		r->load[r->n_load++].size = size;
	} else if (type == PT_INTERP && !r->elf->interpreter) {
		r->elf->interpreter = text(r, offset);
	} else if (type == PT_DYNAMIC) {
		r->dynamic = offset;
		r->dynamic_size = size;
	}
	return NULL;
}

static const char *read_segments(struct reading *r)
{
	bool wide = r->elf->wide;
	uint64_t start, size, count;
	const char *fault = NULL;

	if (!number(r, wide ? 32 : 28, wide ? 8 : 4, &start) ||
	    !number(r, wide ? 54 : 42, 2, &size) || !number(r, wide ? 56 : 44, 2, &count))
		return "is cut short";
	if (size < (wide ? 56 : 32) || count > SEGMENTS_MAX || start > r->n)
		return "is damaged";
	for (uint64_t i = 0; i < count && !fault; i++)
		fault = read_segment(r, start + i * size);
	return fault;
}

/* The tag at position i of the dynamic section; false: it ends here. */
static bool dynamic_tag(const struct reading *r, size_t i, uint64_t *ret_tag, uint64_t *ret_value)
{
	unsigned word = r->elf->wide ? 8 : 4;
	uint64_t at = r->dynamic + (uint64_t)i * 2 * word;

	return i < TAGS_MAX && ((uint64_t)i + 1) * 2 * word <= r->dynamic_size &&
	       number(r, at, word, ret_tag) && number(r, at + word, word, ret_value) &&
	       *ret_tag != DT_NULL;
}

static void take_tag(struct reading *r, uint64_t tag, uint64_t value)
{
	struct elf *elf = r->elf;
	cleanup_free char *found = NULL;

	if (tag != DT_NEEDED && tag != DT_RPATH && tag != DT_RUNPATH)
		return;
	found = text(r, r->strings + value);
	if (!found)
		return;
	if (tag == DT_NEEDED && elf->n_needed < ELF_NEEDED_MAX) {
		texts_add(&elf->needed, &elf->n_needed, found);
	} else if (tag == DT_RUNPATH || (tag == DT_RPATH && !elf->paths)) {
		/* The older kind counts only without the newer. */
		free(elf->paths);
		elf->paths = steal_pointer(&found);
	}
}

static const char *read_dynamic(struct reading *r)
{
	uint64_t tag, value;
	bool strings = false;

	for (size_t i = 0; dynamic_tag(r, i, &tag, &value); i++)
		if (tag == DT_STRTAB)
			strings = place(r, value, &r->strings);
	if (!strings)
		return r->dynamic_size ? "is damaged" : NULL;
	for (size_t i = 0; dynamic_tag(r, i, &tag, &value); i++)
		take_tag(r, tag, value);
	return NULL;
}

const char *elf_read(const uint8_t *data, size_t n, struct elf *ret)
{
	struct elf elf = { 0 };
	struct reading r = { .data = data, .n = n, .elf = &elf };
	uint64_t type, machine;
	const char *fault;

	if (n <= EI_DATA || !elf_begins(data, n))
		return "is no ELF file";
	elf.wide = data[EI_CLASS] == ELFCLASS64;
	elf.big = data[EI_DATA] == ELFDATA2MSB;
	if (!number(&r, 16, 2, &type) || !number(&r, 18, 2, &machine))
		return "is cut short";
	elf.machine = (unsigned)machine;
	if (type == ET_EXEC || type == ET_DYN) {
		fault = read_segments(&r);
		if (!fault)
			fault = read_dynamic(&r);
		if (fault) {
			elf_free(&elf);
			return fault;
		}
	}
	*ret = elf;
	return NULL;
}

void elf_free(struct elf *elf)
{
	free(elf->interpreter);
	free(elf->paths);
	texts_free(elf->needed, elf->n_needed);
	*elf = (struct elf){ 0 };
}

bool elf_same_machine(const struct elf *a, const struct elf *b)
{
	return a->machine == b->machine && a->wide == b->wide && a->big == b->big;
}
