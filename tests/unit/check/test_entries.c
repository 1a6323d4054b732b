/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which entry each boot loader starts if nobody chooses, and what its configuration may cost. */
#include "base/texts.h"
#include "check/bootconfig.h"
#include "check/entry.h"
#include "check/order.h"
#include "check/refind.h"
#include "test.h"

#include <time.h>

/* The titles of all entries that start something; that of the default has a '*'. */
static const char *listed(struct boot_entries *entries)
{
	static char said[4096];

	entries_mark_default(entries);
	said[0] = '\0';
	for (size_t i = 0; i < entries->n; i++)
		if (!entries->list[i].menu)
			str_append(said, sizeof(said), "%s%s%s", *said ? " " : "",
				   entries->list[i].title, entries->list[i].is_default ? "*" : "");
	entries_free(entries);
	return said;
}

/* --- GRUB --- */

#define ENTRY(name) "menuentry '" name "' --id id-" name " {\nlinux /k\n}\n"
#define MENUS                                            \
	ENTRY("A")                                       \
	"submenu 'More > less' --id more {\n" ENTRY("B") \
		ENTRY("C") "submenu In {\n" ENTRY("D") "}\n}\n" ENTRY("E")
#define HEAD                                                                                    \
	"if [ \"${next_entry}\" ] ; then\n  set default=\"${next_entry}\"\n  set next_entry=\n" \
	"  save_env next_entry\nelse\n  set default=\"0\"\nfi\n"
#define UBUNTU                                                       \
	"if [ \"${initrdfail}\" = 2 ]; then\nset initrdfail=\nelif " \
	"[ \"${initrdfail}\" = 1 ]; then\nset next_entry=\"${prev_entry}\"\nfi\n"
#define FEDORA                                                                        \
	"if [ -n \"${boot_counter}\" -a \"${boot_success}\" = \"0\" ]; then\n"        \
	"if  [ \"${boot_counter}\" = \"0\" -o \"${boot_counter}\" = \"-1\" ]; then\n" \
	"set default=1\nelse\ndecrement boot_counter\nfi\nfi\n"

TEST(grub_way)
{
	static const struct {
		const char *text, *environment, *said;
	} rows[] = {
		{ "", "", "A* B C D E" },
		{ "set default=1\n", "", "A B* C D E" },
		{ "set default='1>1'\n", "", "A B C* D E" },
		{ "set default=2\n", "", "A B C D E*" },
		{ "set default=7\n", "", "A* B C D E" },
		{ "set default='id-E'\n", "", "A B C D E*" },
		{ "set default='E'\n", "", "A B C D E*" },
		/* A name counts in its menu only, and a '>' in it is written twice. */
		{ "set default='id-B'\n", "", "A* B C D E" },
		{ "set default='More >> less>C'\n", "", "A B C* D E" },
		{ "set default='more>id-C'\n", "", "A B C* D E" },
		{ "set default='more>In>D'\n", "", "A B C D* E" },
		{ "set default='1>2>0'\n", "", "A B C D* E" },
		{ "set default='more>gone'\n", "", "A B* C D E" },
		{ "set default=\"${saved_entry}\"\n", "x=1\nsaved_entry=more>id-C\n",
		  "A B C* D E" },
		/* grub-reboot. */
		{ HEAD, "", "A* B C D E" },
		{ HEAD, "next_entry=id-E\n", "A B C D E*" },
		{ UBUNTU HEAD, "next_entry=id-E\n", "A B C D E*" },
		{ UBUNTU HEAD, "initrdfail=1\nprev_entry=2\n", "A B C D E*" },
		{ FEDORA, "boot_counter=2\nboot_success=0\n", "A* B C D E" },
		{ FEDORA, "boot_counter=0\nboot_success=0\n", "A B* C D E" },
		{ FEDORA, "boot_counter=0\nboot_success=1\n", "A* B C D E" },
		/* What only GRUB knows. */
		{ "if [ x$grub_platform = xefi ]; then set default=2; else true; fi\n", "",
		  "A B C D E*" },
		{ "if [ -z \"${next_entry}\" ]; then\nmenuentry F { }\nelse\n" ENTRY("G") "fi\n",
		  "", "F* A B C D E" },
		{ "if test ! -n \"$next_entry\"; then true; elif true; then\n" ENTRY("F") "fi\n",
		  "", "A* B C D E" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *text = xasprintf("%s%s", rows[i].text, MENUS);
		struct boot_entries entries = { 0 };

		grub_read(text, rows[i].environment, &entries);
		CHECK_STR(listed(&entries), rows[i].said);
	}
}

/* --- files of the Boot Loader Specification --- */

static void read_files(const char *const names[], const char *const more[], size_t n,
		       enum boot_default rule, struct boot_entries *ret)
{
	*ret = (struct boot_entries){ .rule = rule };
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *text = xasprintf("linux /k\n%s", more ? more[i] : "");

		bls_read(names[i], text, NULL, ret);
	}
	bls_sort(ret);
}

TEST(blscfg)
{
	static const char *const names[] = { "m-6.9.4-1.conf", "m-6.12.1-1.conf" };
	static const struct {
		const char *text, *environment, *said;
	} rows[] = {
		/* An entry without an id, beside those of files; those of a firmware's menu later.
		 */
		{ "blscfg\nmenuentry \"Windows\" {\nchainloader +1\n}\n", "",
		  "m-6.12.1-1* m-6.9.4-1 Windows" },
		{ "set default=\"${saved_entry}\"\nblscfg\nmenuentry Firmware { }\n",
		  "saved_entry=0\n", "m-6.12.1-1* m-6.9.4-1 Firmware" },
		{ "set default=\"${saved_entry}\"\nblscfg\nmenuentry Firmware { }\n",
		  "saved_entry=1\n", "m-6.12.1-1 m-6.9.4-1* Firmware" },
		{ "set default=2\nblscfg\nmenuentry Firmware { }\nmenuentry X { }\n", "",
		  "m-6.12.1-1 m-6.9.4-1 Firmware* X" },
		{ "set default='3>0'\nmenuentry Y { }\nblscfg\nsubmenu Z {\nmenuentry X { }\n}\n",
		  "", "Y m-6.12.1-1 m-6.9.4-1 X*" },
		{ "set default=\"${saved_entry}\"\nblscfg\n", "saved_entry=m-6.9.4-1\n",
		  "m-6.12.1-1 m-6.9.4-1*" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct boot_entries entries = { 0 }, files;

		grub_read(rows[i].text, rows[i].environment, &entries);
		CHECK(entries.more);
		read_files(names, NULL, ARRAY_SIZE(names), DEFAULT_GRUB, &files);
		grub_insert(&entries, &files);
		CHECK_STR(listed(&entries), rows[i].said);
	}
}

TEST(blscfg_leaves_out)
{
	struct boot_entries entries = { .rule = DEFAULT_GRUB };

	bls_read("a.conf", "title A\nefi /x.efi\n", NULL, &entries);
	bls_read("b.conf", "title B\nlinux /k\n", NULL, &entries);
	CHECK_STR(listed(&entries), "B");
}

TEST(systemd_boot)
{
	static const struct {
		const char *wanted, *names[3], *more[3], *said;
	} rows[] = {
		/* Without sort keys the newest name is first. */
		{ NULL,
		  { "l-6.9.conf", "l-6.12.conf", "l-6.12~rc1.conf" },
		  { "", "", "" },
		  "l-6.12* l-6.12~rc1 l-6.9" },
		/* A count of tries is no part of the name; one without tries left is last. */
		{ "arch.conf",
		  { "arch+3.conf", "other.conf", "x.conf" },
		  { "", "", "" },
		  "x other arch+3*" },
		{ NULL,
		  { "z+0-3.conf", "a+2-1.conf", "b.conf" },
		  { "", "", "" },
		  "b* a+2-1 z+0-3" },
		{ NULL,
		  { "a+1-2.conf", "a+2-1.conf", "a+x.conf" },
		  { "", "", "" },
		  "a+x* a+2-1 a+1-2" },
		{ "A*.conf", { "b.conf", "arch.conf", "c.conf" }, { "", "", "" }, "c b arch*" },
		{ "[a-b]?.conf", { "b1.conf", "c1.conf", "d.conf" }, { "", "", "" }, "d c1 b1*" },
		{ "gone.conf", { "a.conf", "b.conf", "c.conf" }, { "", "", "" }, "c* b a" },
		/* What is preferred comes before the default, but not without tries left. */
		{ "c\npreferred b", { "a.conf", "b.conf", "c.conf" }, { "", "", "" }, "c b* a" },
		{ "c\npreferred ?.conf",
		  { "a.conf", "b+0-3.conf", "c+1-2.conf" },
		  { "", "", "" },
		  "c+1-2* a b+0-3" },
		{ "b\npreferred b",
		  { "a.conf", "b+0-3.conf", "c.conf" },
		  { "", "", "" },
		  "c a b+0-3*" },
		{ "a\npreferred b",
		  { "a.conf", "b+0-3.conf", "c.conf" },
		  { "", "", "" },
		  "c a* b+0-3" },
		{ "a\npreferred gone", { "a.conf", "b.conf", "c.conf" }, { "", "", "" }, "c b a*" },
		/* Sort key, machine and version, each with its own direction. */
		{ NULL,
		  { "z.conf", "b.conf", "a.conf" },
		  { "", "sort-key arch\nversion 2\n", "sort-key arch\nversion 10\n" },
		  "a* b z" },
		{ NULL,
		  { "a.conf", "b.conf", "c.conf" },
		  { "sort-key s\nmachine-id 2\nversion 9\n", "sort-key s\nmachine-id 1\n",
		    "sort-key r\n" },
		  "c* b a" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct boot_entries entries;
		cleanup_free char *conf = xasprintf("timeout 3\ndefault %s\n",
						    rows[i].wanted ? rows[i].wanted : "");

		read_files(rows[i].names, rows[i].more, 3, DEFAULT_SYSTEMD_BOOT, &entries);
		bls_read_default(conf, &entries);
		CHECK_STR(listed(&entries), rows[i].said);
	}
}

TEST(versions)
{
	/* Each is newer than the one before it. */
	static const char *const rows[] = {
		"~1",	 "",	    "a",       "a~b",	   "ab",    "abb",     "abc",
		"0001",	 "002",	    "12",      "122",	   "122.9", "123~rc1", "123",
		"123-a", "123-a.1", "123-a1",  "123-a1.1", "123-3", "123-3.1", "123^patch1",
		"123^1", "123.a-1", "123.1-1", "123a-1",   "124",
	};

	for (size_t i = 1; i < ARRAY_SIZE(rows); i++) {
		bool known = str_eq(rows[i], "a~b"); /* a pre-release of "a" */

		CHECK(known || version_compare(rows[i - 1], rows[i]) < 0);
		CHECK(known || version_compare(rows[i], rows[i - 1]) > 0);
		CHECK_INT(version_compare(rows[i], rows[i]), 0);
	}
	CHECK_INT(version_compare("6.1_x", "6.1 x"), 0);
	CHECK_INT(version_compare("06", "6"), 0);
}

TEST(patterns)
{
	cleanup_free char *text = xcalloc(1, 255), *pattern = xcalloc(1, 512);

	CHECK(pattern_matches("", ""));
	CHECK(!pattern_matches("", "a"));
	CHECK(pattern_matches("**a*", "xaz"));
	CHECK(!pattern_matches("a?", "a"));
	CHECK(pattern_matches("[!x", "[!x"));
	CHECK(pattern_matches("[]a]", "]"));
	CHECK(!pattern_matches("[a-c]", "d"));
	/* Each star would be tried at each place by a simple matcher. */
	memset(text, 'a', 254);
	for (size_t i = 0; i < 500; i += 2)
		memcpy(pattern + i, "*a", 2);
	memcpy(pattern + 500, "*b", 2);
	CHECK(!pattern_matches(pattern, text));
}

/* --- extlinux --- */

TEST(extlinux)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{ "label a\nlabel b\n", "a* b" },
		{ "label a\nlabel b\n\tMENU DEFAULT\n", "a b*" },
		{ "label a\nlabel b\nmenu default\nlabel c\nmenu default\n", "a b* c" },
		{ "default menu.c32\nlabel a\nlabel b\nmenu default\n", "a b*" },
		{ "default a\nlabel a\nlabel b\nmenu default\n", "a* b" },
		{ "menu default\nlabel a\nlabel b\nmenu label default\n", "a* default" },
		{ "label a\nMENU LABEL  ^The first\nlabel b\nmenu label\nmenu labels x\n",
		  "The first* b" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct boot_entries entries = { 0 };

		extlinux_read(rows[i].text, "/extlinux", &entries);
		CHECK_STR(listed(&entries), rows[i].said);
	}
}

TEST(extlinux_paths)
{
	struct boot_entries entries = { 0 };

	extlinux_read("label a\nlinux /vmlinuz\ninitrd ../a,/b\n", "/extlinux", &entries);
	CHECK_STR(entries.list[0].kernel, "/vmlinuz");
	CHECK_STR(entries.list[0].images[0], "/extlinux/../a");
	CHECK_STR(entries.list[0].images[1], "/b");
	entries_free(&entries);
}

/* --- Raspberry Pi --- */

TEST(raspberry)
{
	static const struct {
		const char *config, *model, *kernel, *image;
	} rows[] = {
		{ "auto_initramfs=1\n", NULL, "/kernel8.img", "/initramfs8" },
		{ "auto_initramfs=1\n[pi5]\nkernel=kernel5\n", NULL, "/kernel8.img",
		  "/initramfs8" },
		{ "auto_initramfs=1\n[pi5]\nkernel=kernel5\n[all]\n", "Raspberry Pi 5 Model B",
		  "/kernel5", "/initramfs5" },
		{ "auto_initramfs=1\n[cm4]\nkernel=kernel4\n", "Raspberry Pi Compute Module 4",
		  "/kernel4", "/initramfs4" },
		{ "auto_initramfs=1\n[pi4]\nkernel=kernel4\n", "Raspberry Pi 400 Rev 1.0",
		  "/kernel4", "/initramfs4" },
		{ "auto_initramfs=1\n[cm4]\nkernel=kernel4\n", "Raspberry Pi 4 Model B",
		  "/kernel8.img", "/initramfs8" },
		{ "auto_initramfs=1\n[EDID=x]\n[pi4]\nkernel=kernel4\n", "Raspberry Pi 4",
		  "/kernel8.img", "/initramfs8" },
		{ "auto_initramfs=1\n[none]\nkernel=kernel4\n", "Raspberry Pi 4", "/kernel8.img",
		  "/initramfs8" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct boot_entries entries = { 0 };

		raspberry_read(rows[i].config, "", rows[i].model, "kernel8.img", &entries);
		CHECK_STR(entries.list[0].kernel, rows[i].kernel);
		CHECK_STR(entries.list[0].images[0], rows[i].image);
		entries_free(&entries);
	}
	CHECK(raspberry_is_5("Raspberry Pi 500") &&
	      raspberry_is_5("Raspberry Pi Compute Module 5"));
	CHECK(!raspberry_is_5("Raspberry Pi 4 Model B Rev 1.5") && !raspberry_is_5(NULL));
}

/* --- what it may cost --- */

static char *repeated(const char *before, const char *part, size_t n, const char *after)
{
	size_t len = strlen(part);
	char *text = xcalloc(1, strlen(before) + n * len + strlen(after) + 1), *at;

	at = stpcpy(text, before);
	for (size_t i = 0; i < n; i++, at += len)
		memcpy(at, part, len);
	strcpy(at, after);
	return text;
}

/* Seconds of this process. */
static double used(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

/* A second for each is a hundred times what it needs; without a bound it would be minutes. */
TEST(costs)
{
	cleanup_free char *options = repeated("a \"", "%v", 500000, "\"\n");
	cleanup_free char *words = repeated("x=", "a ", 500, "\n");
	cleanup_free char *lines = repeated("linux /k\noptions ", "$x ", 300000, "\n");
	char name[] = "vmlinuz-6.1", *names[] = { name };
	struct refind settings = { 0 };
	struct boot_entries entries = { 0 };
	double before = used();

	refind_scan(&settings, "/boot", names, 1, options, &entries);
	CHECK_INT(entries.n, 1);
	bls_read("a.conf", lines, words, &entries);
	CHECK_INT(entries.n, 2);
	CHECK(used() - before < 60);
	CHECK(strlen(entries.list[0].options) < 32 << 10);
	entries_free(&entries);
}

/* --- bootconfig --- */

struct bytes {
	const char *data;
	size_t n;
};

static bool read_bytes(void *arg, uint64_t at, void *to, size_t n)
{
	const struct bytes *b = arg;

	if (at > b->n || n > b->n - at)
		return false;
	memcpy(to, b->data + at, n);
	return true;
}

static uint64_t before_in(const char *data, size_t n, uint64_t at)
{
	struct bytes bytes = { data, n };
	struct unified_source source = { .read = read_bytes, .arg = &bytes, .size = n };

	return bootconfig_before(&source, at, n - at);
}

TEST(bootconfig)
{
#define TAIL "a=1\0\4\0\0\0\xcf\0\0\0#BOOTCONFIG\n"
	static const char good[] = "IMAGE..." TAIL, padded[] = "IMAGE..." TAIL "\0\0\0",
			  wrong[] = "IMAGE...b=1\0\4\0\0\0\xcf\0\0\0#BOOTCONFIG\n",
			  large[] = "a=1\0\5\0\0\0\xcf\0\0\0#BOOTCONFIG\n";

	CHECK_INT(before_in(good, sizeof(good) - 1, 0), 8);
	CHECK_INT(before_in(good, sizeof(good) - 1, 4), 4);
	CHECK_INT(before_in(padded, sizeof(padded) - 1, 0), 8);
	CHECK_INT(before_in(wrong, sizeof(wrong) - 1, 0), sizeof(wrong) - 1);
	CHECK_INT(before_in(large, sizeof(large) - 1, 0), sizeof(large) - 1);
	CHECK_INT(before_in("x", 1, 0), 1);
	CHECK_INT(before_in("", 0, 0), 0);
}

TEST_MAIN(grub_way, blscfg, blscfg_leaves_out, systemd_boot, versions, patterns, extlinux,
	  extlinux_paths, raspberry, costs, bootconfig)
