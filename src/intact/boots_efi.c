/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What programs of UEFI start: rEFInd, and the firmware itself. */
#include "base/texts.h"
#include "check/refind.h"
#include "intact/boots.h"
#include "system/block.h"

#include <fcntl.h>
#include <stdio.h>
#include <strings.h>
#include <sys/stat.h>

/* --- rEFInd -------------------------------------------------------------------------------------
 */

/* A file in the folder of another one, named without any folder. */
static void read_include(const char *folder, const char *name, struct refind *settings,
			 struct boots *boots, struct boot_entries *entries)
{
	cleanup_free char *path = xasprintf("%s/%s", folder, name);
	cleanup_free char *text = strpbrk(name, "/\\") ? NULL : boots_config(path, boots);

	if (text)
		refind_read(text, settings, entries);
}

static char *located(const char *root, const char *base, const struct boot_entry *entry)
{
	return xasprintf("%s%s%s%s", root, base, *entry->kernel == '/' ? "" : "/", entry->kernel);
}

/* A volume that an entry names may be mounted anywhere. One whose kernel is nowhere is for another
 * system. */
void boots_find_volume(const char *root, struct boot_entry *entry)
{
	static const char *const places[] = { "", "/boot", "/efi", "/boot/efi" };
	const char *found = NULL;

	for (size_t i = 0; !found && i < ARRAY_SIZE(places); i++) {
		cleanup_free char *path = located(root, places[i], entry);

		if (access(path, F_OK) == 0)
			found = places[i];
	}
	entry->base = found;
	if (found)
		return;
	free(entry->kernel);
	entry->kernel = NULL;
}

struct dated {
	char *name;
	struct timespec time;
};

static int newest_first(const void *a, const void *b)
{
	const struct dated *x = a, *y = b;

	if (x->time.tv_sec != y->time.tv_sec)
		return x->time.tv_sec < y->time.tv_sec ? 1 : -1;
	if (x->time.tv_nsec != y->time.tv_nsec)
		return x->time.tv_nsec < y->time.tv_nsec ? 1 : -1;
	return strcmp(y->name, x->name);
}

/* rEFInd takes only programs of UEFI for kernels; on ARM also compressed ones. */
static bool may_be_used(const char *path, const char *name)
{
	cleanup_close int fd = -1;
	uint8_t head[2];

	if (strncasecmp(name, "init", strlen("init")) == 0)
		return true;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return fd >= 0 && read(fd, head, sizeof(head)) == sizeof(head) &&
	       (memcmp(head, "MZ", 2) == 0 || memcmp(head, "\x1f\x8b", 2) == 0);
}

/* The images and programs of a folder, the newest first. */
static void list_files(const char *folder, char ***ret, size_t *ret_n)
{
	struct dated *files = NULL;
	char **names;
	size_t n, n_files = 0;

	texts_folder(folder, &names, &n);
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *path = xasprintf("%s/%s", folder, names[i]);
		struct stat st;

		if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && may_be_used(path, names[i]))
			*(struct dated *)array_add(&files, &n_files, sizeof(*files)) =
				(struct dated){ .name = names[i], .time = st.st_mtim };
	}
	if (n_files)
		qsort(files, n_files, sizeof(*files), newest_first);
	*ret = NULL;
	*ret_n = 0;
	for (size_t i = 0; i < n_files; i++)
		texts_add(ret, ret_n, files[i].name);
	texts_free(names, n);
	free(files);
}

/* Without the file of options, rEFInd makes some up: nothing is known of such kernels. */
static void scan_folder(const char *root, const char *base, const struct refind *settings,
			struct boots *boots, struct boot_entries *entries)
{
	cleanup_free char *folder = xasprintf("%s%s", root, base);
	cleanup_free char *file = xasprintf("%s/refind_linux.conf", folder);
	cleanup_free char *options = boots_config(file, boots);
	char **names;
	size_t n;

	if (!options)
		return;
	list_files(folder, &names, &n);
	refind_scan(settings, base, names, n, options, entries);
	texts_free(names, n);
}

static void find_refind(const char *root, const char *base, const char *name, struct boots *boots)
{
	cleanup_free char *folder = xasprintf("%s%s/EFI/%s", root, base, name);
	cleanup_free char *file = xasprintf("%s/refind.conf", folder);
	cleanup_free char *text = boots_config(file, boots);
	struct boot_entries entries = { 0 };
	struct refind settings = { 0 };
	size_t n;

	if (!text)
		return;
	refind_read(text, &settings, &entries);
	/* One that is included includes no other. */
	n = settings.n_includes;
	for (size_t i = 0; i < n; i++)
		read_include(folder, settings.includes[i], &settings, boots, &entries);
	for (size_t i = 0; i < entries.n; i++)
		if (entries.list[i].partition)
			boots_find_volume(root, &entries.list[i]);
	for (size_t i = 0; i < BOOTS_BASES; i++)
		scan_folder(root, boots_bases[i], &settings, boots, &entries);
	refind_settle(&settings, &entries);
	refind_free(&settings);
	boots_add(boots, BOOTS_REFIND, file, base, &entries);
}

void boots_refind(const char *root, struct boots *boots)
{
	for (size_t i = 0; i < BOOTS_BASES; i++) {
		find_refind(root, boots_bases[i], "refind", boots);
		find_refind(root, boots_bases[i], "BOOT", boots);
	}
}

/* --- the firmware -------------------------------------------------------------------------------
 */

#define VARIABLES "/sys/firmware/efi/efivars"
#define VARIABLE_MAX (64 << 10)

/* Whose variables: UEFI's own, and those that boot loaders share (systemd's
 * BOOT_LOADER_INTERFACE). */
#define OF_UEFI "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define OF_LOADERS "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

/* The value, with its attributes before it; NULL: there is no such variable. */
static char *variable_of(const char *sysroot, const char *name, const char *owner, size_t *ret_size)
{
	cleanup_free char *path = xasprintf("%s" VARIABLES "/%s-%s", sysroot, name, owner);
	char *data = NULL;

	*ret_size = 0;
	return read_file(path, VARIABLE_MAX, &data, ret_size) < 0 ? NULL : data;
}

static char *variable(const char *sysroot, const char *name, size_t *ret_size)
{
	return variable_of(sysroot, name, OF_UEFI, ret_size);
}

char *boots_loader_text(const char *sysroot, const char *name)
{
	size_t size;
	cleanup_free char *data = variable_of(sysroot, name, OF_LOADERS, &size);

	return data ? efi_text((const uint8_t *)data, size) : NULL;
}

bool boots_loader_lacks(const char *sysroot, uint64_t feature)
{
	size_t size;
	cleanup_free char *data = variable_of(sysroot, "LoaderFeatures", OF_LOADERS, &size);
	uint64_t flags;

	return data && efi_flags((const uint8_t *)data, size, &flags) && !(flags & feature);
}

/* The numbers in a variable. Returns how many. */
static size_t numbers(const char *sysroot, const char *name, uint16_t *ret, size_t max)
{
	size_t size;
	cleanup_free char *data = variable(sysroot, name, &size);

	return data ? efi_order((const uint8_t *)data, size, ret, max) : 0;
}

static void read_entry(const char *sysroot, unsigned number, struct boot_entries *entries)
{
	char id[16];
	size_t size;
	cleanup_free char *data = NULL;

	snprintf(id, sizeof(id), "Boot%04X", number);
	data = variable(sysroot, id, &size);
	if (data)
		efi_read(id, (const uint8_t *)data, size, entries);
}

/* Finds where the partition of an entry is mounted. false: it is nowhere, and nothing is known of
 * the entry's files. */
static bool find_partition(const char *sysroot, struct boot_entry *entry, bool *ret_there)
{
	char device[BLOCK_NAME_MAX];
	struct devref ref;

	*ret_there = entry->partition && devref_parse(entry->partition, &ref) == 0 &&
		     block_resolve(sysroot, &ref, device) == 0;
	for (size_t i = 0; *ret_there && !entry->base && i < BOOTS_BASES; i++)
		if (boots_mounted(sysroot, boots_bases[i], device))
			entry->base = boots_bases[i];
	return entry->base && entry->kernel;
}

/* The firmware starts the first entry whose file is there. */
static void find_files(const char *root, const char *sysroot, struct boot_entries *entries)
{
	for (size_t i = 0; i < entries->n; i++) {
		struct boot_entry *e = &entries->list[i];
		bool there, known = find_partition(sysroot, e, &there);
		cleanup_free char *path = known ? located(root, e->base, e) : NULL;

		if (!entries->wanted && (path ? access(path, F_OK) == 0 : there))
			entries->wanted = xstrdup(e->id);
		if (known)
			continue;
		free(e->kernel);
		e->kernel = NULL;
	}
}

static struct boot_entry *entry_with(struct boot_entries *entries, const char *id)
{
	for (size_t i = 0; i < entries->n; i++)
		if (str_eq(entries->list[i].id, id))
			return &entries->list[i];
	return NULL;
}

static void reach(const char *root, const struct boot_entry *entry, struct boots *boots)
{
	cleanup_free char *path = entry->kernel ? located(root, entry->base, entry) : NULL;

	if (path)
		boots_reach(boots, path, entry);
	else
		boots->reached_all = true;
}

/* What the firmware starts at the next boot. If that is not what it started this time, and nobody
 * has chosen it for the next time, then it may have left that out, and may do so again. */
static void reach_next(const char *root, const char *sysroot, bool chosen,
		       struct boot_entries *entries, struct boots *boots)
{
	const struct boot_entry *next = entry_with(entries, entries->wanted), *now;
	uint16_t current;
	char id[16];

	if (next)
		reach(root, next, boots);
	if (chosen || !numbers(sysroot, "BootCurrent", &current, 1))
		return;
	snprintf(id, sizeof(id), "Boot%04X", current);
	now = entry_with(entries, id);
	if (!now)
		boots->reached_all = true;
	else if (now != next)
		reach(root, now, boots);
}

void boots_firmware(const char *root, const char *sysroot, struct boots *boots)
{
	uint16_t order[ENTRIES_MAX];
	size_t n = numbers(sysroot, "BootNext", order, 1), size;
	cleanup_free char *secure = variable(sysroot, "SecureBoot", &size);
	struct boot_entries entries = { 0 };
	bool chosen = n > 0;

	boots->secure_boot = secure && size == 5 && secure[4] == 1;
	n += numbers(sysroot, "BootOrder", order + n, ENTRIES_MAX - n);
	for (size_t i = 0; i < n; i++)
		if (!i || order[i] != order[0])
			read_entry(sysroot, order[i], &entries);
	find_files(root, sysroot, &entries);
	/* None can be started: the firmware looks elsewhere. */
	if (entries.wanted)
		reach_next(root, sysroot, chosen, &entries, boots);
	else
		entries_free(&entries);
	boots_add(boots, BOOTS_FIRMWARE, VARIABLES, boots_bases[0], &entries);
}
