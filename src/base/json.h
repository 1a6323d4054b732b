/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json: texts for programs that read JSON.
 */
#ifndef INTACT_BASE_JSON_H
#define INTACT_BASE_JSON_H

/* The text as a JSON string, in quotes and printable; "null" for NULL. The caller frees it. */
char *json_string(const char *text);

#endif
