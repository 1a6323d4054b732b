/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Will intact-unlock be started? Each way to start it that the hooks of initramfs-tools/, dracut/
 * and mkinitcpio/ have is here once.
 */
#include "check/image.h"
#include "check/parts.h"

#include <stdio.h>
#include <sys/stat.h>

struct start {
	const struct image *image;
	struct faults *faults;
	/* Does the boot need a volume that only intact opens? Else its absence is a warning. */
	enum severity severity;
	bool resumes; /* by the image's word from its volumes alone */
};

static void not_started(const struct start *s, const char *remedy, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
static void not_started(const struct start *s, const char *remedy, const char *fmt, ...)
{
	cleanup_free char *remake = image_remake(s->image), *both = NULL;
	char why[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	both = xasprintf("%s%s%s", remedy, *remedy ? ", then " : "", remake);
	faults_add(s->faults, s->severity, "not-started", both,
		   "intact does not run in this image, so nothing opens or checks the disk: %s",
		   why);
}

/* It is started, and a part of it is not. */
static void lacks(const struct start *s, const struct part *part, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
static void lacks(const struct start *s, const struct part *part, const char *fmt, ...)
{
	cleanup_free char *remake = image_remake(s->image);
	char what[256];
	va_list ap;

	if (part->for_resume && !s->resumes)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	faults_add(
		s->faults, s->severity, "incomplete", remake,
		"this image %s, without which the boot may go on from a disk that was not checked",
		what);
}

/* --- initramfs-tools --- */

/* The last value of a setting in the shell files of the image. */
static void setting(const struct contents *c, const char *name, char *ret, size_t size)
{
	for (size_t i = 0; i < c->n; i++) {
		const char *text = c->files[i].text;

		if (!c->files[i].mode || !text ||
		    (!str_eq(c->files[i].path, "conf/initramfs.conf") &&
		     !str_after(c->files[i].path, "conf/conf.d/")))
			continue;
		for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
			const char *value = str_after(text + strspn(text, " \t"), name);

			if (!value || *value != '=')
				continue;
			value += 1 + strspn(value + 1, "\"'");
			snprintf(ret, size, "%.*s", (int)strcspn(value, "\"' \t\r\n#"), value);
		}
	}
}

/* Those beside the one in local-top. */
static void judge_scripts(const struct start *s)
{
	const struct contents *c = &s->image->contents;

	for (const struct part *p = parts_scripts + 1; p->name; p++) {
		cleanup_free char *script = xasprintf("/scripts/%s/intact", p->name);
		cleanup_free char *order = xasprintf("/scripts/%s/ORDER", p->name);

		if (!contents_program(c, script) ||
		    !strstr(contents_text(c, script), "/sbin/intact-unlock"))
			lacks(s, p, "has no %s, or another script of that name", script);
		else if (!strstr(contents_text(c, order), script))
			lacks(s, p, "does not run %s", script);
	}
}

static void judge_initramfs_tools(const struct start *s)
{
	static const char script[] = "/scripts/local-top/intact";
	const struct contents *c = &s->image->contents;
	cleanup_free char *way = NULL;
	char boot[64] = "local";

	if (!contents_program(c, script))
		not_started(s, "install intact anew", "%s is missing or not executable", script);
	else if (!strstr(contents_text(c, script), "/sbin/intact-unlock"))
		not_started(s, "remove /etc/initramfs-tools/scripts/local-top/intact",
			    "%s does not call it", script);
	else if (!strstr(contents_text(c, "/scripts/local-top/ORDER"), script))
		not_started(s, "", "/scripts/local-top/ORDER does not name %s", script);
	judge_scripts(s);
	setting(c, "BOOT", boot, sizeof(boot));
	/* As in the hook: a way to boot that somebody wrote may run the scripts of local-top, too.
	 */
	way = xasprintf("/scripts/%s", *boot ? boot : "local");
	if (!strstr(contents_text(c, way), "/scripts/local-top"))
		faults_add(s->faults, SEVERITY_WARNING, "boot-elsewhere",
			   "set BOOT=local in /etc/initramfs-tools/initramfs.conf",
			   "this image boots with BOOT=%s, which does not run %s", boot, script);
}

/* --- dracut without systemd, mkinitcpio without systemd --- */

static void judge_dracut(const struct start *s)
{
	for (const struct part *p = parts_hooks; p->name; p++) {
		if (parts_has_hook(&s->image->contents, p->name))
			continue;
		if (str_after(p->name, "initqueue/"))
			not_started(s, "remove omit_dracutmodules= from /etc/dracut.conf.d",
				    "dracut's hook %s is missing", p->name);
		else
			lacks(s, p, "lacks dracut's hook %s", p->name);
	}
}

/* Is word one of those that the line NAME="…" of text has? */
static bool has_word(const char *text, const char *name, const char *word)
{
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		const char *at = str_after(text, name);

		if (!at || at[0] != '=')
			continue;
		for (at++; *at && *at != '\n';) {
			size_t len;

			at += strspn(at, "\"' \t");
			len = strcspn(at, "\"' \t\n");
			if (len == strlen(word) && strncmp(at, word, len) == 0)
				return true;
			at += len;
		}
	}
	return false;
}

static void judge_mkinitcpio(const struct start *s)
{
	const struct contents *c = &s->image->contents;
	static const char remedy[] =
		"put \"intact\" into HOOKS, and \"base\" before \"systemd\" or only one of them";

	if (!contents_program(c, "/hooks/intact"))
		not_started(s, remedy,
			    "init is the script of busybox, but /hooks/intact is missing");
	else if (!has_word(contents_text(c, "/config"), "HOOKS", "intact"))
		not_started(s, remedy, "HOOKS in its /config does not have intact");
	else
		for (const struct part *p = parts_calls; p->name; p++)
			if (!strstr(contents_text(c, "/hooks/intact"), p->name))
				lacks(s, p, "has a /hooks/intact without intact-unlock %s",
				      p->name);
}

/* --- systemd --- */

static void judge_systemd(const struct start *s)
{
	static const char *const units[] = { "intact-unlock.service", "initrd-root-device.target",
					     "initrd-root-device.target.d/intact.conf",
					     "sysroot.mount.d/intact.conf" };
	const struct contents *c = &s->image->contents;
	const struct file *masked = contents_at(c, "/etc/systemd/system/intact-unlock.service");
	size_t missing = s->faults->n;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (!parts_has_unit(c, units[i]))
			not_started(s,
				    s->image->maker == MAKER_MKINITCPIO ?
					    "put \"systemd\" and \"intact\" into HOOKS" :
					    "install intact anew",
				    "init is systemd, but its unit %s is missing", units[i]);
	for (const struct part *p = parts_units; p->name && missing == s->faults->n; p++) {
		cleanup_free char *dropin = xasprintf("%s.d/intact.conf", p->name);

		if (!parts_has_unit(c, dropin))
			lacks(s, p, "lacks the drop-in %s", dropin);
	}
	if (masked && S_ISLNK(masked->mode) && masked->text && str_eq(masked->text, "/dev/null"))
		not_started(s, "systemctl unmask intact-unlock.service",
			    "intact-unlock.service is masked");
	if (!contents_resolve(c, "/etc/initrd-release"))
		not_started(s, "",
			    "/etc/initrd-release is missing, by which its unit knows an "
			    "initramfs");
}

/* --- the program --- */

static const struct file *find_program(const struct start *s)
{
	/* As the scripts and the unit call it. */
	const char *path = s->image->maker == MAKER_INITRAMFS_TOOLS ? "/sbin/intact-unlock" :
								      "/usr/sbin/intact-unlock";

	return contents_resolve(&s->image->contents, path);
}

static bool judge_program(const struct start *s)
{
	const struct file *f = find_program(s);
	const struct file *init = image_init_program(s->image);

	if (!f) {
		const char *remedy =
			s->image->maker == MAKER_DRACUT ?
				"remove intact from omit_dracutmodules= in "
				"/etc/dracut.conf.d" :
			s->image->maker == MAKER_MKINITCPIO ?
				"put \"intact\" into HOOKS (a configuration named with "
				"-c or ALL_config= is read without zz-intact.conf)" :
				"install intact anew";

		not_started(s, remedy, "intact-unlock is not in it");
		return false;
	}
	if (!S_ISREG(f->mode) || !(f->mode & 0111))
		not_started(s, "install intact anew", "/%s is not executable", f->path);
	else if (!f->elf && !f->text)
		not_started(s, "install intact anew", "/%s %s", f->path,
			    f->fault ? f->fault : "is no program");
	else if (f->elf && init && init->elf && !elf_same_machine(f->elf, init->elf))
		not_started(s, "install intact for this machine's processor",
			    "/%s is for another processor than /%s", f->path, init->path);
	return true;
}

/* Is a volume, or a device below one, to be opened whatever happens? */
static bool is_needed(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_wanted; i++)
		if (plan->wanted[i].verdict != WANTED_LEFT_OUT && wanted_needed(&plan->wanted[i]))
			return true;
	return plan->n_integrities > 0;
}

static bool promises_resume(const struct contents *c)
{
	const char *at = contents_text(c, "/etc/intact/crypttab");

	while ((at = strstr(at, "x-intact.holds="))) {
		cleanup_free char *value = xstrndup(at, strcspn(at, ", \t\n"));

		if (strstr(value, "resume"))
			return true;
		at += strlen(value);
	}
	return false;
}

bool image_judge_start(const struct image *image, const struct plan *plan, struct faults *faults)
{
	struct start s = { .image = image,
			   .faults = faults,
			   .resumes = promises_resume(&image->contents),
			   .severity = is_needed(plan) || !plan->n_wanted ? SEVERITY_ERROR :
									    SEVERITY_WARNING };

	if (!judge_program(&s))
		return false;
	if (image->systemd)
		judge_systemd(&s);
	else if (image->maker == MAKER_INITRAMFS_TOOLS)
		judge_initramfs_tools(&s);
	else if (image->maker == MAKER_DRACUT)
		judge_dracut(&s);
	else if (image->maker == MAKER_MKINITCPIO)
		judge_mkinitcpio(&s);
	return true;
}
