/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json-c's json_config.h, which is installed. */
#define JSON_C_HAVE_INTTYPES_H 1
#define JSON_C_HAVE_STDINT_H 1
