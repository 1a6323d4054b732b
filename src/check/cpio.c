/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/cpio.h"

#include "base/parse.h"
#include "base/util.h"

#include <sys/stat.h>

/* After the magic, numbers of eight hexadecimal digits. */
enum field {
	FIELD_INODE,
	FIELD_MODE,
	FIELD_UID,
	FIELD_GID,
	FIELD_NAMES,
	FIELD_MTIME,
	FIELD_SIZE,
	FIELD_MAJOR,
	FIELD_MINOR,
	FIELD_RDEV_MAJOR,
	FIELD_RDEV_MINOR,
	FIELD_NAME_SIZE,
	FIELD_SUM,
	FIELDS,
};

#define MAGIC_SIZE 6

static bool read_fields(const char *text, uint32_t fields[static FIELDS])
{
	for (size_t i = 0; i < FIELDS; i++) {
		fields[i] = 0;
		for (size_t j = 0; j < 8; j++) {
			int digit = hex_value(text[MAGIC_SIZE + 8 * i + j]);

			if (digit < 0)
				return false;
			fields[i] = fields[i] << 4 | (uint32_t)digit;
		}
	}
	return true;
}

static const char *take_header(struct cpio *cpio)
{
	uint32_t fields[FIELDS];

	if (memcmp(cpio->text, "070701", MAGIC_SIZE) != 0 &&
	    memcmp(cpio->text, "070702", MAGIC_SIZE) != 0)
		return "a file in it does not begin as one of a cpio archive";
	if (!read_fields(cpio->text, fields))
		return "a file in it has letters where a number must be";
	if (fields[FIELD_NAME_SIZE] < 2)
		return "a file in it has no name";
	if (fields[FIELD_NAME_SIZE] > CPIO_NAME_MAX)
		return "a file in it has a name of more than 4096 bytes";
	cpio->name_size = fields[FIELD_NAME_SIZE];
	cpio->file = (struct cpio_file){ .mode = fields[FIELD_MODE],
					 .size = fields[FIELD_SIZE],
					 .names = fields[FIELD_NAMES],
					 .inode = fields[FIELD_INODE],
					 .major = fields[FIELD_MAJOR],
					 .minor = fields[FIELD_MINOR] };
	cpio->state = CPIO_NAME;
	cpio->have = 0;
	return NULL;
}

/* The content begins at a multiple of four, and so does the next header. */
static size_t padding(uint64_t at)
{
	return (size_t)(-at & 3);
}

static void end_content(struct cpio *cpio)
{
	if (cpio->file.name)
		cpio->ops->end(cpio->arg);
	cpio->file.name = NULL;
	cpio->left = padding(cpio->at);
	cpio->state = CPIO_PADDING;
}

static const char *take_name(struct cpio *cpio)
{
	if (cpio->text[cpio->name_size - 1] != '\0')
		return "the name of a file in it does not end";
	cpio->in_archive = !str_eq(cpio->text, "TRAILER!!!");
	cpio->left = cpio->file.size;
	cpio->state = CPIO_CONTENT;
	if (cpio->in_archive) {
		cpio->file.name = cpio->text;
		cpio->ops->begin(cpio->arg, &cpio->file);
	} else {
		cpio->ops->trailer(cpio->arg);
	}
	if (!cpio->left)
		end_content(cpio);
	return NULL;
}

/* Collects bytes in text until it has want of them. */
static bool collect(struct cpio *cpio, size_t want, const uint8_t **data, const uint8_t *end)
{
	size_t n = want - cpio->have, there = (size_t)(end - *data);

	if (n > there)
		n = there;
	memcpy(cpio->text + cpio->have, *data, n);
	cpio->have += n;
	cpio->at += n;
	*data += n;
	return cpio->have == want;
}

/* Passes over, or passes on, at most left bytes. */
static void take_left(struct cpio *cpio, const uint8_t **data, const uint8_t *end, bool pass_on)
{
	size_t there = (size_t)(end - *data);
	size_t n = cpio->left < there ? (size_t)cpio->left : there;

	if (pass_on && n)
		cpio->ops->content(cpio->arg, *data, n);
	cpio->left -= n;
	cpio->at += n;
	*data += n;
}

/* false: what begins here is no archive. */
static bool take_between(struct cpio *cpio, const uint8_t **data)
{
	if (**data == '0' && !(cpio->at & 3)) {
		cpio->state = CPIO_HEADER;
		cpio->have = 0;
		return true;
	}
	if (**data != 0)
		return false;
	(*data)++;
	cpio->at++;
	return true;
}

const char *cpio_feed(struct cpio *cpio, const uint8_t *data, size_t n, size_t *ret_used)
{
	const uint8_t *at = data, *end = data + n;
	const char *fault = NULL;
	bool more = true;

	while (at < end && more && !fault) {
		switch (cpio->state) {
		case CPIO_BETWEEN:
			more = take_between(cpio, &at);
			break;
		case CPIO_HEADER:
			if (collect(cpio, CPIO_HEADER_SIZE, &at, end))
				fault = take_header(cpio);
			break;
		case CPIO_NAME:
			/* The name, and what pads it. */
			if (collect(cpio,
				    cpio->name_size + padding(CPIO_HEADER_SIZE + cpio->name_size),
				    &at, end))
				fault = take_name(cpio);
			break;
		case CPIO_CONTENT:
			take_left(cpio, &at, end, cpio->file.name != NULL);
			if (!cpio->left)
				end_content(cpio);
			break;
		case CPIO_PADDING:
			take_left(cpio, &at, end, false);
			break;
		}
		/* Also where nothing pads: the last archive may end without another byte. */
		if (cpio->state == CPIO_PADDING && !cpio->left)
			cpio->state = CPIO_BETWEEN;
	}
	*ret_used = (size_t)(at - data);
	return fault;
}

bool cpio_is_cut(const struct cpio *cpio)
{
	return cpio->in_archive || (cpio->state != CPIO_BETWEEN && cpio->state != CPIO_PADDING);
}
