/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"

#include "kmsg.h"
#include "util.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

/* A report is a few lines. */
#define REPORT_MAX 16384

static const char *const outcome_names[] = {
	[OUTCOME_OPEN] = "open",
	[OUTCOME_WAS_OPEN] = "was-open",
	[OUTCOME_LEFT] = "left",
	[OUTCOME_FAILED] = "failed",
};

void report_say(enum level level, const struct volume *v, const char *text)
{
	static const char *const words[] = { [LEVEL_NOTE] = "", [LEVEL_WARNING] = "warning: ", [LEVEL_ERROR] = "error: " };
	char line[1400] = "";

	str_append(line, sizeof(line), "intact: %s%s%s", v ? v->name : "", v ? ": " : "", words[level]);
	for (const char *p = text; *p; p++)
		str_append(line, sizeof(line), *p == '\n' ? "\n        " : "%c", *p);
	str_append(line, sizeof(line), "\n");
	(void)write_all(STDERR_FILENO, line, strlen(line));
	/* initramfs-tools' "debug" turns standard error into a file; the person is still at the terminal. */
	if (!isatty(STDERR_FILENO) && isatty(STDIN_FILENO))
		(void)write_all(STDIN_FILENO, line, strlen(line));
}

static void add(char **text, const char *key, const char *value)
{
	char *longer, *clean;

	if (!value[0])
		return;
	clean = xstrdup(value);
	for (char *p = clean; *p; p++)
		if (*p == '\n')
			*p = ' ';
	longer = xasprintf("%s%s=%s\n", *text, key, clean);
	free(clean);
	free(*text);
	*text = longer;
}

static void add_number(char **text, const char *key, long number, bool known)
{
	char value[32];

	snprintf(value, sizeof(value), "%ld", number);
	if (known)
		add(text, key, value);
}

char *report_format(const struct result *r, uint64_t now_ms)
{
	const struct header *h = r->header;
	char *text = xstrdup("");
	char seconds[32];

	snprintf(seconds, sizeof(seconds), "%llu.%03llu", (unsigned long long)now_ms / 1000, (unsigned long long)now_ms % 1000);
	add(&text, "volume", r->volume->name);
	add(&text, "outcome", outcome_names[r->outcome]);
	add_number(&text, "code", r->code, true);
	add(&text, "device", r->node);
	if (h) {
		add(&text, "uuid", h->uuid);
		add(&text, "integrity", h->integrity);
		add(&text, "cipher", h->dm_cipher);
		add_number(&text, "sector_size", h->sector_size, h->sector_size > 0);
		add_number(&text, "tag_size", h->tag_size, h->tag_size > 0);
	}
	add_number(&text, "keyslot", r->keyslot, r->keyslot >= 0);
	add(&text, "seconds", seconds);
	add(&text, "reason", r->text);
	return text;
}

static void write_file(const char *dir, const struct result *result, const char *content)
{
	cleanup_free char *path = xasprintf("%s/%s", dir, result->volume->name);
	cleanup_free char *temporary = xasprintf("%s/.%s.new", dir, result->volume->name);
	cleanup_close int fd = -1;

	/* A report that cannot be written must not keep a disk from opening. */
	(void)make_parent_dirs(path, 0755);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd >= 0 && write_all(fd, content, strlen(content)) == 0)
		(void)rename(temporary, path);
}

/* The kernel shows its log on the console up to this level; our line is on the console already. */
static int kmsg_level(void)
{
	char line[32];

	if (isatty(STDERR_FILENO) && read_line("/proc/sys/kernel/printk", line, sizeof(line)) == 0 && atoi(line) > 6)
		return 7;
	return 6;
}

void report_result(const char *dir, const struct result *r, uint64_t now_ms)
{
	cleanup_free char *content = report_format(r, now_ms);
	char line[1200] = "";

	write_file(dir, r, content);
	switch (r->outcome) {
	case OUTCOME_OPEN:
		str_append(line, sizeof(line), "%s is open and protected by %s (keyslot %d)", r->node,
			   r->header ? r->header->integrity : "?", r->keyslot);
		break;
	case OUTCOME_WAS_OPEN:
		str_append(line, sizeof(line), "is open already");
		break;
	case OUTCOME_LEFT:
	case OUTCOME_FAILED:
		str_copy(line, sizeof(line), r->text);
		break;
	}
	report_say(r->outcome == OUTCOME_FAILED ? LEVEL_ERROR : LEVEL_NOTE, r->volume, line);

	cleanup_free char *log = xasprintf("%s: %s", r->volume->name, line);
	for (char *p = log; *p; p++)
		if (*p == '\n')
			*p = ' ';
	kmsg_write(kmsg_level(), log);
}

void report_reasons(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		cleanup_free char *path = xasprintf("%s/%s", dir, entry->d_name), *text = NULL;
		const char *reason = NULL, *code = NULL;

		if (entry->d_name[0] == '.' || read_file(path, REPORT_MAX, &text, NULL) < 0)
			continue;
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
			if (str_after(line, "code="))
				code = str_after(line, "code=");
			else if (str_after(line, "reason="))
				reason = str_after(line, "reason=");
		}
		if (reason && code && !str_eq(code, "0"))
			fprintf(stderr, "intact: %s: %s\n", entry->d_name, reason);
	}
	if (d)
		closedir(d);
}
