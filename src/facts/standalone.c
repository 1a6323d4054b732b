/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/standalone.h"

#include "base/parse.h"
#include "base/util.h"

#include <stdio.h>

/* Those of integritytab(5), and hmac-sha1, which integritysetup has. */
static const struct standalone_hash hashes[] = {
	{ "crc32c", "crc32c", false, { "crc32c" } },
	{ "crc32", "crc32", false, { "crc32" } },
	{ "xxhash64", "xxhash64", false, { "xxhash64" } },
	{ "sha1", "sha1", false, { "sha1" } },
	{ "sha256", "sha256", false, { "sha256" } },
	{ "hmac-sha1", "hmac(sha1)", true, { "hmac", "sha1" } },
	{ "hmac-sha256", "hmac(sha256)", true, { "hmac", "sha256" } },
	{ "hmac-sha512", "hmac(sha512)", true, { "hmac", "sha512" } },
	{ "phmac-sha256", "phmac(sha256)", true, { "phmac(sha256)" } },
	{ "phmac-sha512", "phmac(sha512)", true, { "phmac(sha512)" } },
};

const struct standalone_hash *standalone_hashes(size_t *ret_n)
{
	*ret_n = ARRAY_SIZE(hashes);
	return hashes;
}

const struct standalone_hash *standalone_hash(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++)
		if (str_eq(hashes[i].name, name))
			return &hashes[i];
	return NULL;
}

const struct standalone_hash *standalone_hash_of(const char *kernel, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++)
		if (strlen(hashes[i].kernel) == len && memcmp(hashes[i].kernel, kernel, len) == 0)
			return &hashes[i];
	return NULL;
}

bool standalone_same(const struct standalone *a, const struct standalone *b)
{
	return str_eq(a->source_text, b->source_text) && str_eq(a->data_text, b->data_text) &&
	       str_eq(a->keyfile, b->keyfile) && a->hash == b->hash && a->mode == b->mode &&
	       a->discards == b->discards && a->watermark == b->watermark &&
	       a->commit_ms == b->commit_ms;
}

/* --- the table -------------------------------------------------------------------------------- */

struct words {
	char *text;
	size_t size;
	unsigned n;
};

#define ADD(words, ...) (str_append((words)->text, (words)->size, __VA_ARGS__), (words)->n++)

/* The journal's only where there is one: in bitmap mode the kernel takes them for others. */
static void add_options(const struct standalone *s, const struct superblock *sb, char mode,
			struct words *words)
{
	if (mode == 'J' && s->watermark)
		ADD(words, " journal_watermark:%u", s->watermark);
	if (mode == 'J' && s->commit_ms)
		ADD(words, " commit_time:%u", s->commit_ms);
	ADD(words, " block_size:%u", sb->block_size);
	/* The kernel goes on with an initialisation that was interrupted only when it is told to.
	 */
	if (sb->recalculating)
		ADD(words, " recalculate");
	/* A keyed device takes discards only where its superblock says so (Linux 7). */
	if (s->discards)
		ADD(words, s->hash->keyed && sb->discards_keyed ? " allow_discards_keyed" :
								  " allow_discards");
}

bool standalone_table(const struct standalone *s, const struct superblock *sb, const char *key,
		      const char *device, const char *meta, char *ret, size_t size)
{
	char mode = sb->inline_tags ? 'I' : s->mode;
	char text[256] = "";
	struct words words = { text, sizeof(text), 0 };
	int n;

	add_options(s, sb, mode, &words);
	n = snprintf(ret, size, "%s 0 %u %c %u%s internal_hash:%s%s%s%s%s", device, sb->tag_size,
		     mode, words.n + (meta ? 2 : 1), text, s->hash->kernel, key ? ":" : "",
		     key ? key : "", meta ? " meta_device:" : "", meta ? meta : "");
	return n > 0 && (size_t)n < size;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* The next word; *line goes on after it. Returns its length, 0: the end. */
static size_t next_word(const char **line, const char **ret)
{
	size_t len;

	*line += strspn(*line, " ");
	len = strcspn(*line, " ");
	*ret = *line;
	*line += len;
	return len;
}

static bool copy_word(const char *word, size_t len, char *ret, size_t size)
{
	if (len == 0 || len >= size)
		return false;
	memcpy(ret, word, len);
	ret[len] = '\0';
	return true;
}

static void read_option(const char *word, size_t len, struct standalone_table *ret)
{
	const char *end = word + len, *value;

	if ((value = str_after(word, "internal_hash:")) && value <= end)
		ret->hash = standalone_hash_of(value, strcspn(value, ": "));
	else if ((value = str_after(word, "meta_device:")) && value <= end)
		(void)copy_word(value, (size_t)(end - value), ret->meta, sizeof(ret->meta));
	else if (str_after(word, "journal_mac:") || str_after(word, "journal_crypt:"))
		ret->journal_keys = true;
	else if (str_after(word, "allow_discards"))
		ret->discards = true;
}

bool standalone_read_table(const char *params, struct standalone_table *ret)
{
	struct standalone_table t = { 0 };
	const char *word;
	size_t len = next_word(&params, &word);

	if (!copy_word(word, len, t.data, sizeof(t.data)))
		return false;
	/* The offset, and the size of a tag. */
	if (next_word(&params, &word) == 0 || next_word(&params, &word) == 0 ||
	    next_word(&params, &word) != 1 || !strchr("JBDRI", *word))
		return false;
	t.mode = *word;
	while ((len = next_word(&params, &word)))
		read_option(word, len, &t);
	*ret = t;
	return true;
}

bool standalone_read_status(const char *params, uint64_t *ret)
{
	const char *word;
	char number[24];
	size_t len = next_word(&params, &word);

	return copy_word(word, len, number, sizeof(number)) &&
	       parse_u64(number, UINT64_MAX, ret) == 0;
}

bool standalone_read_unfinished(const char *params, uint64_t *ret)
{
	uint64_t mismatches, sectors, computed;
	const char *word;
	char number[24];
	size_t len;

	if (!standalone_read_status(params, &mismatches))
		return false;
	(void)next_word(&params, &word);
	len = next_word(&params, &word);
	if (!copy_word(word, len, number, sizeof(number)) ||
	    parse_u64(number, UINT64_MAX, &sectors) < 0)
		return false;
	len = next_word(&params, &word);
	if (!copy_word(word, len, number, sizeof(number)))
		return false;
	/* Nothing is, or was, to be computed. */
	if (str_eq(number, "-"))
		computed = sectors;
	else if (parse_u64(number, UINT64_MAX, &computed) < 0)
		return false;
	*ret = computed < sectors ? sectors - computed : 0;
	return true;
}
