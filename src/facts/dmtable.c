/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/dmtable.h"

#include "base/util.h"

#include <stdio.h>

/* --- writing --- */

bool dmtable_integrity(const struct header *h, unsigned options, const char *device, char *ret,
		       size_t size)
{
	/* fix_padding and fix_hmac are only for formatting; later the superblock has them. */
	int n = snprintf(ret, size, "%s %llu %u %c 1 block_size:%u", device,
			 (unsigned long long)h->data_offset / 512, h->tag_size,
			 options & DM_OPTION_NO_JOURNAL ? 'D' : 'J', h->sector_size);

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

void dmtable_parse_crypt(const char *params, struct opened *ret)
{
	const char *p = strstr(params, " integrity:");
	size_t len = strcspn(params, " ");
	char type[32] = "";
	unsigned tag;

	if (len >= sizeof(ret->dm_cipher))
		len = sizeof(ret->dm_cipher) - 1;
	memcpy(ret->dm_cipher, params, len);
	ret->dm_cipher[len] = '\0';
	if (p && sscanf(p, " integrity:%u:%31[^ ]", &tag, type) == 2) {
		ret->crypt_tag_size = tag;
		str_copy(ret->crypt_integrity, sizeof(ret->crypt_integrity), type);
	}
}

void dmtable_parse_integrity(const char *params, struct opened *ret)
{
	unsigned tag;
	char mode;

	/* DEVICE START TAG_SIZE MODE …; the tag size may be "-" with an internal hash, but dm-crypt
	 * uses none. */
	if (sscanf(params, "%*s %*u %u %c", &tag, &mode) == 2) {
		ret->dif_tag_size = tag;
		ret->dif_mode = mode;
	}
}
