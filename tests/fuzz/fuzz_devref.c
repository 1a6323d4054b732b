/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"

#include "facts/devref.h"
#include "facts/place.h"

/* A key file or header elsewhere, in every dialect. */
static void places(const char *text)
{
	struct file_place place, again;
	struct devref volume;
	char buf[1500];

	if (place_parse(text, &place) == 0) {
		MUST(place.path[0] == (place.kind == PLACE_DEVICE ? '\0' : '/'));
		MUST(place_has_device(&place) == (place.device.kind != DEVREF_NONE));
		/* A ':' in the name of a device can look like the end of a path. */
		place_format(&place, buf, sizeof(buf));
		MUST(strchr(place.device.value, ':') ||
		     (place_parse(buf, &again) == 0 && place_eq(&place, &again)));
	}
	if (place_parse_volume(text, &place, &volume) == 0)
		MUST(place.path[0] == (place.kind == PLACE_DEVICE ? '\0' : '/'));
	if (place_on(text, "vfat", text, &place) == 0)
		MUST(place.kind == PLACE_FILE && place.path[0] == '/');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct device none = { .node = "/dev/none" };
	char *text = fuzz_string(data, size);
	struct devref ref, again;
	char buf[300];

	if (devref_parse(text, &ref) == 0) {
		MUST(ref.kind != DEVREF_NONE && ref.value[0]);
		MUST(devref_parse(devref_format(&ref, buf, sizeof(buf)), &again) == 0);
		MUST(again.kind == ref.kind && str_eq(again.value, ref.value));
		MUST(!devref_matches(&ref, &none, 0) || str_eq(ref.value, none.node));
	}
	places(text);
	free(text);
	return 0;
}
