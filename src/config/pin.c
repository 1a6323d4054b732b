/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/pin.h"

#include "base/parse.h"
#include "base/util.h"
#include "config/crypttab.h"

#include <ctype.h>

/* LUKS2 allows these (specification, "segments"). */
static const unsigned sector_sizes[] = { 512, 1024, 2048, 4096 };
#define KEY_SIZE_MAX 512 /* bytes; dm-crypt's own limit is lower */

static bool read_cipher(const char *value, char *ret, size_t size)
{
	if (!strchr(value, '-') || !str_copy(ret, size, value) ||
	    value[strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789_:+-")])
		return false;
	for (char *p = ret; *p; p++)
		if (*p == '+')
			*p = ',';
	return true;
}

static bool read_sector_size(const char *value, unsigned *ret)
{
	uint64_t number;

	if (parse_u64(value, UINT32_MAX, &number) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(sector_sizes); i++)
		if (sector_sizes[i] == number)
			*ret = (unsigned)number;
	return *ret != 0;
}

static bool read_key_size(const char *value, unsigned *ret)
{
	uint64_t number;

	if (parse_u64(value, KEY_SIZE_MAX, &number) < 0 || number == 0)
		return false;
	*ret = (unsigned)number;
	return true;
}

static bool read_digest(const char *value, char ret[static PIN_DIGEST_MAX])
{
	const char *digits = str_after(value, "sha256:");

	if (!digits || strlen(digits) != 64 || digits[strspn(digits, "0123456789abcdefABCDEF")])
		return false;
	str_copy(ret, PIN_DIGEST_MAX, value);
	for (char *p = ret; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return true;
}

static enum pin_read keep_text(const char *read, char *field, size_t size)
{
	if (field[0])
		return str_eq(field, read) ? PIN_SET : PIN_OTHER;
	str_copy(field, size, read);
	return PIN_SET;
}

static enum pin_read keep_number(unsigned read, unsigned *field)
{
	if (*field)
		return *field == read ? PIN_SET : PIN_OTHER;
	*field = read;
	return PIN_SET;
}

/* The stronger demand counts: a later one, on the kernel command line, must not weaken it. */
static enum pin_read read_fresh(const char *value, struct pins *pins)
{
	enum fresh_demand demand = FRESH_DEMAND_REQUIRE;
	size_t len = strcspn(value, "+,");
	const bool tags = value[len];

	if (len == strlen("report") && str_after(value, "report"))
		demand = FRESH_DEMAND_REPORT;
	else if (len > 0 && (len != strlen("require") || !str_after(value, "require")))
		return PIN_BAD;
	if (tags && !str_eq(value + len + 1, "tags"))
		return PIN_BAD;
	if (demand > pins->fresh)
		pins->fresh = demand;
	pins->fresh_tags |= tags;
	return PIN_SET;
}

char *pin_word(char **rest)
{
	char *word = crypttab_option(rest), *next = *rest;
	size_t len = next ? strcspn(next, ",") : 0;

	if (word && len == strlen("tags") && str_after(next, "tags") &&
	    str_after(word, "x-intact.fresh=")) {
		next[-1] = ',';
		(void)strsep(rest, ",");
	}
	return word;
}

enum pin_read pin_read(enum pin pin, const char *value, struct pins *pins)
{
	struct pins read = { .bad = "" };

	switch (pin) {
	case PIN_CIPHER:
		return read_cipher(value, read.encryption, sizeof(read.encryption)) ?
			       keep_text(read.encryption, pins->encryption,
					 sizeof(pins->encryption)) :
			       PIN_BAD;
	case PIN_SECTOR_SIZE:
		return read_sector_size(value, &read.sector_size) ?
			       keep_number(read.sector_size, &pins->sector_size) :
			       PIN_BAD;
	case PIN_KEY_SIZE:
		return read_key_size(value, &read.key_size) ?
			       keep_number(read.key_size, &pins->key_size) :
			       PIN_BAD;
	case PIN_VOLUME_KEY:
		return read_digest(value, read.key_digest) ?
			       keep_text(read.key_digest, pins->key_digest,
					 sizeof(pins->key_digest)) :
			       PIN_BAD;
	case PIN_FRESH:
		return read_fresh(value, pins);
	}
	return PIN_BAD;
}
