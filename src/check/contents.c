/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/contents.h"

#include "base/util.h"

#include <sys/stat.h>

#define NAMES_KEPT (32 << 20)
/* Of a path, and of a walk along links. */
#define PARTS_MAX 256
#define LINKS_MAX 40
#define SCRIPT_KEPT 256

/* A file of which several names can come. */
struct hard_link {
	uint32_t inode, major, minor, group;
};

struct reading {
	size_t current; /* position in files */
	bool program;	/* all of it is collected, to be read as ELF file */
	size_t keep;	/* bytes to collect */
	uint8_t *data;
	size_t n, room;
	struct hard_link *links; /* of the archive that is being read */
	size_t n_links;
	uint32_t *holders; /* of each group: position + 1 of the file that has the content, or 0 */
	size_t n_holders;
	size_t names; /* bytes of all paths */
	/* The folder that the last file lay in: as written, and with its links followed. */
	char folder[CPIO_NAME_MAX], real_folder[CPIO_NAME_MAX];
};

void contents_init(struct contents *c)
{
	*c = (struct contents){ .reading = xcalloc(1, sizeof(*c->reading)) };
}

void contents_free(struct contents *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->files[i].path);
		free(c->files[i].text);
		if (c->files[i].elf)
			elf_free(c->files[i].elf);
		free(c->files[i].elf);
	}
	free(c->files);
	free(c->slots);
	if (c->reading) {
		free(c->reading->data);
		free(c->reading->links);
		free(c->reading->holders);
	}
	free(c->reading);
	*c = (struct contents){ 0 };
}

/* --- the table ----------------------------------------------------------------------------------
 */

static uint64_t hash(const char *path)
{
	uint64_t h = 14695981039346656037ULL;

	for (; *path; path++)
		h = (h ^ (uint8_t)*path) * 1099511628211ULL;
	return h ^ h >> 32;
}

/* The slot of the path, or the free one where it belongs. */
static uint32_t *slot_of(const struct contents *c, const char *path)
{
	size_t at = (size_t)hash(path) & (c->n_slots - 1);

	while (c->slots[at] && !str_eq(c->files[c->slots[at] - 1].path, path))
		at = (at + 1) & (c->n_slots - 1);
	return &c->slots[at];
}

static void grow(struct contents *c)
{
	if (c->n_slots > 2 * c->n)
		return;
	free(c->slots);
	c->n_slots = c->n_slots ? 2 * c->n_slots : 1024;
	c->slots = xcalloc(c->n_slots, sizeof(*c->slots));
	for (size_t i = 0; i < c->n; i++)
		*slot_of(c, c->files[i].path) = (uint32_t)i + 1;
}

static struct file *find(const struct contents *c, const char *path)
{
	uint32_t slot = c->n_slots ? *slot_of(c, path) : 0;

	return slot && c->files[slot - 1].mode ? &c->files[slot - 1] : NULL;
}

/* --- links --------------------------------------------------------------------------------------
 */

/* A walk along a path. */
struct walk {
	char done[2 * CPIO_NAME_MAX]; /* without a leading slash */
	char todo[2 * CPIO_NAME_MAX];
	unsigned parts, links;
};

static void walk_up(struct walk *w)
{
	char *slash = strrchr(w->done, '/');

	if (slash)
		*slash = '\0';
	else
		w->done[0] = '\0';
}

/* Puts the target of a link before what is still to be walked. */
static bool walk_link(struct walk *w, const char *target, const char *rest)
{
	char longer[sizeof(w->todo)];
	size_t len = strlen(target);

	if (++w->links > LINKS_MAX || len + 1 + strlen(rest) >= sizeof(longer))
		return false;
	memcpy(longer, target, len);
	longer[len] = '/';
	str_copy(longer + len + 1, sizeof(longer) - len - 1, rest);
	str_copy(w->todo, sizeof(w->todo), longer);
	if (target[0] == '/')
		w->done[0] = '\0';
	return true;
}

/* One part of the path; last: a link there is not followed. */
static bool walk_part(const struct contents *c, struct walk *w, const char *part, const char *rest,
		      bool last)
{
	size_t len = strlen(w->done);
	const struct file *f;

	if (len + strlen(part) + 2 > CPIO_NAME_MAX)
		return false;
	if (len)
		w->done[len++] = '/';
	str_copy(w->done + len, sizeof(w->done) - len, part);
	f = find(c, w->done);
	if (last || !f || !S_ISLNK(f->mode) || !f->text)
		return true;
	walk_up(w);
	return walk_link(w, f->text, rest);
}

/* Follows the links in path; at its end only with follow. false: they lead in a circle, or are too
 * long. */
static bool walk(const struct contents *c, struct walk *w, const char *path, bool follow)
{
	w->done[0] = '\0';
	w->parts = w->links = 0;
	if (!str_copy(w->todo, sizeof(w->todo), path))
		return false;
	for (;;) {
		char part[CPIO_NAME_MAX], *rest;
		size_t len;

		rest = w->todo + strspn(w->todo, "/");
		len = strcspn(rest, "/");
		if (!len)
			return true;
		if (++w->parts > PARTS_MAX || len >= sizeof(part))
			return false;
		memcpy(part, rest, len);
		part[len] = '\0';
		rest += len;
		rest += strspn(rest, "/");
		memmove(w->todo, rest, strlen(rest) + 1);
		if (str_eq(part, ".."))
			walk_up(w);
		else if (!str_eq(part, ".")) {
			cleanup_free char *later = xstrdup(w->todo);

			if (!walk_part(c, w, part, later, !follow && !*later))
				return false;
		}
	}
}

/* --- reading ------------------------------------------------------------------------------------
 */

/* The files of settings that are judged. */
static bool is_setting(const char *path)
{
	static const char *const folders[] = { "etc/intact/", "conf/", "etc/cmdline.d/",
					       "scripts/" };
	static const char *const names[] = {
		"etc/crypttab",	     "etc/integritytab",     "config",
		"hooks/intact",	     "etc/initrd-release",   "usr/lib/initrd-release",
		"etc/vconsole.conf", "etc/default/keyboard",
	};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (str_after(path, folders[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(path, names[i]))
			return true;
	if (strstr(path, "systemd/system/"))
		return strstr(path, "intact") != NULL;
	return strstr(path, "lib/modules/") && str_eq(strrchr(path, '/'), "/modules.builtin");
}

static bool may_be_program(const struct file *f)
{
	const char *base = strrchr(f->path, '/');

	return S_ISREG(f->mode) && f->size <= CONTENTS_PROGRAM_MAX &&
	       ((f->mode & 0111) || strstr(base ? base : f->path, ".so"));
}

/* Where the file lies when the links among its folders are followed. NULL: nowhere. */
static char *real_path(struct contents *c, const char *name)
{
	struct reading *r = c->reading;
	struct walk w;
	const char *base;
	size_t len;

	name += strspn(name, "/");
	while (name[0] == '.' && name[1] == '/')
		name += 2 + strspn(name + 2, "/");
	len = strlen(name);
	while (len && name[len - 1] == '/')
		len--;
	base = name + len;
	while (base > name && base[-1] != '/')
		base--;
	if (!len || len >= CPIO_NAME_MAX || (len == 1 && name[0] == '.'))
		return NULL;
	if ((size_t)(base - name) != strlen(r->folder) ||
	    strncmp(r->folder, name, (size_t)(base - name)) != 0) {
		memcpy(r->folder, name, (size_t)(base - name));
		r->folder[base - name] = '\0';
		if (!walk(c, &w, r->folder, true) ||
		    !str_copy(r->real_folder, sizeof(r->real_folder), w.done)) {
			r->folder[0] = '\0';
			return NULL;
		}
	}
	return xasprintf("%s%s%.*s", base > name ? r->real_folder : "",
			 base > name && r->real_folder[0] ? "/" : "", (int)(name + len - base),
			 base);
}

static void forget(struct file *f)
{
	free(f->text);
	if (f->elf)
		elf_free(f->elf);
	free(f->elf);
	*f = (struct file){ .path = f->path };
}

static struct file *add(struct contents *c, const char *name)
{
	cleanup_free char *path = real_path(c, name);
	struct file *f;
	uint32_t *slot;

	if (!path)
		return NULL;
	grow(c);
	slot = slot_of(c, path);
	if (*slot) {
		f = &c->files[*slot - 1];
		forget(f);
		c->reading->current = *slot - 1;
		return f;
	}
	c->reading->names += strlen(path);
	if (c->n >= CONTENTS_FILES_MAX || c->reading->names > NAMES_KEPT) {
		c->fault = "it has more files than an image of any system";
		return NULL;
	}
	f = array_add(&c->files, &c->n, sizeof(*f));
	f->path = steal_pointer(&path);
	*slot = (uint32_t)c->n;
	c->reading->current = c->n - 1;
	return f;
}

/* The group of a file with several names. */
static uint32_t group_of(struct contents *c, const struct cpio_file *file)
{
	struct reading *r = c->reading;
	struct hard_link *link;

	for (size_t i = 0; i < r->n_links; i++)
		if (r->links[i].inode == file->inode && r->links[i].major == file->major &&
		    r->links[i].minor == file->minor)
			return r->links[i].group;
	/* Bounded, since each is looked at for every other. */
	if (r->n_links >= 2048)
		return 0;
	*(uint32_t *)array_add(&r->holders, &r->n_holders, sizeof(*r->holders)) = 0;
	link = array_add(&r->links, &r->n_links, sizeof(*link));
	*link = (struct hard_link){ .inode = file->inode,
				    .major = file->major,
				    .minor = file->minor,
				    .group = (uint32_t)r->n_holders };
	return link->group;
}

static void begin(void *arg, const struct cpio_file *file)
{
	struct contents *c = arg;
	struct reading *r = c->reading;
	struct file *f = c->fault ? NULL : add(c, file->name);

	r->n = 0;
	r->keep = 0;
	r->program = false;
	if (!f) {
		r->current = SIZE_MAX;
		return;
	}
	f->mode = file->mode;
	f->size = file->size;
	if (S_ISREG(file->mode) && file->names > 1)
		f->group = group_of(c, file);
	if (f->group && file->size)
		r->holders[f->group - 1] = (uint32_t)r->current + 1;
	if (S_ISLNK(file->mode) || (S_ISREG(file->mode) && is_setting(f->path)))
		r->keep = CONTENTS_FILE_KEPT;
	else if (may_be_program(f))
		r->keep = SCRIPT_KEPT;
	/* The folder that was remembered may be a link now. */
	if (S_ISLNK(file->mode))
		r->folder[0] = '\0';
}

static void collect(struct reading *r, const uint8_t *data, size_t n)
{
	if (n > r->keep - r->n)
		n = r->keep - r->n;
	if (!n)
		return;
	if (r->n + n > r->room) {
		uint8_t *bigger;

		r->room = r->n + n < 4096 ? 4096 : 2 * (r->n + n);
		bigger = xcalloc(r->room, 1);
		if (r->n)
			memcpy(bigger, r->data, r->n);
		free(r->data);
		r->data = bigger;
	}
	memcpy(r->data + r->n, data, n);
	r->n += n;
}

static void content(void *arg, const uint8_t *data, size_t n)
{
	struct contents *c = arg;
	struct reading *r = c->reading;

	if (r->n >= r->keep || r->current == SIZE_MAX)
		return;
	if (!r->program && r->keep == SCRIPT_KEPT && r->n + n >= 4) {
		uint8_t head[4];
		size_t have = r->n < 4 ? r->n : 4;

		if (have)
			memcpy(head, r->data, have);
		if (have < 4)
			memcpy(head + have, data, 4 - have);
		r->program = elf_begins(head, 4);
		if (r->program)
			r->keep = CONTENTS_PROGRAM_MAX;
		else if (memcmp(head, "#!", 2) != 0)
			r->keep = r->n;
	}
	collect(r, data, n);
}

static void keep_text(struct contents *c, struct file *f)
{
	const struct reading *r = c->reading;

	c->kept += r->n + 1;
	if (c->kept > CONTENTS_KEPT) {
		c->fault = "its settings and links are larger than in an image of any system";
		return;
	}
	f->text = xcalloc(r->n + 1, 1);
	memcpy(f->text, r->data, r->n);
}

static void keep_elf(struct contents *c, struct file *f)
{
	struct elf elf;

	f->fault = elf_read(c->reading->data, c->reading->n, &elf);
	if (f->fault)
		return;
	for (size_t i = 0; i < elf.n_needed; i++)
		c->kept += strlen(elf.needed[i]) + sizeof(char *);
	c->kept += sizeof(elf);
	f->elf = xcalloc(1, sizeof(elf));
	*f->elf = elf;
	if (c->kept > CONTENTS_KEPT)
		c->fault = "its programs need more libraries than those of any system";
}

static void end(void *arg)
{
	struct contents *c = arg;
	struct reading *r = c->reading;

	if (r->current == SIZE_MAX || !r->n)
		return;
	if (r->program)
		keep_elf(c, &c->files[r->current]);
	else if (r->keep >= SCRIPT_KEPT)
		keep_text(c, &c->files[r->current]);
}

static void trailer(void *arg)
{
	((struct contents *)arg)->reading->n_links = 0;
}

const struct cpio_ops contents_ops = {
	.begin = begin,
	.content = content,
	.end = end,
	.trailer = trailer,
};

/* --- what is there ------------------------------------------------------------------------------
 */

static const struct file *with_content(const struct contents *c, const struct file *f)
{
	uint32_t holder = f && f->group ? c->reading->holders[f->group - 1] : 0;

	return holder ? &c->files[holder - 1] : f;
}

const struct file *contents_at(const struct contents *c, const char *path)
{
	struct walk w;

	return walk(c, &w, path, false) ? with_content(c, find(c, w.done)) : NULL;
}

const struct file *contents_resolve(const struct contents *c, const char *path)
{
	struct walk w;

	return walk(c, &w, path, true) ? with_content(c, find(c, w.done)) : NULL;
}

const struct file *contents_program(const struct contents *c, const char *path)
{
	const struct file *f = contents_resolve(c, path);

	return f && S_ISREG(f->mode) && (f->mode & 0111) ? f : NULL;
}

const char *contents_text(const struct contents *c, const char *path)
{
	const struct file *f = contents_resolve(c, path);

	return f && S_ISREG(f->mode) && f->text ? f->text : "";
}
