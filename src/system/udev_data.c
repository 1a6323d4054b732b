/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/udev_data.h"

#include "base/parse.h"
#include "base/util.h"
#include "system/block.h"

#include <stdio.h>

/* A device in udev's database: a few kilobytes. */
#define UDEV_MAX 262144

int udev_data_read(const char *sysroot, const char *device, char **ret)
{
	char number[32];
	int r = block_attribute(sysroot, device, "dev", number, sizeof(number));

	if (r < 0)
		return r;

	cleanup_free char *path = xasprintf("%s/run/udev/data/b%s", sysroot, number);

	return read_file(path, UDEV_MAX, ret, NULL);
}

/* The rest of the line that begins so; NULL: there is none. *next: where to go on. */
static const char *line_after(const char *data, const char *prefix, const char **next)
{
	while (*data) {
		size_t len = strcspn(data, "\n");
		const char *rest = str_after(data, prefix);

		data += len + (data[len] == '\n');
		if (rest && rest <= data) {
			*next = data;
			return rest;
		}
	}
	return NULL;
}

bool udev_data_has(const char *data, const char *property)
{
	for (const char *value; (value = line_after(data, "E:", &data));)
		if (strcspn(value, "\n") == strlen(property) &&
		    strncmp(value, property, strlen(property)) == 0)
			return true;
	return false;
}

bool udev_data_names(const char *data, const char *name)
{
	for (const char *value; (value = line_after(data, "E:", &data));)
		if (strcspn(value, "=\n") == strlen(name) &&
		    strncmp(value, name, strlen(name)) == 0 && value[strlen(name)] == '=')
			return true;
	return false;
}

uint64_t udev_data_first_seen(const char *data)
{
	const char *value = line_after(data, "I:", &data);
	cleanup_free char *number = value ? xstrndup(value, strcspn(value, "\n")) : NULL;
	uint64_t us = 0;

	return number && parse_u64(number, UINT64_MAX, &us) == 0 ? us : 0;
}
