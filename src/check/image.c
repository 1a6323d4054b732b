/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/image.h"

#include "base/escape.h"

#include <stdio.h>

const char *image_maker_name(enum maker maker)
{
	static const char *const names[] = { "unknown", "initramfs-tools", "dracut", "mkinitcpio" };

	return names[maker];
}

/* Any of these files is in the images of one maker only. */
static const struct {
	const char *path;
	enum maker maker;
} marks[] = {
	{ "/scripts/functions", MAKER_INITRAMFS_TOOLS },
	{ "/usr/lib/dracut", MAKER_DRACUT },
	{ "/lib/dracut", MAKER_DRACUT },
	{ "/init_functions", MAKER_MKINITCPIO },
	{ "/buildconfig", MAKER_MKINITCPIO },
};

void image_recognise(struct image *image)
{
	const struct file *init = contents_resolve(&image->contents, "/init");
	const char *base = init ? strrchr(init->path, '/') : NULL;

	image->systemd = base && str_eq(base, "/systemd");
	image->maker = MAKER_UNKNOWN;
	for (size_t i = 0; i < ARRAY_SIZE(marks) && image->maker == MAKER_UNKNOWN; i++)
		if (contents_resolve(&image->contents, marks[i].path))
			image->maker = marks[i].maker;
}

/* A name that a kernel can have, and no option of a program. */
static bool is_version(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._+~-";

	return *text && *text != '-' && !text[strspn(text, plain)];
}

char *image_remake(const struct image *image)
{
	cleanup_free char *word = shell_word(image->path);
	bool named = is_version(image->version);

	/* The program that made the image that is in this file would write only that one. */
	if (image->unified && image->maker != MAKER_MKINITCPIO)
		return xasprintf("make %s anew with the program that made this unified kernel "
				 "image (for example kernel-install, ukify or dracut --uefi)",
				 image->path);
	if (!image->unified && !image->file)
		return xasprintf("make %s anew", image->path);
	switch (image->maker) {
	case MAKER_INITRAMFS_TOOLS:
		return named ? xasprintf("update-initramfs -u -k %s", image->version) :
			       xstrdup("update-initramfs -u -k all");
	case MAKER_DRACUT:
		return named ? xasprintf("dracut -f %s %s", word, image->version) :
			       xstrdup("dracut -f --regenerate-all");
	case MAKER_MKINITCPIO:
		return xstrdup("mkinitcpio -P");
	default:
		return xstrdup("make the image anew");
	}
}

/* --- the file -----------------------------------------------------------------------------------
 */

/* The kernel keeps what it has unpacked until then, says that the unpacking failed, and goes on
 * (init/initramfs.c). */
static bool is_followed_by_junk(const struct stream_result *r)
{
	return r->end == STREAM_UNKNOWN && r->used;
}

static void judge_end(const struct image *image, struct faults *faults)
{
	const struct stream_result *r = &image->result;
	cleanup_free char *remake = image_remake(image);

	if (is_followed_by_junk(r)) {
		faults_add(
			faults, SEVERITY_WARNING, "junk", remake,
			"%s: what begins at byte %llu is no part of an initramfs image: the kernel "
			"reads the image only up to there",
			image->path, (unsigned long long)r->at);
		return;
	}
	if (r->end == STREAM_UNREADABLE)
		faults_add(faults, SEVERITY_ERROR, "unreadable", NULL, "%s cannot be read: %s",
			   image->path, strerror(r->error));
	else if (r->end == STREAM_EMPTY)
		faults_add(faults, SEVERITY_ERROR, "empty", remake, "%s is empty", image->path);
	else if (r->end == STREAM_CUT)
		faults_add(faults, SEVERITY_ERROR, "truncated",
			   "free some space where the image lies, then make it anew",
			   "%s is cut short: it ends in the middle of a file, after %llu bytes",
			   image->path, (unsigned long long)r->at);
	else if (r->end == STREAM_DAMAGED)
		faults_add(faults, SEVERITY_ERROR, "damaged", remake, "%s is damaged: %s",
			   image->path, r->why);
	else if (r->end == STREAM_UNKNOWN)
		faults_add(faults, SEVERITY_ERROR, "no-image", remake,
			   "%s: what begins at byte %llu is no part of an initramfs image",
			   image->path, (unsigned long long)r->at);
	else if (r->end == STREAM_TOO_LARGE)
		faults_add(faults, SEVERITY_ERROR, "too-large", remake,
			   "%s is larger than 1 GiB when it is unpacked: it was not looked at",
			   image->path);
}

/* Is this setting of the kernel on, built in? */
static bool is_set(const char *settings, const char *name)
{
	cleanup_free char *line = xasprintf("%s=y", name);

	for (const char *at = settings; (at = strstr(at, line)); at++)
		if ((at == settings || at[-1] == '\n') &&
		    (!at[strlen(line)] || at[strlen(line)] == '\n'))
			return true;
	return false;
}

/* What reads images is built in or not there: no module could be loaded so early. */
static void judge_compression(const struct image *image, struct faults *faults)
{
	for (enum compression c = 0; image->settings && c < COMPRESSIONS; c++)
		if ((image->result.used & 1U << c) &&
		    !is_set(image->settings, compression_setting(c)))
			faults_add(faults, SEVERITY_ERROR, "compression",
				   "choose another compression in the settings of the program that "
				   "makes the images, and make the image anew",
				   "kernel %s cannot read %s: it is compressed with %s, and the "
				   "kernel was built without %s",
				   image->version, image->path, compression_name(c),
				   compression_setting(c));
}

bool image_is_whole(const struct image *image, struct faults *faults)
{
	judge_compression(image, faults);
	if (image->result.end == STREAM_UNKNOWN_COMPRESSION) {
		faults_add(
			faults, SEVERITY_NOTE, "not-read", NULL,
			"%s is compressed with %s, which intact does not read: it was not looked "
			"at",
			image->path, compression_name(image->result.compression));
		return false;
	}
	judge_end(image, faults);
	return image->result.end == STREAM_WHOLE || is_followed_by_junk(&image->result);
}

/* --- everything ---------------------------------------------------------------------------------
 */

static const struct file *unlock_in(const struct image *image)
{
	static const char *const paths[] = { "/usr/sbin/intact-unlock", "/sbin/intact-unlock",
					     "/usr/bin/intact-unlock" };
	const struct file *f = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(paths) && !f; i++)
		f = contents_resolve(&image->contents, paths[i]);
	return f;
}

bool image_is_ours(const struct image *image, const struct plan *plan)
{
	return plan->n_lines || unlock_in(image);
}

void image_judge(const struct image *image, const struct plan *plan,
		 const struct image_kernel *kernel, const struct image_devices *devices,
		 struct faults *faults)
{
	if (!image_is_whole(image, faults))
		return;
	image_judge_programs(image, faults);
	if (!image_is_ours(image, plan) || !image_judge_start(image, plan, faults))
		return;
	image_judge_modules(image, plan, kernel, faults);
	image_judge_volumes(image, plan, devices, faults);
	image_judge_files(image, plan, faults);
	image_judge_disks(plan, faults);
}
