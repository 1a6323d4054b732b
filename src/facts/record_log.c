/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/record_log.h"

#include "base/util.h"

#include <stdio.h>

/* Of one record; one has 48 steps of at most 300 bytes. */
#define PARTS_MAX 40
#define RECORDS_MAX 64

/* --- writing ---------------------------------------------------------------------------------- */

/* The line at content as a field, cut to the room that there is. */
static char *field_of(const char *content, size_t room)
{
	size_t len = strcspn(content, "\n");
	char *field;

	/* Not in the middle of a character. */
	if (len > room)
		for (len = room; len > 0 && ((unsigned char)content[len] & 0xc0) == 0x80;)
			len--;
	field = xstrndup(content, len);
	for (char *p = field; (p = strchr(p, '|'));)
		*p = '/';
	return field;
}

static const char *next_line(const char *content)
{
	content += strcspn(content, "\n");
	return content + (*content == '\n');
}

/* The fields of one part, from *content on. */
static void take_part(const char **content, size_t room, char *buf, size_t size)
{
	buf[0] = '\0';
	while (**content) {
		cleanup_free char *field = field_of(*content, room - 1);

		if (buf[0] && strlen(buf) + 1 + strlen(field) > room)
			return;
		str_append(buf, size, "|%s", field);
		*content = next_line(*content);
	}
}

void record_log_write(const char *name, const char *content, void (*put)(const char *line))
{
	char part[RECORD_LOG_LINE];
	const char *rest = content;
	size_t head = strlen(name) + sizeof("record  40/40");
	size_t room, n = 0;

	if (head > RECORD_LOG_LINE / 2)
		return;
	room = RECORD_LOG_LINE - head;
	while (*rest) {
		take_part(&rest, room, part, sizeof(part));
		n++;
	}
	rest = content;
	for (size_t i = 1; i <= n && n <= PARTS_MAX; i++) {
		cleanup_free char *line = NULL;

		take_part(&rest, room, part, sizeof(part));
		line = xasprintf("record %s %zu/%zu%s", name, i, n, part);
		put(line);
	}
}

/* --- reading ---------------------------------------------------------------------------------- */

/* "record NAME I/N" */
struct head {
	char name[256];
	unsigned i, n;
};

/* The fields after the head, or NULL: it is something else. */
static const char *read_head(const char *line, struct head *ret)
{
	const char *name = str_after(line, "record "), *p;
	char *end;
	unsigned long i, n;

	p = name ? name + strcspn(name, " \n|") : NULL;
	if (!p || *p != ' ' || p == name || (size_t)(p - name) >= sizeof(ret->name) ||
	    memchr(name, '/', (size_t)(p - name)))
		return NULL;
	i = strtoul(p + 1, &end, 10);
	if (*end != '/')
		return NULL;
	n = strtoul(end + 1, &end, 10);
	if (*end != '|' || i < 1 || i > n || n > PARTS_MAX)
		return NULL;
	memcpy(ret->name, name, (size_t)(p - name));
	ret->name[p - name] = '\0';
	ret->i = (unsigned)i;
	ret->n = (unsigned)n;
	return end + 1;
}

struct reader {
	struct logged_record *list;
	size_t n;
	/* The record that is being put together. */
	struct head head; /* its last part */
	char *content;
};

static void finish(struct reader *r)
{
	size_t i = 0;

	while (i < r->n && !str_eq(r->list[i].name, r->head.name))
		i++;
	if (i == r->n && r->n == RECORDS_MAX)
		return;
	if (i == r->n) {
		struct logged_record *new = array_add(&r->list, &r->n, sizeof(*r->list));

		new->name = xstrdup(r->head.name);
	}
	free(r->list[i].content);
	r->list[i].content = steal_pointer(&r->content);
}

static void take_fields(struct reader *r, const char *fields, size_t len)
{
	cleanup_free char *copy = xstrndup(fields, len), *before = r->content;

	for (char *p = copy; (p = strchr(p, '|'));)
		*p = '\n';
	r->content = xasprintf("%s%s\n", before ? before : "", copy);
}

static void take_line(struct reader *r, const char *line)
{
	struct head head;
	const char *fields = read_head(line, &head);

	if (!fields)
		return;
	/* A part is missing: nothing is made of the others. */
	if (head.i == 1 || !str_eq(head.name, r->head.name) || head.n != r->head.n ||
	    head.i != r->head.i + 1) {
		free(r->content);
		r->content = NULL;
	}
	if (head.i > 1 && !r->content)
		return;
	r->head = head;
	take_fields(r, fields, strcspn(fields, "\n"));
	if (head.i == head.n)
		finish(r);
}

void record_log_read(const char *text, struct logged_record **ret, size_t *ret_n)
{
	struct reader r = { 0 };

	for (; *text; text = next_line(text))
		take_line(&r, text);
	free(r.content);
	*ret = r.list;
	*ret_n = r.n;
}

void record_log_free(struct logged_record *records, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(records[i].name);
		free(records[i].content);
	}
	free(records);
}
