/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `intact needs` on the systems of tests/data/layouts, whose README explains the format. */
#include "needed.h"

#include "base/texts.h"
#include "system/block.h"

/* The program runs in its own folder (tests/run), or in the top folder. */
#define FOLDER "tests/data/layouts"
#define FROM_PROGRAM "../../../../" FOLDER

/* What is written short in a layout. */
static const char *const shorts[][2] = {
	{ "$ROOT", LUKS_UUID },
	{ "$SWAP", SWAP_UUID },
	{ "$HOME", "bbbbbbbb-89ab-cdef-0123-456789abcdef" },
	{ "$DATA", "cccccccc-89ab-cdef-0123-456789abcdef" },
	{ "$HOST", "dddddddd-89ab-cdef-0123-456789abcdef" },
	{ "$FS", "f0f0f0f0-1111-2222-3333-444444444444" },
	{ "<CR>", "\r" },
	{ "<BOM>", "\xef\xbb\xbf" },
};

/* --- the devices of one layout --- */

struct made {
	char name[64];	 /* in the layout: "sda2", "vg-root" */
	char kernel[32]; /* "sda2", "dm-3" */
	char number[16];
};

static struct made made[40];
static size_t n_made;
static unsigned n_mappings, n_disks_made;
static char system_folder[16]; /* before /etc: "" or "/target" */

static const struct made *find_made(const char *name)
{
	for (size_t i = 0; i < n_made; i++)
		if (str_eq(made[i].name, name))
			return &made[i];
	printf("# no device %s\n", name);
	abort();
}

static const struct made *make_device(const char *name, const char *kernel, unsigned major_number,
				      unsigned minor_number)
{
	struct made *m = &made[n_made++];

	if (n_made > ARRAY_SIZE(made))
		abort();
	str_copy(m->name, sizeof(m->name), name);
	str_copy(m->kernel, sizeof(m->kernel), kernel);
	snprintf(m->number, sizeof(m->number), "%u:%u", major_number, minor_number);
	return m;
}

/* A mapping on the devices of a list of names, which it changes. */
static void make_mapping(const char *name, const char *uuid, char *below)
{
	char kernel[16], slaves[256] = "", *save = NULL;
	const struct made *m;

	for (char *word = strtok_r(below, " ", &save); word; word = strtok_r(NULL, " ", &save))
		str_append(slaves, sizeof(slaves), "%s ", find_made(word)->kernel);
	snprintf(kernel, sizeof(kernel), "dm-%u", n_mappings);
	m = make_device(name, kernel, 253, n_mappings++);
	mapping(m->kernel, m->number, name, uuid, slaves);
}

static const struct disk *disk_of(const char *kernel)
{
	for (size_t i = 0; i < n_disks; i++)
		if (str_eq(disks[i].node + strlen("/dev/"), kernel))
			return &disks[i].disk;
	abort();
}

/* open NAME DEVICE: the LUKS volume on it is open. */
static void make_open(const char *name, char *below)
{
	const struct header *h = &disk_of(find_made(below)->kernel)->header;
	char plain[40] = "", uuid[160], lower[128];

	for (const char *p = h->uuid; *p; p++)
		if (*p != '-')
			str_append(plain, sizeof(plain), "%c", *p);
	if (h->integrity[0]) {
		snprintf(lower, sizeof(lower), "%s_dif", name);
		snprintf(uuid, sizeof(uuid), "CRYPT-SUBDEV-%s-%s", plain, lower);
		make_mapping(lower, uuid, below);
		below = lower;
	}
	snprintf(uuid, sizeof(uuid), "CRYPT-LUKS2-%s-%s", plain, name);
	make_mapping(name, uuid, below);
}

/* luks DEVICE UUID [INTEGRITY] */
static void make_luks(const char *name, char *rest)
{
	char *save = NULL, *uuid = strtok_r(rest, " ", &save);
	const char *integrity = strtok_r(NULL, " ", &save);
	static char nodes[ARRAY_SIZE(disks)][64];

	snprintf(nodes[n_disks], sizeof(*nodes), "/dev/%s", find_made(name)->kernel);
	luks2(nodes[n_disks], uuid,
	      integrity && str_eq(integrity, "aead") ? "aegis128-random" : "aes-xts-plain64",
	      !integrity		? "" :
	      str_eq(integrity, "hmac") ? "hmac(sha256)" :
					  integrity);
}

static void make_md(const char *name, char *members)
{
	char *save = NULL;

	block(name, make_device(name, name, 9, n_disks_made++)->number, NULL);
	for (char *word = strtok_r(members, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		const char *member = find_made(word)->kernel;
		cleanup_free char *link = xasprintf("/sys/devices/%s/slaves/%s", name, member);
		cleanup_free char *target = xasprintf("/sys/class/block/%s", member);

		linked(link, target);
	}
}

static void add_device(char *line)
{
	char *save = NULL, *what = strtok_r(line, " ", &save), *name = strtok_r(NULL, " ", &save);
	cleanup_free char *link = NULL, *target = NULL;

	if (str_eq(what, "disk")) {
		block(name, make_device(name, name, 8, 16 * n_disks_made++)->number, NULL);
	} else if (str_eq(what, "part")) { /* part sda2 sda */
		block(name, make_device(name, name, 259, (unsigned)n_made)->number, save);
	} else if (str_eq(what, "md")) {
		make_md(name, save);
	} else if (str_eq(what, "lv")) {
		make_mapping(name, "LVM-abc", save);
	} else if (str_eq(what, "luks")) {
		make_luks(name, save);
	} else if (str_eq(what, "open")) {
		make_open(name, save);
	} else if (str_eq(what, "plain")) { /* a random key, for example */
		make_mapping(name, "CRYPT-PLAIN-x", save);
	} else if (str_eq(what, "link")) { /* link /dev/disk/by-uuid/X DEVICE */
		target = xasprintf("/dev/%s", find_made(save)->kernel);
		linked(name, target);
	} else {
		printf("# unknown: %s\n", what);
		abort();
	}
}

/* --- mounts and swaps --- */

/* The members of a btrfs. */
static void add_member(const char *kernel)
{
	cleanup_free char *link = xasprintf("/sys/fs/btrfs/f5/devices/%s", kernel);
	cleanup_free char *target = xasprintf("/sys/class/block/%s", kernel);

	linked(link, target);
}

/* POINT TYPE DEVICE[,DEVICE…] [FOLDER]: a line of mountinfo. "none" and a name with a '/' are no
 * devices. */
static void add_mount(char *line, char *text, size_t size)
{
	char *save = NULL, *point = strtok_r(line, " ", &save), *type = strtok_r(NULL, " ", &save);
	char *source = strtok_r(NULL, " ", &save), *root = strtok_r(NULL, " ", &save);
	const char *number = "0:25", *prefix = "", *first = source;

	if (!strchr(source, '/') && !str_eq(source, "none")) {
		prefix = "/dev/";
		for (char *name; (name = strsep(&source, ","));) {
			const struct made *m = find_made(name);

			if (name == first && !str_eq(type, "btrfs"))
				number = m->number;
			else
				add_member(m->kernel);
		}
		first = find_made(first)->kernel;
	}
	str_append(text, size, "27 1 %s %s %s rw - %s %s%s rw\n", number, root ? root : "/", point,
		   type, prefix, first);
}

/* --- a layout --- */

struct laid_out {
	char where[32];
	char mounts[2048], builders[2048], swaps[1024];
	char contents[8192]; /* of the file of the section */
	char section[128];
	const char *option, *value; /* of the command */
	int code;
	size_t volumes; /* lines that must be printed */
	bool judged;
};

static void end_section(struct laid_out *l)
{
	cleanup_free char *path =
		xasprintf("%s%s", str_after(l->section, "/etc/") ? system_folder : "", l->section);

	if (l->section[0] == '/')
		file(path, l->contents);
	l->contents[0] = '\0';
}

/* booted; chroot, to a mount; folder, a chroot to one; root, by --root; docker, a container */
static void set_where(struct laid_out *l, const char *where)
{
	str_copy(l->where, sizeof(l->where), where);
	if (str_eq(where, "root"))
		str_copy(system_folder, sizeof(system_folder), "/target");
	if (str_eq(where, "chroot") || str_eq(where, "folder"))
		file("/proc/1/root/builder", "");
	else if (str_eq(where, "docker"))
		file("/.dockerenv", "");
}

/* Is the line, as it was printed, the expected one? What intact demands of the header is not told
 * in layouts, and '*' stands for anything. */
static bool fits(const char *volume, const char *expected)
{
	size_t len = strlen(expected);
	const char *rest;

	if (len && expected[len - 1] == '*')
		return strncmp(volume, expected, len - 1) == 0;
	rest = str_after(volume, expected);
	return rest && (!*rest || str_after(rest, ",x-intact."));
}

static void check_volume(const struct laid_out *l, const char *expected, const char *file_name)
{
	cleanup_free char *copy = xstrdup(out);
	char *save = NULL;
	size_t n = 0;

	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *volume = str_after(line, "volume ");

		if (!volume || ++n != l->volumes)
			continue;
		if (!fits(volume, expected))
			printf("# volume %zu is \"%s\"\n", n, volume);
		CHECK_ROW(fits(volume, expected), file_name);
		return;
	}
	printf("# \"%s\" is not printed; %s", expected, err);
	CHECK_ROW(false, file_name);
}

static void judge(struct laid_out *l, char *line, const char *file_name)
{
	char *text = strchr(line, ' ');

	if (!l->judged) {
		file("/proc/self/mountinfo", l->mounts);
		file("/proc/1/mountinfo", l->builders);
		file("/proc/swaps", l->swaps);
		l->code = run_needs("6.1.0-1-amd64", *system_folder ? system_folder : NULL,
				    l->option, l->value);
		l->judged = true;
	}
	if (str_eq(line, "quiet")) {
		if (strstr(err, "warning") || strstr(err, "error"))
			printf("# %s: %s", file_name, err);
		CHECK_ROW(!strstr(err, "warning") && !strstr(err, "error"), file_name);
		return;
	}
	*text++ = '\0';
	if (str_eq(line, "exit")) {
		if (l->code != atoi(text))
			printf("# %s: exit %d; %s", file_name, l->code, err);
		CHECK_ROW(l->code == atoi(text), file_name);
	} else if (str_eq(line, "volume")) {
		l->volumes++;
		check_volume(l, text, file_name);
	} else if (str_eq(line, "print")) {
		CHECK_HAS(out, text);
	} else if (str_eq(line, "not-print")) {
		CHECK_ROW(!strstr(out, text), file_name);
	} else if (str_eq(line, "say")) {
		if (!said(text))
			printf("# %s\n", file_name);
		CHECK_HAS(err, text);
	} else if (str_eq(line, "not-say")) {
		CHECK_ROW(!said(text), text);
	} else {
		printf("# %s: unknown: %s\n", file_name, line);
		abort();
	}
}

static void read_line_of(struct laid_out *l, char *line, const char *file_name)
{
	if (*line == '[') {
		end_section(l);
		line[strlen(line) - 1] = '\0';
		str_copy(l->section, sizeof(l->section), line + 1);
	} else if (l->section[0] == '/') {
		str_append(l->contents, sizeof(l->contents), "%s\n", line);
	} else if (!*line || *line == '#') {
		return;
	} else if (str_eq(l->section, "where")) {
		set_where(l, line);
	} else if (str_eq(l->section, "devices")) {
		add_device(line);
	} else if (str_eq(l->section, "mounts")) {
		add_mount(line, l->mounts, sizeof(l->mounts));
	} else if (str_eq(l->section, "builder")) {
		add_mount(line, l->builders, sizeof(l->builders));
	} else if (str_eq(l->section, "swaps")) {
		char *size = strchr(line, ' ');

		*size++ = '\0';
		str_append(l->swaps, sizeof(l->swaps), "%s%s partition %s 0 -2\n",
			   *line == '/' ? "" : "/dev/",
			   *line == '/' ? line : find_made(line)->kernel, size);
	} else if (str_eq(l->section, "resume")) {
		l->option = "--resume";
		l->value = line;
	} else if (str_eq(l->section, "included")) {
		l->option = "--included";
		l->value = line;
	} else if (str_eq(l->section, "needs")) {
		judge(l, line, file_name);
	}
}

static const char *folder(void)
{
	return access(FROM_PROGRAM, F_OK) == 0 ? FROM_PROGRAM : FOLDER;
}

/* Puts the long form of what is written short into text, which the caller frees. */
static char *expand(const char *text)
{
	char *longer = xcalloc(1, 4 * strlen(text) + 4096), *end = longer;

	while (*text) {
		size_t used = 0;

		for (size_t i = 0; !used && i < ARRAY_SIZE(shorts); i++)
			if (str_after(text, shorts[i][0])) {
				end = stpcpy(end, shorts[i][1]);
				used = strlen(shorts[i][0]);
			}
		if (used)
			text += used;
		else
			*end++ = *text++;
	}
	return longer;
}

static void run_layout(const char *name)
{
	cleanup_free char *path = xasprintf("%s/%s", folder(), name), *text = NULL, *whole = NULL;
	struct laid_out l = { .swaps = "Filename Type Size Used Priority\n" };
	char *rest;

	if (read_file(path, 1 << 20, &text, NULL) < 0)
		abort();
	start();
	n_made = n_mappings = n_disks_made = 0;
	system_folder[0] = '\0';
	file("/proc/cmdline", "quiet\n");
	rest = whole = expand(text);
	for (char *line; (line = strsep(&rest, "\n"));)
		read_line_of(&l, line, name);
	CHECK_ROW(l.judged, name);
	{
		size_t volumes = 0;

		for (const char *p = out; (p = strstr(p, "volume ")); p++)
			volumes += p == out || p[-1] == '\n';
		if (volumes != l.volumes)
			printf("# %s: printed\n%s%s", name, out, err);
		CHECK_ROW(volumes == l.volumes, name);
	}
}

TEST(layouts)
{
	char **names;
	size_t n, run = 0;

	texts_folder(folder(), &names, &n);
	for (size_t i = 0; i < n; i++)
		if (!str_eq(names[i], "README.md")) {
			run_layout(names[i]);
			run++;
		}
	texts_free(names, n);
	CHECK(run >= 25);
}

TEST_MAIN(layouts)
