/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_value: values of a JSON text that others wrote. What is not there, or has another type, is
 * NULL, "" or 0.
 */
#ifndef INTACT_SYSTEM_JSON_VALUE_H
#define INTACT_SYSTEM_JSON_VALUE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct json_object json;

json *json_member(json *of, const char *name, enum json_type type);
/* The string without a NUL in it, or "". */
const char *json_text_of(json *value);
const char *json_text(json *of, const char *name);
/* As libcryptsetup: an int, then taken for an unsigned one. */
uint32_t json_number(json *of, const char *name);
/* Does the array hold this string? */
bool json_lists(json *array, const char *string);
/* A bit for each number in an array of numbers below limit (at most 32). False: it is none. */
bool json_bits(json *array, unsigned limit, uint32_t *ret);

#endif
