/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/hibernation.h"

#include "base/texts.h"
#include "base/util.h"
#include "config/cmdline.h"
#include "system/block.h"
#include "system/kmsg.h"
#include "system/stack.h"
#include "unlock/report.h"
#include "unlock/sound.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define POWER_RESUME "/sys/power/resume"
#define NOTHING "/dev/null"
/* At the end of the first page of a swap that holds a system (kernel/power/swap.c). */
#define SIGNATURE "S1SUSPEND"
#define SIGNATURE_BYTES 10

/* The kernel's file, and that of programs which load the image themselves (uswsusp). */
static const char *const starts[] = { POWER_RESUME, "/dev/snapshot" };

static bool is_covered(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

static bool is_promised(const struct config *config)
{
	for (size_t i = 0; i < config->n_volumes; i++)
		if (config->volumes[i].holds & HOLDS_RESUME)
			return true;
	return false;
}

static void warn(const char *text)
{
	report_say(SEVERITY_WARNING, NULL, text);
	kmsg_write(4, text);
}

void hibernation_hold(const struct config *config)
{
	if (!is_promised(config))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (access(starts[i], F_OK) == 0 && !is_covered(starts[i]) &&
		    mount(NOTHING, starts[i], NULL, MS_BIND, NULL) < 0)
			warn("other programs can resume a hibernated system from a disk that was "
			     "not checked: " POWER_RESUME " cannot be covered");
}

void hibernation_release(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (is_covered(starts[i]))
			(void)umount2(starts[i], MNT_DETACH | UMOUNT_NOFOLLOW);
}

/* A mapping that has just been checked. */
static bool has_image(const char *device)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char node[64], signature[SIGNATURE_BYTES] = "";
	cleanup_close int fd = -1;

	if (!block_node(device, node))
		return false;
	fd = open(node, O_RDONLY | O_CLOEXEC);
	return fd >= 0 &&
	       pread(fd, signature, sizeof(signature), (off_t)(page - sizeof(signature))) ==
		       (ssize_t)sizeof(signature) &&
	       memcmp(signature, SIGNATURE, sizeof(signature)) == 0;
}

/* In a view of the file system that no other process shares: for them it stays covered. */
static bool uncover(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return false;
	hibernation_release();
	return true;
}

/* Returns only if the kernel does not resume. */
static void resume_from(const char *device)
{
	cleanup_free char *text = NULL;
	char number[32] = "", mapping[128];
	cleanup_close int fd = -1;

	block_mapping_name("", device, mapping);
	if (block_attribute("", device, "dev", number, sizeof(number)) == 0 && uncover() &&
	    (fd = open(POWER_RESUME, O_WRONLY | O_CLOEXEC)) >= 0)
		(void)!write(fd, number, strlen(number));
	text = xasprintf(
		"/dev/mapper/%s holds a hibernated system, which the kernel did not resume: "
		"its log may say why. The system starts anew.",
		mapping);
	warn(text);
}

/* The kernel command line names a device that is on something else. */
static void look_elsewhere(const char *text, struct sound *checked)
{
	char device[BLOCK_NAME_MAX], odd[BLOCK_NAME_MAX];
	cleanup_free char *message = NULL;
	struct cmdline cmdline;
	struct devref ref;
	const char *value;

	cmdline_parse(text, &cmdline);
	value = cmdline_get(&cmdline, "resume");
	if (value && devref_parse(value, &ref) == 0 && block_resolve("", &ref, device) == 0 &&
	    !stack_is_within("", device, sound_has, checked, odd)) {
		message = xasprintf(
			"resume=%s on the kernel command line means /dev/%s, which is not on the "
			"checked volumes of this image: nothing is resumed from it.\n"
			"If the system hibernates there on purpose, make the image anew; else "
			"disconnect that disk.",
			value, device);
		warn(message);
	}
	cmdline_free(&cmdline);
}

static bool is_switched_off(const char *text)
{
	struct cmdline cmdline;
	bool off;

	cmdline_parse(text, &cmdline);
	off = cmdline_get(&cmdline, "noresume") != NULL;
	cmdline_free(&cmdline);
	return off;
}

void hibernation_resume(const struct config *config, const char *run_dir, const char *text)
{
	char **devices, odd[BLOCK_NAME_MAX];
	struct sound checked;
	size_t n;

	if (!is_promised(config) || is_switched_off(text))
		return;
	sound_read(run_dir, &checked);
	look_elsewhere(text, &checked);
	texts_folder(BLOCK_CLASS, &devices, &n);
	for (size_t i = 0; i < n; i++)
		if (stack_is_within("", devices[i], sound_has, &checked, odd) &&
		    has_image(devices[i]))
			resume_from(devices[i]);
	texts_free(devices, n);
	sound_free(&checked);
}
