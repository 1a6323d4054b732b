/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record_log: records as lines of the kernel's log, for the time after the next boot:
 *
 *   record NAME 1/2|format=2|volume=root|…
 *
 * NAME is that of the file in /run/intact. The fields are the record's lines; in their values a '|'
 * is written as '/', and what is longer than a line of the log is cut.
 */
#ifndef INTACT_FACTS_RECORD_LOG_H
#define INTACT_FACTS_RECORD_LOG_H

#include <stddef.h>

/* Bytes of a line; the kernel's log has room for more. */
#define RECORD_LOG_LINE 800

/* Calls put(line) for each line of the record called name. */
void record_log_write(const char *name, const char *content, void (*put)(const char *line));

struct logged_record {
	char *name, *content;
};

/* All whole records in the log's text, in which each line begins with "record " or is something
 * else; of several with one name the last. The caller frees them with record_log_free(). */
void record_log_read(const char *text, struct logged_record **ret, size_t *ret_n);
void record_log_free(struct logged_record *records, size_t n);

#endif
