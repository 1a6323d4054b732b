/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/place.h"

#include "base/escape.h"
#include "base/util.h"

#include <stdio.h>

/* Below /dev, but files. */
static bool is_memory_file(const char *path)
{
	return str_after(path, "/dev/shm/") != NULL;
}

/* On a device a path may lack the '/' at its beginning: all that read PATH:DEVICE put it below the
 * folder where they mount the device. */
static int set_path(struct file_place *place, const char *path, size_t len)
{
	bool slash = len > 0 && *path != '/';

	if (len == 0)
		return -EINVAL;
	if (len + slash >= sizeof(place->path))
		return -ENAMETOOLONG;
	place->path[0] = '/';
	memcpy(place->path + slash, path, len);
	place->path[slash + len] = '\0';
	return 0;
}

/* The last ':' in the first len bytes of text after which only the name of a device comes, or NULL.
 */
static const char *device_after(const char *text, size_t len, struct devref *ret)
{
	for (size_t i = len; i-- > 1;) {
		cleanup_free char *rest = NULL;

		if (text[i] != ':')
			continue;
		rest = xstrndup(text + i + 1, len - i - 1);
		if (devref_parse(rest, ret) == 0)
			return text + i;
	}
	return NULL;
}

/* The same of a path on a device; NULL: the text is something else. The name of a device may have a
 * ':' of its own, and a path without a '/' is none where no device follows: exec:/bin/x. */
static const char *path_on_device(const char *text, size_t len, struct devref *ret)
{
	struct devref whole;
	const char *colon;

	if (*text == '/')
		return device_after(text, len, ret);
	if (*text == ':' || devref_parse(text, &whole) == 0)
		return NULL;
	colon = device_after(text, len, ret);
	return colon && (ret->kind != DEVREF_PATH || str_after(ret->value, "/dev/") ||
			 str_eq(ret->value, "/")) ?
		       colon :
		       NULL;
}

/* The first len bytes of text. */
static int parse(const char *text, size_t len, struct file_place *ret)
{
	cleanup_free char *whole = xstrndup(text, len);
	struct file_place place = { .kind = PLACE_IMAGE };
	const char *colon;
	int r;

	if (str_has_control(whole))
		return -EINVAL;
	colon = path_on_device(whole, len, &place.device);
	if (colon) {
		place.kind = PLACE_FILE;
		r = set_path(&place, whole, (size_t)(colon - whole));
	} else if (*whole != '/' || (str_after(whole, "/dev/") && !is_memory_file(whole))) {
		place.kind = PLACE_DEVICE;
		r = devref_parse(whole, &place.device);
	} else {
		r = set_path(&place, whole, len);
	}
	if (r == 0)
		*ret = place;
	return r;
}

int place_parse(const char *text, struct file_place *ret)
{
	return parse(text, strlen(text), ret);
}

int place_parse_volume(const char *text, struct file_place *ret, struct devref *ret_volume)
{
	struct devref volume = { .kind = DEVREF_NONE }, device;
	size_t len = strlen(text);
	const char *second = path_on_device(text, len, &volume);
	bool in_image = second && second > text + 1 && second[-1] == ':', both = in_image;
	int r;

	if (second && !in_image)
		both = device_after(text, (size_t)(second - text), &device) != NULL;
	if (both)
		len = (size_t)(second - text) - in_image;
	else
		volume = (struct devref){ .kind = DEVREF_NONE };
	r = parse(text, len, ret);
	if (r == 0)
		*ret_volume = volume;
	return r;
}

int place_on(const char *device, const char *fstype, const char *path, struct file_place *ret)
{
	cleanup_free char *absolute = xasprintf("%s%s", *path == '/' ? "" : "/", path);
	struct file_place place = { .kind = PLACE_FILE };
	int r = devref_parse(device, &place.device);

	if (r < 0)
		return r;
	if (str_has_control(absolute) || !*path ||
	    fstype[strspn(fstype, "abcdefghijklmnopqrstuvwxyz0123456789_-")])
		return -EINVAL;
	if (!str_eq(fstype, "auto") && !str_copy(place.fstype, sizeof(place.fstype), fstype))
		return -ENAMETOOLONG;
	r = set_path(&place, absolute, strlen(absolute));
	if (r == 0)
		*ret = place;
	return r;
}

bool place_has_device(const struct file_place *place)
{
	return place->kind != PLACE_IMAGE;
}

bool place_eq(const struct file_place *a, const struct file_place *b)
{
	return a->kind == b->kind && str_eq(a->path, b->path) && str_eq(a->fstype, b->fstype) &&
	       a->device.kind == b->device.kind && str_eq(a->device.value, b->device.value);
}

const char *place_format(const struct file_place *place, char *buf, size_t size)
{
	char device[300] = "";

	if (place_has_device(place))
		devref_format(&place->device, device, sizeof(device));
	(void)snprintf(buf, size, "%s%s%s", place->path, place->kind == PLACE_FILE ? ":" : "",
		       device);
	return buf;
}
