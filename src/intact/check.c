/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/check.h"

#include "base/exitcode.h"
#include "base/message.h"
#include "intact/checked.h"
#include "intact/imagefile.h"
#include "intact/planned.h"

#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/utsname.h>

struct options {
	const char *sysroot, *root; /* of struct host */
	bool described;
	const char *image, *kernel, *modules_dir;
	enum checked_form form;
};

static void usage(FILE *file)
{
	fputs("Usage: intact check --image FILE [OPTION]...\n"
	      "Looks at an initramfs image with the eyes of the next boot: can it start, is intact\n"
	      "in it and will it run, has it the modules and the volumes that this system needs now?\n"
	      "\n"
	      "  --image FILE       the image\n"
	      "  --kernel VERSION   the kernel that boots it (default: the one that it has modules\n"
	      "                     for, else the running one)\n"
	      "  --modules-dir DIR  its module tree (default: /lib/modules/VERSION)\n"
	      "  --root DIR         the system installed in DIR, from its fstab and crypttab\n"
	      "  --json             print one JSON object\n"
	      "  --warn             for programs that make images: print warnings about the image,\n"
	      "                     and leave out what `intact needs` has said; always exit with 0\n"
	      "  --help             show this text\n"
	      "\n"
	      "Exit status: 0 nothing is wrong that stops the boot; 1 the image will not boot this\n"
	      "system, or it cannot be read.\n",
	      file);
}

/* 0, or 1 + the exit code with which the program is to end at once. */
static int read_options(struct options *ret, int argc, char **argv)
{
	static const struct option options[] = {
		{ "image", required_argument, NULL, 'i' },
		{ "kernel", required_argument, NULL, 'k' },
		{ "modules-dir", required_argument, NULL, 'm' },
		{ "root", required_argument, NULL, 'r' },
		{ "json", no_argument, NULL, 'j' },
		{ "warn", no_argument, NULL, 'w' },
		/* for tests: a whole system in a folder */
		{ "sysroot", required_argument, NULL, 'S' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'i':
			ret->image = optarg;
			break;
		case 'k':
			ret->kernel = optarg;
			break;
		case 'm':
			ret->modules_dir = optarg;
			break;
		case 'r':
			ret->root = optarg;
			ret->described = true;
			break;
		case 'j':
			ret->form = CHECKED_JSON;
			break;
		case 'w':
			ret->form = CHECKED_WARN;
			break;
		case 'S':
			ret->sysroot = optarg;
			if (!ret->described)
				ret->root = optarg;
			break;
		case 'h':
			usage(stdout);
			return EXIT_CODE_OK + 1;
		default:
			usage(stderr);
			return EXIT_CODE_GENERAL + 1;
		}
	}
	if (optind < argc || !ret->image) {
		fputs(ret->image ? "intact check: one argument too many\n" :
				   "intact check: name an image with --image\n",
		      stderr);
		usage(stderr);
		return EXIT_CODE_GENERAL + 1;
	}
	return 0;
}

/* What the survey and the plan say about the system, whatever is in the image. */
static void add_findings(const struct plan *plan, struct faults *faults)
{
	for (size_t i = 0; i < plan->findings.n; i++)
		if (plan->findings.list[i].severity != SEVERITY_NOTE)
			faults_add(faults, plan->findings.list[i].severity, "system", NULL, "%s",
				   plan->findings.list[i].text);
}

/* The configuration of the kernel, where its package has left it; NULL: nowhere. */
static char *kernel_settings(const char *root, const char *version, const char *dir)
{
	cleanup_free char *boot = xasprintf("%s/boot/config-%s", root, version);
	cleanup_free char *tree = xasprintf("%s/config", dir);
	char *text = NULL;

	if (read_file(boot, 1 << 20, &text, NULL) < 0)
		(void)read_file(tree, 1 << 20, &text, NULL);
	return text;
}

/* The files that are no part of a program, between blanks: a key file that the generator includes
 * by itself is one of them. */
static char *files_in(const struct image *image)
{
	static const char *const folders[] = { "usr/", "lib", "bin/", "sbin/", "kernel/" };
	char *all = NULL;
	size_t len = 0;

	for (size_t i = 0; i < image->contents.n; i++) {
		const char *path = image->contents.files[i].path;
		bool skip = !S_ISREG(image->contents.files[i].mode) || strpbrk(path, " \t\n");

		for (size_t j = 0; j < ARRAY_SIZE(folders); j++)
			skip |= str_after(path, folders[j]) != NULL;
		if (skip)
			continue;
		*(char *)array_add(&all, &len, 1) = ' ';
		*(char *)array_add(&all, &len, 1) = '/';
		for (; *path; path++)
			*(char *)array_add(&all, &len, 1) = *path;
	}
	*(char *)array_add(&all, &len, 1) = '\0';
	return all;
}

static bool run(const struct options *options, struct image *image)
{
	cleanup_free char *dir = options->modules_dir ? xstrdup(options->modules_dir) :
							xasprintf("%s/lib/modules/%s",
								  options->root, image->version);
	cleanup_free char *included = files_in(image);
	cleanup_free char *settings = kernel_settings(options->root, image->version, dir);
	struct planned planned = { .host = { .sysroot = options->sysroot,
					     .root = options->root,
					     .described = options->described,
					     .included = included },
				   .kernel = { .version = image->version, .dir = dir } };
	struct faults faults = { 0 };
	bool fatal;

	image->settings = settings;
	/* mkinitcpio resumes only from a device named with resume=: see its hook. */
	planned_make(&planned, image->maker == MAKER_MKINITCPIO ? "none" : NULL);
	/* Who makes images of a system that needs nothing of intact hears nothing of it. */
	if (options->form != CHECKED_WARN || planned.plan.n_lines)
		image_judge(image, &planned.plan, &planned.kernel, &faults);
	if (options->form != CHECKED_WARN && image->result.end == STREAM_WHOLE)
		add_findings(&planned.plan, &faults);
	checked_print(image, &faults, options->form);
	fatal = faults.fatal;
	faults_free(&faults);
	planned_free(&planned);
	return !fatal;
}

int check_main(int argc, char **argv)
{
	struct options options = { .sysroot = "", .root = "" };
	struct utsname uts = { .release = "" };
	struct image image = { 0 };
	int r = read_options(&options, argc, argv);
	bool sound;

	if (r)
		return r - 1;
	(void)uname(&uts);
	image.path = options.image;
	imagefile_read(&image);
	image.version = options.kernel ? options.kernel : image_kernel_in(&image, uts.release);
	sound = run(&options, &image);
	contents_free(&image.contents);
	return sound || options.form == CHECKED_WARN ? EXIT_CODE_OK : EXIT_CODE_GENERAL;
}
