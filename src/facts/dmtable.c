/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/dmtable.h"

#include "base/parse.h"
#include "base/util.h"

#include <limits.h>
#include <stdio.h>

/* --- writing --- */

char dmtable_mode(unsigned options)
{
	if (options & DM_OPTION_RECOVERY)
		return 'R';
	return options & DM_OPTION_NO_JOURNAL ? 'D' : 'J';
}

bool dmtable_integrity(const struct header *h, unsigned options, const char *device, char *ret,
		       size_t size)
{
	/* fix_padding and fix_hmac are only for formatting; later the superblock has them. */
	int n = snprintf(ret, size, "%s %llu %u %c 1 block_size:%u", device,
			 (unsigned long long)h->data_offset / 512, h->tag_size,
			 dmtable_mode(options), h->sector_size);

	return n > 0 && (size_t)n < size;
}

bool dmtable_crypt(const struct header *h, unsigned options, const char *key, const char *device,
		   char *ret, size_t size)
{
	static const struct {
		unsigned option;
		const char *word;
	} flags[] = {
		{ DM_OPTION_SAME_CPU_CRYPT, " same_cpu_crypt" },
		{ DM_OPTION_SUBMIT_FROM_CRYPT_CPUS, " submit_from_crypt_cpus" },
		{ DM_OPTION_NO_READ_WORKQUEUE, " no_read_workqueue" },
		{ DM_OPTION_NO_WRITE_WORKQUEUE, " no_write_workqueue" },
		{ DM_OPTION_HIGH_PRIORITY, " high_priority" },
	};
	char words[512] = ""; /* the optional ones; their number stands before them */
	unsigned count = 1;
	int n;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (options & flags[i].option) {
			str_append(words, sizeof(words), "%s", flags[i].word);
			count++;
		}
	}
	if (h->sector_size != 512) {
		str_append(words, sizeof(words), " sector_size:%u", h->sector_size);
		count++;
	}
	str_append(words, sizeof(words), " integrity:%u:%s", h->tag_size,
		   str_eq(h->integrity, "none") ? "none" : "aead");
	if (h->integrity_key_size) {
		str_append(words, sizeof(words), " integrity_key_size:%u", h->integrity_key_size);
		count++;
	}
	n = snprintf(ret, size, "%s %s %llu %s 0 %u%s", h->dm_cipher, key,
		     (unsigned long long)h->iv_offset, device, count, words);
	return n > 0 && (size_t)n < size;
}

/* --- reading --- */

/* Takes the next word from *line. The kernel writes one blank between two words, so an empty word
 * is none of its own. */
static bool word(const char **line, char *ret, size_t size)
{
	size_t len = strcspn(*line, " ");

	if (len == 0 || len >= size)
		return false;
	memcpy(ret, *line, len);
	ret[len] = '\0';
	*line += len;
	if (**line)
		(*line)++;
	return true;
}

static bool number(const char **line, uint64_t max, uint64_t *ret)
{
	char text[24];

	return word(line, text, sizeof(text)) && parse_u64(text, max, ret) == 0;
}

/* The value of "key:NUMBER", when text begins with key and ':'. */
static bool valued(const char *text, const char *key, unsigned *ret)
{
	const char *value = str_after(text, key);
	uint64_t n;

	if (!value || *value != ':' || parse_u64(value + 1, UINT_MAX, &n) < 0)
		return false;
	*ret = (unsigned)n;
	return true;
}

static bool is_listed(const char *text, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(text, list[i]))
			return true;
	return false;
}

/* "integrity:32:aead" */
static bool crypt_tags(const char *text, struct dm_layer *ret)
{
	const char *rest = str_after(text, "integrity:"), *type = rest ? strchr(rest, ':') : NULL;
	char size[12] = "";
	uint64_t n;

	if (!type || type - rest >= (ptrdiff_t)sizeof(size))
		return false;
	memcpy(size, rest, (size_t)(type - rest));
	if (parse_u64(size, UINT_MAX, &n) < 0 || !type[1])
		return false;
	ret->tag_size = (unsigned)n;
	return str_copy(ret->integrity, sizeof(ret->integrity), type + 1);
}

static bool crypt_option(const char *text, struct dm_layer *ret)
{
	/* How the work is spread over processors; and discards, which a volume with tags ignores.
	 */
	static const char *const harmless[] = { "same_cpu_crypt",    "submit_from_crypt_cpus",
						"no_read_workqueue", "no_write_workqueue",
						"high_priority",     "allow_discards" };

	return is_listed(text, harmless, ARRAY_SIZE(harmless)) ||
	       valued(text, "sector_size", &ret->block_size) ||
	       valued(text, "integrity_key_size", &ret->integrity_key_size) ||
	       crypt_tags(text, ret);
}

/* Reads "COUNT WORD…" to the end of the line; no count is 0 words. */
static bool options(const char **line, bool (*read)(const char *text, struct dm_layer *ret),
		    struct dm_layer *ret)
{
	uint64_t count = 0;
	char text[64];

	if (**line && !number(line, 64, &count))
		return false;
	for (; count > 0; count--)
		if (!word(line, text, sizeof(text)) || !read(text, ret))
			return false;
	return !**line;
}

/* Keeps what was read, or nothing of it. */
static void keep(bool understood, const struct dm_layer *read, struct dm_layer *ret)
{
	if (!understood)
		return;
	*ret = *read;
	ret->understood = true;
}

/* CIPHER KEY IV_OFFSET DEVICE OFFSET [COUNT OPTION…] */
void dmtable_parse_crypt(const char *params, struct dm_layer *ret)
{
	struct dm_layer l = *ret;
	char key[DMTABLE_MAX];

	l.block_size = 512;
	keep(word(&params, l.cipher, sizeof(l.cipher)) && word(&params, key, sizeof(key)) &&
		     number(&params, UINT64_MAX, &l.iv_offset) &&
		     word(&params, l.below, sizeof(l.below)) &&
		     number(&params, UINT64_MAX, &l.offset) && options(&params, crypt_option, &l),
	     &l, ret);
	explicit_bzero(key, sizeof(key));
}

static bool integrity_option(const char *text, struct dm_layer *ret)
{
	/* The layout, which the superblock has, and when buffers are written. */
	static const char *const values[] = { "journal_sectors",      "interleave_sectors",
					      "buffer_sectors",	      "journal_watermark",
					      "commit_time",	      "sectors_per_bit",
					      "bitmap_flush_interval" };
	unsigned ignored;

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		if (valued(text, values[i], &ignored))
			return true;
	return str_eq(text, "fix_padding") || str_eq(text, "fix_hmac") ||
	       valued(text, "block_size", &ret->block_size);
}

/* DEVICE OFFSET TAG_SIZE MODE COUNT OPTION… */
void dmtable_parse_integrity(const char *params, struct dm_layer *ret)
{
	struct dm_layer l = *ret;
	uint64_t tag_size = 0;
	char mode[2];

	l.block_size = 512;
	if (!word(&params, l.below, sizeof(l.below)) || !number(&params, UINT64_MAX, &l.offset) ||
	    !number(&params, UINT_MAX, &tag_size) || !word(&params, mode, sizeof(mode)) ||
	    !strchr("JBDRI", mode[0]))
		return;
	l.tag_size = (unsigned)tag_size;
	l.mode = mode[0];
	keep(options(&params, integrity_option, &l), &l, ret);
}

/* DEVICE OFFSET */
bool dmtable_parse_linear(const char *params, char below[static 24], uint64_t *ret_offset)
{
	char device[24];
	uint64_t offset;

	if (!word(&params, device, sizeof(device)) || !number(&params, UINT64_MAX / 512, &offset) ||
	    *params)
		return false;
	memcpy(below, device, sizeof(device));
	*ret_offset = offset;
	return true;
}

void dmtable_parse(const char *params, struct dm_layer *ret)
{
	if (str_eq(ret->target, "crypt"))
		dmtable_parse_crypt(params, ret);
	else if (str_eq(ret->target, "integrity"))
		dmtable_parse_integrity(params, ret);
}
