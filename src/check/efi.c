/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot entries of UEFI firmware, in the variables that efivarfs shows (UEFI specification,
 * chapters 3.1 and 10.3): attributes, a name, a device path to a program, and options for it.
 */
#include "check/entry.h"

#include <stdio.h>

#define ATTRIBUTES 4 /* of the variable, before its value */

enum {
	ACTIVE = 0x1,
	CATEGORY = 0x1f00, /* 0: the firmware starts it by itself */
};

/* What is left of the variable. */
struct bytes {
	const uint8_t *at;
	size_t left;
};

static uint64_t large(const uint8_t *at, size_t n)
{
	uint64_t value = 0;

	while (n--)
		value = value << 8 | at[n];
	return value;
}

static unsigned number(const uint8_t *at, size_t n)
{
	return (unsigned)large(at, n);
}

static void skip(struct bytes *b, size_t n)
{
	b->at += n;
	b->left -= n;
}

/* --- text ---------------------------------------------------------------------------------------
 */

/* One character of UTF-16; a half of a pair alone becomes '?'. */
static unsigned take_character(struct bytes *b)
{
	unsigned c = number(b->at, 2), low;

	skip(b, 2);
	if (c < 0xd800 || c > 0xdfff)
		return c;
	low = b->left >= 2 ? number(b->at, 2) : 0;
	if (c > 0xdbff || low < 0xdc00 || low > 0xdfff)
		return '?';
	skip(b, 2);
	return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}

/* Appends it in UTF-8; to has room for four bytes. Returns how many there are. */
static size_t put_character(char *to, unsigned c)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n; i-- > 1; c >>= 6)
		to[i] = (char)(0x80 | (c & 0x3f));
	to[0] = (char)(first[n] | c);
	return n;
}

/* The text up to a NUL or the end, in UTF-8. The caller frees it. */
static char *take_text(struct bytes *b)
{
	char *text = xcalloc(2 * b->left + 5, 1);
	size_t len = 0;

	while (b->left >= 2) {
		unsigned c = take_character(b);

		if (!c)
			break;
		len += put_character(text + len, c);
	}
	return text;
}

/* --- the device path ----------------------------------------------------------------------------
 */

enum { NODE_MEDIA = 4, NODE_END = 0x7f };
enum { MEDIA_PARTITION = 1, MEDIA_FILE = 4 };

/* A node for a partition, as the kernel names it: of GPT by its GUID, of MBR by the disk's number
 * and its own. */
static char *partition_name(const uint8_t *node)
{
	const uint8_t *id = node + 24;
	char text[64] = "PARTUUID=";

	if (node[41] == 1) {
		str_append(text, sizeof(text), "%08x-%02x", number(id, 4), number(node + 4, 4));
	} else if (node[41] == 2) {
		str_append(text, sizeof(text), "%08x-%04x-%04x-%02x%02x-", number(id, 4),
			   number(id + 4, 2), number(id + 6, 2), id[8], id[9]);
		for (size_t i = 10; i < 16; i++)
			str_append(text, sizeof(text), "%02x", id[i]);
	} else {
		return NULL;
	}
	return xstrdup(text);
}

/* Several nodes may make up the path of the file. */
static void add_path(struct boot_entry *entry, const char *part)
{
	char *longer = xasprintf("%s%s", entry->kernel ? entry->kernel : "", part);

	for (char *c = longer; *c; c++)
		if (*c == '\\')
			*c = '/';
	free(entry->kernel);
	entry->kernel = longer;
}

static void read_path(struct bytes path, struct boot_entry *entry)
{
	while (path.left >= 4 && path.at[0] != NODE_END) {
		size_t size = number(path.at + 2, 2);

		if (size < 4 || size > path.left)
			return;
		if (path.at[0] == NODE_MEDIA && path.at[1] == MEDIA_PARTITION && size >= 42) {
			free(entry->partition);
			entry->partition = partition_name(path.at);
		} else if (path.at[0] == NODE_MEDIA && path.at[1] == MEDIA_FILE) {
			struct bytes name = { path.at + 4, size - 4 };
			cleanup_free char *text = take_text(&name);

			add_path(entry, text);
		}
		skip(&path, size);
	}
}

/* --- the options --------------------------------------------------------------------------------
 */

/* Text of one byte a character: a program reads it as other characters, two in one. */
static bool is_narrow(struct bytes options)
{
	size_t printable = 0, n;

	while (printable < options.left && options.at[printable] >= ' ' &&
	       options.at[printable] < 0x7f)
		printable++;
	for (n = printable; n < options.left && (!options.at[n] || options.at[n] == '\n');)
		n++;
	return printable > 1 && n == options.left;
}

/* Firmware puts bytes of its own there, too: systemd-stub asks the same of them. */
static bool is_text(struct bytes options)
{
	for (size_t i = 0; i + 1 < options.left; i += 2) {
		unsigned c = number(options.at + i, 2);

		if (!c)
			break;
		if (c < ' ')
			return false;
	}
	return options.left >= 2;
}

static void read_options(struct bytes options, struct boot_entry *entry)
{
	cleanup_free char *text = NULL;

	entry->narrow = is_narrow(options);
	if (entry->narrow)
		text = xstrndup((const char *)options.at, options.left);
	else if (is_text(options))
		text = take_text(&options);
	if (text)
		entry_load_options(entry, text);
}

/* --- the variables ------------------------------------------------------------------------------
 */

size_t efi_order(const uint8_t *data, size_t size, uint16_t *ret, size_t max)
{
	size_t n = size > ATTRIBUTES ? (size - ATTRIBUTES) / 2 : 0;

	if (n > max)
		n = max;
	for (size_t i = 0; i < n; i++)
		ret[i] = (uint16_t)number(data + ATTRIBUTES + 2 * i, 2);
	return n;
}

bool efi_flags(const uint8_t *data, size_t size, uint64_t *ret)
{
	if (size != ATTRIBUTES + sizeof(*ret))
		return false;
	*ret = large(data + ATTRIBUTES, sizeof(*ret));
	return true;
}

char *efi_text(const uint8_t *data, size_t size)
{
	struct bytes rest = { data, size };

	if (size < ATTRIBUTES)
		return xstrdup("");
	skip(&rest, ATTRIBUTES);
	return take_text(&rest);
}

void efi_read(const char *id, const uint8_t *data, size_t size, struct boot_entries *entries)
{
	struct bytes rest = { data, size };
	struct boot_entry *entry;
	unsigned attributes;
	size_t path;

	if (size < ATTRIBUTES + 6)
		return;
	skip(&rest, ATTRIBUTES);
	attributes = number(rest.at, 4);
	path = number(rest.at + 4, 2);
	skip(&rest, 6);
	entry = (attributes & ACTIVE) && !(attributes & CATEGORY) ? entries_add(entries) : NULL;
	if (!entry)
		return;
	free(entry->title);
	entry->title = take_text(&rest);
	entry->id = xstrdup(id);
	entry->any = true;
	if (path > rest.left)
		return;
	read_path((struct bytes){ rest.at, path }, entry);
	skip(&rest, path);
	read_options(rest, entry);
}
