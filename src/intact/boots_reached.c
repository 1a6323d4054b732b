/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which boot loader the firmware starts at the next boot, told by what is in its program. */
#include "intact/boots.h"
#include "intact/imagefile.h"

#include <stdio.h>

/* The programs of all boot loaders are smaller; a unified kernel image is larger. */
#define PROGRAM_MAX (16 << 20)

struct program {
	char *data;
	size_t size;
};

static bool holds(const struct program *p, const void *mark, size_t size)
{
	return memmem(p->data, p->size, mark, size) != NULL;
}

/* A text that only the programs of one loader have; text of EFI has two bytes a character. */
static enum boots_kind kind_of(const struct program *p)
{
	static const char systemd[] = "#### LoaderInfo: systemd-boot ",
			  refind[] = "r\0E\0F\0I\0n\0d", grub[] = "grub_malloc",
			  limine[] = "++CONFIG_B2SUM_SIGNATURE++";

	if (holds(p, systemd, sizeof(systemd) - 1))
		return BOOTS_SYSTEMD_BOOT;
	if (holds(p, refind, sizeof(refind)))
		return BOOTS_REFIND;
	if (holds(p, limine, sizeof(limine) - 1))
		return BOOTS_LIMINE;
	return holds(p, grub, sizeof(grub) - 1) ? BOOTS_GRUB : BOOTS_OTHER;
}

static bool is_shim(const struct program *p)
{
	static const char mark[] = "UEFI SHIM\n$Version: ";

	return holds(p, mark, sizeof(mark) - 1);
}

static bool is_kernel(const char *path)
{
	cleanup_close int fd = -1;
	struct unified_source source;
	struct unified unified;
	char version[128];

	return imagefile_open(path, &source, &fd) == 0 &&
	       (unified_kernel_version(&source, 0, version, sizeof(version)) ||
		!unified_read(&source, &unified));
}

/* shim starts "grubx64.efi" beside its "shimx64.efi", unless it has options. The caller frees it;
 * NULL: another name. */
static char *second_stage(const char *path)
{
	const char *name = strrchr(path, '/');
	const char *rest = name ? str_after(name, "/shim") : NULL;

	return rest ? xasprintf("%.*s/grub%s", (int)(name - path), path, rest) : NULL;
}

static enum boots_kind kind_of_second(const char *path)
{
	struct program p = { 0 };
	cleanup_free char *data = NULL;

	if (read_file(path, PROGRAM_MAX, &data, &p.size) < 0)
		return BOOTS_OTHER;
	p.data = data;
	return kind_of(&p);
}

static enum boots_kind kind_of_file(const char *path, bool has_options)
{
	struct program p = { 0 };
	cleanup_free char *data = NULL, *next = NULL;

	if (is_kernel(path))
		return BOOTS_FIRMWARE;
	if (read_file(path, PROGRAM_MAX, &data, &p.size) < 0)
		return BOOTS_OTHER;
	p.data = data;
	if (!is_shim(&p))
		return kind_of(&p);
	next = has_options ? NULL : second_stage(path);
	return next ? kind_of_second(next) : BOOTS_OTHER;
}

/* Does its configuration start a kernel, if nobody chooses? Another loader may be what it starts
 * else. */
static bool starts_kernel(const struct boots *boots, enum boots_kind kind)
{
	for (size_t i = 0; i < boots->n; i++)
		for (size_t k = 0; boots->list[i].kind == kind && k < boots->list[i].entries.n; k++)
			if (boots->list[i].entries.list[k].is_default &&
			    boots->list[i].entries.list[k].kernel)
				return true;
	return false;
}

void boots_reach(struct boots *boots, const char *path, const struct boot_entry *entry)
{
	enum boots_kind kind = kind_of_file(path, *entry->options || entry->n_images);

	/* rEFInd offers other boot loaders beside kernels. */
	boots->reached_all |= kind == BOOTS_OTHER || kind == BOOTS_REFIND;
	boots->reached |= 1U << kind;
	if (!boots->first)
		boots->first = xasprintf("%s (%s \"%s\", %s)",
					 kind == BOOTS_OTHER ?
						 "a program that intact does not know" :
					 kind == BOOTS_FIRMWARE ? "a kernel" :
								  boots_kind_name(kind),
					 entry->id, entry->title, path);
}

bool boots_reaches(const struct boots *boots, enum boots_kind kind)
{
	bool known = boots->reached && !boots->reached_all;

	for (enum boots_kind k = BOOTS_OTHER; known && k < BOOTS_KINDS; k++)
		known = !(boots->reached & 1U << k) || starts_kernel(boots, k);
	return !known || boots->reached & 1U << kind;
}
