/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/survey_standalone.h"

#include "base/texts.h"
#include "intact/stable.h"
#include "intact/unread.h"
#include "system/block.h"
#include "system/dmdevice.h"

#include <stdio.h>
#include <sys/stat.h>

#define TAB "/etc/integritytab"
#define TAB_MAX (1 << 20)

/* --- the lines -------------------------------------------------------------------------------- */

static void read_lines(struct host *host)
{
	struct standalone_host *all = &host->integrity;
	cleanup_free char *path = xasprintf("%s" TAB, host->root), *text = NULL;
	size_t len;
	int r = read_file(path, TAB_MAX, &text, &len);

	if (r == 0)
		integritytab_parse(path, text, len, SEVERITY_WARNING, &all->tab, &all->findings);
	else
		unread_report(path, r, &all->findings);
}

static void look_at_line(const struct host *host, const struct standalone *s,
			 struct standalone_line *ret)
{
	cleanup_free char *key = xasprintf("%s%s", host->root, s->keyfile);
	char device[BLOCK_NAME_MAX];
	struct stat st;

	if (block_resolve(host->sysroot, &s->source, device) == 0)
		block_node(device, ret->node);
	ret->has_keyfile = s->keyfile[0] && stat(key, &st) == 0 && S_ISREG(st.st_mode);
}

/* --- what is open ----------------------------------------------------------------------------- */

/* A system in a folder has no tables to ask the kernel for. */
static void read_table(const struct host *host, struct standalone_seen *seen)
{
	char line[STANDALONE_TABLE_MAX];

	seen->has_table = !host->sysroot[0] &&
			  dmdevice_line(seen->name, "integrity", false, line, sizeof(line)) &&
			  standalone_read_table(line, &seen->table);
	explicit_bzero(line, sizeof(line));
}

static void look_at_open(const struct host *host, struct standalone_seen *seen)
{
	const struct standalone_table *t = &seen->table;
	char device[BLOCK_NAME_MAX], below[BLOCK_NAME_MAX];
	cleanup_free char *folder = NULL;
	char **slaves;
	size_t n;

	read_table(host, seen);
	if (block_by_mapping(host->sysroot, seen->name, device) < 0)
		return;
	folder = xasprintf("%s" BLOCK_CLASS "/%s/slaves", host->sysroot, device);
	texts_folder(folder, &slaves, &n);
	below[0] = '\0';
	if (seen->has_table)
		(void)block_by_number(host->sysroot, t->meta[0] ? t->meta : t->data, below);
	else if (n == 1)
		(void)str_copy(below, sizeof(below), slaves[0]);
	texts_free(slaves, n);
	if (below[0]) {
		block_node(below, seen->node);
		stable_name(host->sysroot, below, seen->stable);
	}
	if (seen->has_table && t->meta[0] && block_by_number(host->sysroot, t->data, below) == 0)
		stable_name(host->sysroot, below, seen->data_stable);
}

void survey_standalones(struct host *host)
{
	struct standalone_host *all = &host->integrity;

	read_lines(host);
	all->lines = xcalloc(all->tab.n + 1, sizeof(*all->lines));
	for (size_t i = 0; i < all->tab.n; i++)
		look_at_line(host, &all->tab.list[i], &all->lines[i]);
	for (size_t i = 0; i < host->everything.n_standalone; i++) {
		struct standalone_seen *seen = array_add(&all->seen, &all->n_seen, sizeof(*seen));

		(void)str_copy(seen->name, sizeof(seen->name), host->everything.standalone[i]);
		look_at_open(host, seen);
	}
}
