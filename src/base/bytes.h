/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bytes: numbers in the order of bytes that formats on disks have.
 */
#ifndef INTACT_BASE_BYTES_H
#define INTACT_BASE_BYTES_H

#include <stdint.h>

static inline void put_le(unsigned char *p, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++, value >>= 8)
		p[i] = (unsigned char)value;
}

static inline uint64_t get_le(const unsigned char *p, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = bytes; i-- > 0;)
		value = value << 8 | p[i];
	return value;
}

static inline void put_be(unsigned char *p, uint64_t value, unsigned bytes)
{
	for (unsigned i = bytes; i-- > 0; value >>= 8)
		p[i] = (unsigned char)value;
}

static inline uint64_t get_be(const unsigned char *p, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value = value << 8 | p[i];
	return value;
}

#endif
