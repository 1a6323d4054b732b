/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * made: initramfs images for tests, made file by file, and how they are judged.
 */
#ifndef INTACT_TEST_MADE_H
#define INTACT_TEST_MADE_H

#include "base/texts.h"
#include "base/util.h"
#include "check/image.h"
#include "check/lz4.h"
#include "test.h"

#include <sys/stat.h>

#define KERNEL "6.1"

/* --- the bytes --- */

static struct {
	uint8_t *data;
	size_t n, at;
} made;

static inline void made_bytes(const void *data, size_t n)
{
	made.data = realloc(made.data, made.n + n + 1);
	if (!made.data)
		abort();
	memcpy(made.data + made.n, data, n);
	made.n += n;
}

static inline void made_padding(void)
{
	while (made.n % 4)
		made_bytes("", 1);
}

static inline void made_header(unsigned mode, size_t size, const char *name, size_t name_size,
			       unsigned names, unsigned inode)
{
	char header[120];

	snprintf(header, sizeof(header),
		 "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X", inode, mode, 0, 0,
		 names, 0, size, 0, 0, 0, 0, name_size, 0);
	made_bytes(header, CPIO_HEADER_SIZE);
	made_bytes(name, strlen(name) + 1);
	made_padding();
}

static inline void made_file(const char *name, unsigned mode, const void *data, size_t n)
{
	made_header(mode, n, name, strlen(name) + 1, 1, 1);
	made_bytes(data, n);
	made_padding();
}

static inline void made_text(const char *name, const char *text)
{
	made_file(name, S_IFREG | 0644, text, strlen(text));
}

static inline void made_script(const char *name, const char *text)
{
	made_file(name, S_IFREG | 0755, text, strlen(text));
}

static inline void made_link(const char *name, const char *target)
{
	made_file(name, S_IFLNK | 0777, target, strlen(target));
}

static inline void made_trailer(void)
{
	made_header(0, 0, "TRAILER!!!", 11, 1, 0);
}

static inline void made_start(void)
{
	free(made.data);
	made.data = NULL;
	made.n = made.at = 0;
}

/* --- reading it --- */

static struct image image;
static struct plan plan;
static struct faults faults;
static size_t piece = 1000;

static inline long made_read(void *arg, uint8_t *to, size_t n)
{
	(void)arg;
	if (n > piece)
		n = piece;
	if (n > made.n - made.at)
		n = made.n - made.at;
	if (n)
		memcpy(to, made.data + made.at, n);
	made.at += n;
	return (long)n;
}

static inline const char *made_too_much(void *arg)
{
	return ((const struct contents *)arg)->fault;
}

/* dm_integrity depends on dm_bufio; everything else is a module by itself. */
static inline enum module_found made_resolve(struct modules *m, const char *name,
					     void (*add)(void *arg, const char *module), void *arg)
{
	(void)m;
	if (str_after(name, "crypto-") || str_after(name, "lib"))
		return MODULE_BUILTIN;
	if (str_eq(name, "dm_integrity"))
		add(arg, "dm_bufio");
	add(arg, name);
	return MODULE_AVAILABLE;
}

static inline void made_forget(void)
{
	contents_free(&image.contents);
	faults_free(&faults);
	plan_free(&plan);
	plan = (struct plan){ 0 };
	image = (struct image){ 0 };
}

static inline void made_unpack(void)
{
	static const struct decoder_ops *const decoders[] = { &lz4_decoder };
	struct stream_source source = { .read = made_read,
					.decoders = decoders,
					.n_decoders = ARRAY_SIZE(decoders) };

	made.at = 0;
	image = (struct image){ .path = "/boot/image",
				.file = "/boot/image",
				.version = KERNEL,
				.mode = S_IFREG | 0600 };
	contents_init(&image.contents);
	stream_read(&source, &contents_ops, &image.contents, made_too_much, &image.result);
	image_recognise(&image);
}

static inline bool made_has(void *arg, const struct devref *ref)
{
	(void)arg, (void)ref;
	return false;
}

/* The label "root" is that of /dev/sda2. */
static inline bool made_is(void *arg, const struct devref *ref, const char *node)
{
	(void)arg;
	return ref->kind == DEVREF_LABEL && str_eq(ref->value, "root") && str_eq(node, "/dev/sda2");
}

/* The plan's lines, each with a newline, are those of `intact needs`. Returns all faults: a line
 * "E kind" or "W kind" for each. */
static inline const char *made_judge(const char *lines)
{
	static const char *const base[] = { "dm_integrity" };
	struct image_kernel kernel = {
		.version = KERNEL, .resolve = made_resolve, .base = base, .n_base = 1
	};
	const struct image_devices devices = { .has = made_has, .is = made_is };
	static char said[4096];

	for (; *lines; lines += strcspn(lines, "\n") + 1) {
		cleanup_free char *line = xstrndup(lines, strcspn(lines, "\n"));

		texts_add(&plan.lines, &plan.n_lines, line);
	}
	if (plan.n_lines)
		texts_add(&plan.modules, &plan.n_modules, "dm_crypt");
	image_judge(&image, &plan, &kernel, &devices, &faults);
	said[0] = '\0';
	for (size_t i = 0; i < faults.n; i++)
		str_append(said, sizeof(said), "%c %s\n", "NWE"[faults.list[i].severity],
			   faults.list[i].kind);
	return said;
}

#endif
