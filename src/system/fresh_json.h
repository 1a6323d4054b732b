/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fresh_json: the record of freshness in the JSON of a header (facts/fresh.h).
 */
#ifndef INTACT_SYSTEM_FRESH_JSON_H
#define INTACT_SYSTEM_FRESH_JSON_H

#include "facts/header.h"
#include "system/json_value.h"

/* Reads a token of type "intact-fresh" into the fields of *ret that are about it. */
void fresh_json_read(json *token, int number, struct header *ret);

#endif
