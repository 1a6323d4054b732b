/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/keyboard.h"

#include "base/escape.h"
#include "base/parse.h"
#include "facts/record.h"
#include "system/etc.h"

#include <sys/stat.h>
#include <time.h>

#define VCONSOLE "/etc/vconsole.conf"
#define DEBIANS "/etc/default/keyboard"
#define RECORD_MAX (1 << 16)

/* --- the settings -------------------------------------------------------------------------------
 */

static bool take(struct keyboard *k, const char *file, char *layout, bool kernels)
{
	if (!layout)
		return false;
	k->file = file;
	k->layout = kernels ? NULL : str_printable(layout);
	if (kernels)
		free(layout);
	return true;
}

/* KEYMAP= of systemd. */
static bool read_keymap(const char *root, struct keyboard *k)
{
	char *keymap = etc_setting(root, VCONSOLE, "KEYMAP");

	k->vconsole = keymap != NULL;
	return take(k, VCONSOLE, keymap, keymap && keymap_is_kernels(keymap));
}

/* XKBLAYOUT= of Debian's console-setup. systemd has its own in the other file. */
static bool read_layout(const char *root, const char *file, struct keyboard *k)
{
	cleanup_free char *variant = etc_setting(root, file, "XKBVARIANT");
	char *layout = etc_setting(root, file, "XKBLAYOUT");

	return take(k, file, layout, layout && keymap_layout_is_kernels(layout, variant));
}

/* --- the last boot ------------------------------------------------------------------------------
 */

/* Was this file there when the system was booted? Some seconds are left for a clock that is set
 * during the boot. */
static bool is_older_than_boot(const char *path)
{
	struct timespec now, up;
	struct stat st;

	return stat(path, &st) == 0 && clock_gettime(CLOCK_REALTIME, &now) == 0 &&
	       clock_gettime(CLOCK_BOOTTIME, &up) == 0 && st.st_mtime + 60 < now.tv_sec - up.tv_sec;
}

/* The record that intact-unlock left of this boot. */
static bool was_typed(const char *volume)
{
	cleanup_free char *path = xasprintf("/run/intact/%s", volume), *text = NULL;
	cleanup_free char *outcome = NULL, *typed = NULL;
	uint64_t times = 0;

	if (strchr(volume, '/') || volume[0] == '.' || read_file(path, RECORD_MAX, &text, NULL) < 0)
		return false;
	outcome = record_value(text, "outcome");
	typed = record_value(text, "typed");
	return str_eq(outcome, "open") && parse_u64(typed, UINT64_MAX, &times) == 0 && times > 0;
}

static bool worked(void *arg, const char *volume)
{
	const struct image *image = arg;

	return is_older_than_boot(image->path) && was_typed(volume);
}

static bool never_worked(void *arg, const char *volume)
{
	(void)arg, (void)volume;
	return false;
}

void keyboard_read(const char *root, bool described, const char *running, struct image *image,
		   struct keyboard *ret)
{
	*ret = (struct keyboard){ .worked = never_worked, .arg = image };
	if (!described && str_eq(image->version, running))
		ret->worked = worked;
	/* Each generator has its own file, which the others read where that is not there. */
	if (image->maker == MAKER_INITRAMFS_TOOLS) {
		(void)(read_layout(root, DEBIANS, ret) || read_keymap(root, ret) ||
		       read_layout(root, VCONSOLE, ret));
		return;
	}
	(void)(read_keymap(root, ret) || read_layout(root, VCONSOLE, ret) ||
	       read_layout(root, DEBIANS, ret));
}

void keyboard_free(struct keyboard *keyboard)
{
	free(keyboard->layout);
	*keyboard = (struct keyboard){ 0 };
}
