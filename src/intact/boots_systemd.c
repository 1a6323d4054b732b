/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What systemd-boot starts: entries in files, also those that GRUB's blscfg reads, and unified
 * kernel images, on the EFI system partition and on the one for /boot. */
#include "base/texts.h"
#include "intact/boots.h"
#include "intact/imagefile.h"

#include <strings.h>
#include <sys/stat.h>

#define OSREL_MAX (16 << 10)
/* Of LoaderFeatures: systemd-boot of version 260 and later knows "preferred". */
#define FEATURE_PREFERRED (UINT64_C(1) << 19)

static bool has_ending(const char *name, const char *ending)
{
	size_t n = strlen(name), m = strlen(ending);

	return n > m && strcasecmp(name + n - m, ending) == 0;
}

void boots_files(const char *folder, const char *environment, struct boots *boots,
		 struct boot_entries *entries)
{
	char **names;
	size_t n;

	texts_folder(folder, &names, &n);
	if (!n && access(folder, R_OK) < 0 && errno == EACCES && !boots->denied)
		boots->denied = xstrdup(folder);
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *path = xasprintf("%s/%s", folder, names[i]);
		cleanup_free char *text = has_ending(names[i], ".conf") ?
						  boots_config(path, boots) :
						  NULL;
		size_t before = entries->n;

		if (text)
			bls_read(names[i], text, environment, entries);
		if (entries->n > before)
			entries->list[before].file = steal_pointer(&path);
	}
	texts_free(names, n);
}

/* --- unified kernel images ----------------------------------------------------------------------
 */

/* The value of a line NAME=VALUE, which may be in quotes; NULL: there is none. */
static char *os_value(const char *text, const char *name)
{
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		const char *value = str_after(text, name);

		if (!value || *value != '=')
			continue;
		value += 1 + strspn(value + 1, "\"'");
		return xstrndup(value, strcspn(value, "\"'\r\n"));
	}
	return NULL;
}

static char *first_value(const char *text, const char *const names[], size_t n)
{
	char *value = NULL;

	for (size_t i = 0; i < n && !value; i++)
		value = os_value(text, names[i]);
	return value;
}

/* The sort key and the version, from the image's os-release. */
static void read_release(const char *path, struct boot_entry *entry)
{
	static const char *const keys[] = { "IMAGE_ID", "ID" };
	static const char *const versions[] = { "IMAGE_VERSION", "VERSION", "VERSION_ID",
						"BUILD_ID" };
	cleanup_close int fd = -1;
	struct unified_source source;
	struct unified u;
	char text[OSREL_MAX] = "";
	uint64_t size;

	if (imagefile_open(path, &source, &fd) < 0 || unified_read(&source, &u))
		return;
	size = u.profile[0].part[UNIFIED_OSREL].size;
	if (!size || size >= sizeof(text) ||
	    !source.read(source.arg, u.profile[0].part[UNIFIED_OSREL].offset, text, (size_t)size))
		return;
	text[size] = '\0';
	entry->sort_key = first_value(text, keys, ARRAY_SIZE(keys));
	entry->version = first_value(text, versions, ARRAY_SIZE(versions));
}

/* Images that need no entry. */
static void add_unified(const char *root, const char *base, struct boot_entries *entries)
{
	cleanup_free char *folder = xasprintf("%s%s/EFI/Linux", root, base);
	char **names;
	size_t n;

	texts_folder(folder, &names, &n);
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *path = xasprintf("%s/%s", folder, names[i]);
		struct boot_entry *entry = has_ending(names[i], ".efi") ? entries_add(entries) :
									  NULL;

		if (!entry)
			continue;
		free(entry->title);
		entry->title = xstrdup(names[i]);
		entry->id = xstrdup(names[i]);
		entry->kernel = xasprintf("/EFI/Linux/%s", names[i]);
		entry->unified = true;
		bls_take_count(entry);
		read_release(path, entry);
	}
	texts_free(names, n);
}

/* --- the boot loader ----------------------------------------------------------------------------
 */

/* Is this folder another one than those before it? */
static bool is_new(const char *root, size_t base)
{
	cleanup_free char *path = xasprintf("%s%s", root, boots_bases[base]);
	struct stat st, other;
	bool is = stat(path, &st) == 0;

	for (size_t i = 0; is && i < base; i++) {
		cleanup_free char *before = xasprintf("%s%s", root, boots_bases[i]);

		is = stat(before, &other) < 0 || st.st_dev != other.st_dev ||
		     st.st_ino != other.st_ino;
	}
	return is;
}

/* loader.conf is on the EFI system partition, and holds for the entries of both. */
static char *read_settings(const char *root, struct boots *boots, char **ret_file)
{
	static const char *const bases[] = { "/efi", "/boot/efi", "/boot" };
	char *text = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(bases) && !text; i++) {
		cleanup_free char *file = xasprintf("%s%s/loader/loader.conf", root, bases[i]);

		text = boots_config(file, boots);
		if (text)
			*ret_file = steal_pointer(&file);
	}
	return text;
}

static void replace_saved(const char *sysroot, char **setting)
{
	if (!*setting || !str_eq(*setting, "@saved"))
		return;
	free(*setting);
	*setting = boots_loader_text(sysroot, "LoaderEntryLastBooted");
}

/* Does the variable name an entry? Then it takes the place of what loader.conf says. */
static bool is_chosen(const char *sysroot, const struct boot_entries *entries, const char *name,
		      bool with_tries, char **setting)
{
	cleanup_free char *text = boots_loader_text(sysroot, name);

	replace_saved(sysroot, &text);
	if (!text || !entries_have(entries, text, with_tries))
		return false;
	free(*setting);
	*setting = steal_pointer(&text);
	return true;
}

static void drop(char **setting)
{
	free(*setting);
	*setting = NULL;
}

/* What `bootctl` has chosen. */
static void choose(const char *sysroot, struct boot_entries *entries)
{
	replace_saved(sysroot, &entries->preferred);
	replace_saved(sysroot, &entries->wanted);
	if (boots_loader_lacks(sysroot, FEATURE_PREFERRED))
		drop(&entries->preferred);
	else
		(void)is_chosen(sysroot, entries, "LoaderEntryPreferred", true,
				&entries->preferred);
	(void)is_chosen(sysroot, entries, "LoaderEntryDefault", false, &entries->wanted);
	/* For one boot, and before all others. */
	if (is_chosen(sysroot, entries, "LoaderEntryOneShot", false, &entries->wanted))
		drop(&entries->preferred);
}

void boots_systemd_boot(const char *root, const char *sysroot, bool in_boot, struct boots *boots)
{
	cleanup_free char *file = NULL, *settings = read_settings(root, boots, &file);
	struct boot_entries entries = { .rule = DEFAULT_SYSTEMD_BOOT };

	for (size_t i = 0; i < BOOTS_BASES; i++) {
		cleanup_free char *folder = xasprintf("%s%s/loader/entries", root, boots_bases[i]);
		size_t before = entries.n;

		if (!is_new(root, i))
			continue;
		if (i > 0 || in_boot)
			boots_files(folder, NULL, boots, &entries);
		add_unified(root, boots_bases[i], &entries);
		for (size_t k = before; k < entries.n; k++)
			entries.list[k].base = boots_bases[i];
		if (!file && entries.n > before)
			file = steal_pointer(&folder);
	}
	bls_sort(&entries);
	if (settings)
		bls_read_default(settings, &entries);
	if (sysroot)
		choose(sysroot, &entries);
	boots_add(boots, BOOTS_SYSTEMD_BOOT, file ? file : "", boots_bases[0], &entries);
}
