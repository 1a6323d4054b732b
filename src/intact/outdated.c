/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/outdated.h"

#include "base/escape.h"
#include "base/texts.h"
#include "check/image.h"
#include "system/etc.h"

#include <sys/stat.h>

#define SETTINGS_MAX (64 << 10)

static bool is_newer(const char *path, const char *than)
{
	struct stat a, b;

	if (stat(path, &a) < 0 || stat(than, &b) < 0)
		return false;
	return a.st_mtim.tv_sec != b.st_mtim.tv_sec ? a.st_mtim.tv_sec > b.st_mtim.tv_sec :
						      a.st_mtim.tv_nsec > b.st_mtim.tv_nsec;
}

/* settings: the file that is newer than the other one. */
static void judge(const char *settings, const char *wanted, const char *file, const char *cmdline,
		  const char *remedy, struct faults *faults)
{
	cleanup_free char *word = entry_lacks(cmdline, wanted);

	if (word)
		faults_add(faults, SEVERITY_WARNING, "old-cmdline", remedy,
			   "%s is newer than %s, and has %s: the kernel command line of the next "
			   "boot does not have it",
			   settings, file, word);
}

/* --- unified kernel images ----------------------------------------------------------------------
 */

/* The text without comments. */
static char *read_settings(const char *path)
{
	char *text = NULL;

	if (read_file(path, SETTINGS_MAX, &text, NULL) < 0)
		return NULL;
	for (char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (*line == '#')
			memset(line, ' ', strcspn(line, "\n"));
	return text;
}

static void judge_file(const char *path, const char *file, const char *cmdline,
		       struct faults *faults)
{
	cleanup_free char *wanted = is_newer(path, file) ? read_settings(path) : NULL;

	if (wanted)
		judge(path, wanted, file, cmdline, "make the image anew", faults);
}

static void judge_folder(const char *folder, const char *file, const char *cmdline,
			 struct faults *faults)
{
	char **names;
	size_t n;

	texts_folder(folder, &names, &n);
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *path = xasprintf("%s/%s", folder, names[i]);
		size_t len = strlen(names[i]);

		if (len > 5 && str_eq(names[i] + len - 5, ".conf"))
			judge_file(path, file, cmdline, faults);
	}
	texts_free(names, n);
}

/* ukify may be told to take the command line from elsewhere. */
static bool has_own_setting(const char *root)
{
	static const char *const files[] = { "/etc/kernel/uki.conf", "/etc/systemd/ukify.conf" };
	bool own = false;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		cleanup_free char *value = etc_setting(root, files[i], "Cmdline");

		own |= value && !str_eq(value, "@/etc/kernel/cmdline");
	}
	return own;
}

/* An image that a distribution made for all machines names no root. */
static bool names_root(const char *cmdline)
{
	return str_after(cmdline, "root=") || strstr(cmdline, " root=");
}

void outdated_unified(const char *root, const char *file, const char *maker, const char *cmdline,
		      struct faults *faults)
{
	cleanup_free char *settings = xasprintf("%s/etc/kernel/cmdline", root);
	cleanup_free char *folder = xasprintf("%s/etc/cmdline.d", root);

	if (!names_root(cmdline) || has_own_setting(root))
		return;
	if (access(settings, F_OK) == 0)
		judge_file(settings, file, cmdline, faults);
	else if (str_eq(maker, image_maker_name(MAKER_MKINITCPIO)))
		judge_folder(folder, file, cmdline, faults);
}

/* --- GRUB ---------------------------------------------------------------------------------------
 */

#define GRUB_SETTINGS "/etc/default/grub"

/* Files that Debian's GRUB reads after it, and that may set the same: then only a shell could tell
 * what is set. */
static bool is_set_elsewhere(const char *root)
{
	cleanup_free char *folder = xasprintf("%s" GRUB_SETTINGS ".d", root);
	bool found = false;
	char **names;
	size_t n;

	texts_folder(folder, &names, &n);
	for (size_t i = 0; i < n && !found; i++) {
		cleanup_free char *path = xasprintf("%s/%s", folder, names[i]);
		cleanup_free char *text = NULL;

		found = read_file(path, SETTINGS_MAX, &text, NULL) < 0 ||
			strstr(text, "GRUB_CMDLINE");
	}
	texts_free(names, n);
	return found;
}

/* Did grub-mkconfig make it, and not a person? */
static bool is_generated(const char *file)
{
	cleanup_free char *text = NULL;

	return read_file(file, 4 << 20, &text, NULL) == 0 && str_after(text, "#\n# DO NOT EDIT");
}

/* The command that makes grub.cfg anew. Fedora and openSUSE have another name for it. */
static char *remake(const char *root, const char *file)
{
	cleanup_free char *update = xasprintf("%s/usr/sbin/update-grub", root);
	cleanup_free char *second = xasprintf("%s/usr/sbin/grub2-mkconfig", root);
	cleanup_free char *word = shell_word(file);

	if (access(update, X_OK) == 0)
		return xstrdup("update-grub");
	return xasprintf("%s -o %s", access(second, X_OK) == 0 ? "grub2-mkconfig" : "grub-mkconfig",
			 word);
}

static void judge_setting(const char *root, const char *settings, const char *name,
			  const char *file, const char *cmdline, struct faults *faults)
{
	cleanup_free char *wanted = etc_setting(root, GRUB_SETTINGS, name);
	cleanup_free char *remedy = remake(root, file);

	/* What a shell or GRUB would read in another way is not compared. */
	if (wanted && !strpbrk(wanted, "\\'\"$`"))
		judge(settings, wanted, file, cmdline, remedy, faults);
}

void outdated_grub(const char *root, const struct boots_loader *loader,
		   const struct boot_entry *entry, struct faults *faults)
{
	cleanup_free char *settings = xasprintf("%s" GRUB_SETTINGS, root);
	const char *cmdline = entry->options;

	/* The name that grub-mkconfig gives to the entries of this system's kernels. */
	if (!str_eq(loader->name, "GRUB") || !entry->id || !str_after(entry->id, "gnulinux-") ||
	    !is_newer(settings, loader->file) || !is_generated(loader->file) ||
	    is_set_elsewhere(root))
		return;
	judge_setting(root, settings, "GRUB_CMDLINE_LINUX", loader->file, cmdline, faults);
	/* Entries for repairs do not have these. */
	if (!strstr(entry->id, "-recovery-"))
		judge_setting(root, settings, "GRUB_CMDLINE_LINUX_DEFAULT", loader->file, cmdline,
			      faults);
}
