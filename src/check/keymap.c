/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/keymap.h"

#include "facts/setting.h"

#include <sys/stat.h>

/* --- the system's layout ------------------------------------------------------------------------
 */

static bool is_one_of(const char *name, size_t len, const char *const list[], size_t n)
{
	bool found = false;

	for (size_t i = 0; i < n; i++)
		found |= strlen(list[i]) == len && strncmp(list[i], name, len) == 0;
	return found;
}

bool keymap_is_kernels(const char *keymap)
{
	static const char *const names[] = {
		"", "us", "@kernel", "defkeymap", "defkeymap_V1.0", "cn", "kr", "tw",
	};

	return is_one_of(keymap, strlen(keymap), names, ARRAY_SIZE(names));
}

/* Of several layouts, between commas, the first one is set. */
bool keymap_layout_is_kernels(const char *layout, const char *variant)
{
	static const char *const layouts[] = { "", "us", "cn", "kr", "tw" };
	static const char *const variants[] = { "", "basic", "euro", "altgr-intl" };
	const char *kind = variant ? variant : "";

	return is_one_of(layout, strcspn(layout, ","), layouts, ARRAY_SIZE(layouts)) &&
	       is_one_of(kind, strcspn(kind, ","), variants, ARRAY_SIZE(variants));
}

/* --- the image's --------------------------------------------------------------------------------
 */

static bool ends_with(const char *path, const char *ending)
{
	size_t n = strlen(path), m = strlen(ending);

	return n > m && str_eq(path + n - m, ending);
}

/* A file with a keymap, as the programs of the generators copy it. */
static bool is_keymap(const char *path)
{
	static const char *const folders[] = { "etc/console",	       "etc/boottime",
					       "usr/share/keymaps/",   "usr/share/kbd/keymaps/",
					       "usr/lib/kbd/keymaps/", "lib/kbd/keymaps/" };
	static const char *const endings[] = { "map", "map.gz", "map.zst", "map.xz", "map.bz2" };
	/* setupcon --setup-dir, where its cache is older than /etc/default/keyboard. */
	static const char *const made[] = { "etc/console-setup/tmpkbd.",
					    "etc/console-setup/.tmpkbd." };
	bool below = false, named = false;

	for (size_t i = 0; i < ARRAY_SIZE(made); i++)
		if (str_after(path, made[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		below |= str_after(path, folders[i]) != NULL;
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
		named |= ends_with(path, endings[i]);
	return below && named;
}

static bool has_file(const struct contents *c, bool (*is)(const char *path))
{
	for (size_t i = 0; i < c->n; i++)
		if (c->files[i].mode && !S_ISDIR(c->files[i].mode) && is(c->files[i].path))
			return true;
	return false;
}

static bool has_program(const struct contents *c, const char *name)
{
	static const char *const folders[] = { "/bin", "/usr/bin", "/sbin", "/usr/sbin" };
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(folders) && !found; i++) {
		cleanup_free char *path = xasprintf("%s/%s", folders[i], name);

		found = contents_program(c, path) != NULL;
	}
	return found;
}

static bool console_sets_keymap(const struct contents *c)
{
	return (has_program(c, "loadkeys") && has_file(c, is_keymap)) ||
	       contents_resolve(c, "/keymap.bin");
}

/* --- the splash's -------------------------------------------------------------------------------
 */

static bool is_xkb(const char *path)
{
	return str_after(path, "usr/share/X11/xkb/symbols/") ||
	       str_after(path, "usr/share/xkeyboard-config-2/symbols/");
}

static bool is_evdev(const char *path)
{
	const char *base = strrchr(path, '/');

	return base && str_after(base, "/evdev.ko");
}

/* Its modules.builtin is kept; each line of it is the path of a module. */
static bool has_evdev(const struct contents *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->files[i].mode && c->files[i].text &&
		    ends_with(c->files[i].path, "/modules.builtin") &&
		    strstr(c->files[i].text, "/evdev.ko"))
			return true;
	return has_file(c, is_evdev);
}

/* Does plymouth read the keyboard itself on a screen that it draws on? Without one of these it
 * reads the console, where the kernel's keymap counts. */
static bool splash_reads_keyboard(const struct contents *c)
{
	return has_program(c, "plymouthd") && has_file(c, is_xkb) && has_evdev(c);
}

/* The layout that it takes; the caller frees it. NULL: none is set, and from version 26 on it is
 * the US one. */
static char *splash_layout(const struct contents *c)
{
	/* Debian's plymouth reads the first file, any other the second. */
	static const char *const files[] = { "/etc/default/keyboard", "/etc/vconsole.conf" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char *layout = setting_value(contents_text(c, files[i]), "XKBLAYOUT");

		if (layout && *layout)
			return layout;
		free(layout);
	}
	return NULL;
}

/* --- the verdict --------------------------------------------------------------------------------
 */

static const struct wanted *wanted_named(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->n_wanted; i++)
		if (str_eq(plan->wanted[i].name, name))
			return &plan->wanted[i];
	return NULL;
}

/* The name in a line "volume NAME SOURCE KEY OPTIONS" if a passphrase is typed for it. The caller
 * frees it; NULL: another line, or its key comes from elsewhere. */
static char *typed_for(const char *line)
{
	const char *name = str_after(line, "volume "), *key;

	if (!name)
		return NULL;
	key = name + strcspn(name, " ");
	key += strspn(key, " ");
	key += strcspn(key, " ");
	key += strspn(key, " ");
	if ((!str_after(key, "none ") && !str_after(key, "- ")) || strstr(key, "keyscript="))
		return NULL;
	return xstrndup(name, strcspn(name, " "));
}

static const char *remedy(enum maker maker)
{
	switch (maker) {
	case MAKER_INITRAMFS_TOOLS:
		return "install console-setup, and make the image anew";
	case MAKER_DRACUT:
		return "install the console's keymaps (kbd or console-data), leave i18n out of "
		       "omit_dracutmodules=, and make the image anew";
	case MAKER_MKINITCPIO:
		return "put \"keymap\" (beside \"systemd\": \"sd-vconsole\") into HOOKS, and make the "
		       "image anew";
	default:
		return NULL;
	}
}

static const char *splash_remedy(enum maker maker)
{
	if (maker == MAKER_MKINITCPIO)
		return "set XKBLAYOUT= in /etc/vconsole.conf, put this file into FILES in "
		       "/etc/mkinitcpio.conf, and make the image anew";
	return "set XKBLAYOUT= in /etc/default/keyboard (on Debian) or /etc/vconsole.conf, and "
	       "make the image anew";
}

/* How the passphrase of this volume would be read on the splash; false: nothing is wrong there. */
static bool judge_splash(const struct image *image, const struct keyboard *k,
			 enum severity severity, const char *volume, struct faults *faults)
{
	cleanup_free char *layout = NULL, *remake = image_remake(image);

	if (!splash_reads_keyboard(&image->contents))
		return false;
	layout = splash_layout(&image->contents);
	if (layout && (k->vconsole || str_eq(layout, k->layout)))
		return false;
	if (layout)
		faults_add(
			faults, severity, "other-keymap", remake,
			"on the boot splash, the passphrase of %s is typed with the layout \"%s\" of "
			"this image, and not with \"%s\" as %s has it now",
			volume, layout, k->layout, k->file);
	else
		faults_add(
			faults, severity, "splash-keymap", splash_remedy(image->maker),
			"this image has no layout for the boot splash, which reads the keyboard "
			"itself: with plymouth 26 or newer, the passphrase of %s is typed on a US "
			"keyboard there, and not on \"%s\" as %s has it",
			volume, k->layout, k->file);
	return true;
}

/* Is any layout set, on the console or on the splash? */
static bool sets_keymap(const struct contents *c)
{
	cleanup_free char *layout = splash_layout(c);

	return console_sets_keymap(c) || (layout && splash_reads_keyboard(c));
}

/* How the passphrase of this volume would be read. */
static void judge_volume(const struct image *image, const struct keyboard *k,
			 enum severity severity, const char *volume, struct faults *faults)
{
	cleanup_free char *keymap =
		setting_value(contents_text(&image->contents, "/etc/vconsole.conf"), "KEYMAP");
	cleanup_free char *remake = image_remake(image);

	if (!sets_keymap(&image->contents))
		faults_add(faults, severity, "no-keymap", remedy(image->maker),
			   "this image has no keymap: the passphrase of %s is typed on a US "
			   "keyboard, and not on \"%s\" as %s has it; some keys give other "
			   "characters",
			   volume, k->layout, k->file);
	else if (judge_splash(image, k, severity, volume, faults))
		return;
	else if (k->vconsole && keymap && !str_eq(keymap, k->layout))
		faults_add(
			faults, severity, "other-keymap", remake,
			"the passphrase of %s is typed with the keymap \"%s\" of this image, and "
			"not with \"%s\" as %s has it now",
			volume, keymap, k->layout, k->file);
}

void image_judge_keymap(const struct image *image, const struct plan *plan,
			const struct keyboard *keyboard, struct faults *faults)
{
	if (!keyboard->layout)
		return;
	for (size_t i = 0; i < plan->n_lines; i++) {
		cleanup_free char *volume = typed_for(plan->lines[i]);
		const struct wanted *w = volume ? wanted_named(plan, volume) : NULL;
		/* Then it is typed only if the TPM does not give the key. */
		bool rarely = w && w->disk.header.tpm2_tokens > 0;

		if (volume && !keyboard->worked(keyboard->arg, volume))
			judge_volume(image, keyboard, rarely ? SEVERITY_NOTE : SEVERITY_WARNING,
				     volume, faults);
	}
}
