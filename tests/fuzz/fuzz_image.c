/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An initramfs image as it stands in its file: archives, zeros, parts compressed with lz4, or with
 * lzop but for what is in its blocks; with programs, scripts, settings and lists of volumes in it.
 */
#include "fuzz.h"

#include "base/texts.h"
#include "check/image.h"
#include "check/keymap.h"
#include "check/lz4.h"
#include "facts/lzop.h"

#include <sys/stat.h>

#define DISK "UUID=1-1"

static long read_piece(void *arg, uint8_t *to, size_t n)
{
	struct fuzz_input *in = arg;

	/* Small and odd pieces, as a slow disk gives them. */
	if (n > 61)
		n = 61;
	if (n > in->left)
		n = in->left;
	if (n)
		memcpy(to, in->at, n);
	in->at += n;
	in->left -= n;
	return (long)n;
}

/* A library does that, and is not tested here. */
static bool fill_block(const uint8_t *from, size_t n, uint8_t *to, size_t *size)
{
	MUST(n > 0 && n < *size && *size <= LZOP_BLOCK);
	for (size_t i = 0; i < *size; i++)
		to[i] = from[i % n];
	return from[0] != 'x';
}

static void *open_lzop(enum compression compression)
{
	return compression == COMPRESSION_LZO ? lzop_open(fill_block) : NULL;
}

static const struct decoder_ops lzop_decoder = {
	.open = open_lzop,
	.run = lzop_run,
	.close = lzop_close,
};

static const char *too_much(void *arg)
{
	return ((const struct contents *)arg)->fault;
}

static enum module_found resolve(struct modules *m, const char *name,
				 void (*add)(void *arg, const char *module), void *arg)
{
	(void)m;
	/* Two modules offer it, and the second depends on another. */
	if (str_eq(name, "crypto-authenc")) {
		add(arg, "authenc");
		add(arg, "dm_crypt");
		add(arg, "authenc_fast");
		return MODULE_AVAILABLE;
	}
	if (str_eq(name, "crypto-sha256"))
		return MODULE_MISSING;
	if (str_after(name, "crypto-") || str_after(name, "lib"))
		return MODULE_BUILTIN;
	if (str_eq(name, "dm_integrity"))
		add(arg, "dm_bufio");
	if (str_eq(name, "authenc_fast"))
		add(arg, "dm_crypt");
	add(arg, name);
	return MODULE_AVAILABLE;
}

static bool no_device(void *arg, const struct devref *ref)
{
	(void)arg, (void)ref;
	return false;
}

static bool is_sda(void *arg, const struct devref *ref, const char *node)
{
	(void)arg;
	return str_eq(ref->value, node);
}

static void add_root(struct plan *plan)
{
	struct wanted *w = array_add(&plan->wanted, &plan->n_wanted, sizeof(*w));

	w->name = xstrdup("root");
	str_copy(w->node, sizeof(w->node), "/dev/sda2");
	w->uses = USE_ROOT;
	w->verdict = WANTED_PROTECTED;
	str_copy(w->disk.header.encryption, sizeof(w->disk.header.encryption), "aes-xts-plain64");
	str_copy(w->disk.header.integrity, sizeof(w->disk.header.integrity), "hmac(sha256)");
	plan->runs_here = true;
}

static bool never(void *arg, const char *volume)
{
	(void)arg;
	return str_eq(volume, "usr");
}

static void judge(struct image *image)
{
	static const char *const base[] = { "dm_integrity" };
	static const char *const lines[] = {
		"volume root " DISK " /key luks,x-intact.integrity=hmac(sha256),tries=2",
		"volume srv UUID=4-4 none luks", "volume usr UUID=2-2 none luks",
		"integrity leg UUID=3-3 none crc32c", "file /etc/key /key 600"
	};
	struct image_kernel kernel = {
		.version = "6.1", .resolve = resolve, .base = base, .n_base = ARRAY_SIZE(base)
	};
	struct plan plan = { 0 };
	struct faults faults = { 0 };
	const struct image_devices devices = { .has = no_device, .is = is_sda };
	const char *keymap = contents_text(&image->contents, "/etc/vconsole.conf");
	char layout[] = "de";
	/* The system has its layout in the same file as the image. */
	const char *debian = contents_text(&image->contents, "/etc/default/keyboard");
	const struct keyboard keyboard = {
		.layout = layout, .file = "/file", .vconsole = !*debian, .worked = never
	};

	add_root(&plan);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		texts_add(&plan.lines, &plan.n_lines, lines[i]);
	texts_add(&plan.modules, &plan.n_modules, "dm_crypt");
	image_recognise(image);
	MUST(strlen(image_kernel_in(image, "none")) > 0);
	image_judge(image, &plan, &kernel, &devices, &faults);
	image_judge_cmdline(image, &plan, contents_text(&image->contents, "/conf/cmdline"),
			    &devices, &faults);
	/* Few layouts are the kernel's, and none is that has a name to print. */
	MUST(!keymap_is_kernels(keymap) || strlen(keymap) < 20);
	MUST(!keymap_layout_is_kernels(keymap, keymap) || strlen(keymap) < 20 ||
	     strchr(keymap, ','));
	if (image->result.end == STREAM_WHOLE)
		image_judge_keymap(image, &plan, &keyboard, &faults);
	/* What cannot be read is never called sound; neither is an image without /init. */
	if (image->result.end != STREAM_WHOLE || !contents_program(&image->contents, "/init"))
		MUST(faults.n > 0);
	MUST(image->result.end == STREAM_WHOLE || image->result.end == STREAM_UNKNOWN_COMPRESSION ||
	     faults.fatal);
	for (size_t i = 0; i < faults.n; i++) {
		MUST(!str_has_control(faults.list[i].text));
		MUST(!faults.list[i].remedy || !str_has_control(faults.list[i].remedy));
	}
	faults_free(&faults);
	plan_free(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct decoder_ops *const decoders[] = { &lz4_decoder, &lzop_decoder };
	struct fuzz_input in = { data, size };
	struct stream_source source = { .read = read_piece,
					.arg = &in,
					.decoders = decoders,
					.n_decoders = ARRAY_SIZE(decoders) };
	struct image image = { .path = "/boot/image",
			       .version = "6.1",
			       .mode = S_IFREG | 0644,
			       .settings = "CONFIG_BLK_DEV_INITRD=y\n" };

	contents_init(&image.contents);
	stream_read(&source, &contents_ops, &image.contents, too_much, &image.result);
	MUST(image.contents.n <= CONTENTS_FILES_MAX);
	for (size_t i = 0; i < image.contents.n; i++) {
		const char *path = image.contents.files[i].path;

		MUST(path[0] && path[0] != '/' && path[strlen(path) - 1] != '/');
	}
	judge(&image);
	contents_free(&image.contents);
	return 0;
}
