/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "built.h"

#include "base/escape.h"
#include "config/crypttab.h"

TEST(defaults)
{
	build("root UUID=" U1 "\n", NULL);
	CHECK_STR(volumes(), "root=UUID=" U1);
	CHECK_STR(findings(), "");
	CHECK_STR(first()->origin, "/etc/intact/crypttab line 1");
	CHECK_INT(first()->tries, TRIES_DEFAULT);
	CHECK_INT(first()->keyslot, KEYSLOT_ANY);
	CHECK_INT(first()->device_wait, DEVICE_WAIT_DEFAULT);
	CHECK(first()->prompt_wait == WAIT_FOREVER);
	CHECK(first()->expect == EXPECT_NOTHING && !first()->integrity);
	CHECK(!first()->keyfile && !first()->detached && first()->from_file &&
	      !first()->on_cmdline);
	CHECK(!first()->off && !first()->promised && !config.promise_lost);
	build(NULL, NULL);
	CHECK_STR(volumes(), "");
}

TEST(lines_that_are_no_volumes)
{
	build("a UUID=" U1 " /dev/urandom swap,cipher=aes-xts-plain64\n"
	      "b /dev/sdb none plain\n"
	      "c /dev/sdc none tcrypt-veracrypt\n"
	      "d /dev/sdd none bitlk\n"
	      "e /dev/sde none tmp=ext4\n"
	      "f UUID=" U2 " none luks,noauto\n"
	      "g UUID=" U3 " none luks\n"
	      "h /dev/sdh /dev/random\n",
	      NULL);
	CHECK_STR(volumes(), "g=UUID=" U3);
	CHECK_STR(findings(), "");

	build("b /dev/sdb none plain,x-intact.integrity", NULL);
	CHECK_STR(volumes(), "b=/dev/sdb");
	CHECK_STR(findings(),
		  "W " LINE1
		  "\"plain,x-intact.integrity\" has both x-intact.integrity and an option of "
		  "another format than LUKS2; b is treated as a LUKS2 volume with integrity "
		  "protection.");
}

/* A line that is not understood, but promises something: the boot must not go on without it. */
TEST(promises_in_broken_lines)
{
	static const struct {
		const char *line;
		bool lost;
	} rows[] = {
		{ "root UUID=" U1 " none \"luks,x-intact.integrity", true },
		{ "root UUID=" U1 " none luks x-intact.integrity", true },
		{ "root UUID=" U1 " none luks a x-intact.volume-key=x", true },
		{ "root UUID=\\0033 none x-intact.cipher=a-b", true },
		{ "x-intact.integrity", true },
		{ "\xef\xbb\xbfroot UUID=" U1 " none x-intact.integrity", false },
		{ "root UUID=" U1 " none x-intact.integrity luks", false },
		{ "root UUID=" U1 " none \"luks,x-intact.fstype=ext4", false },
		{ "root", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		build(rows[i].line, NULL);
		CHECK_ROW(config.promise_lost == rows[i].lost, rows[i].line);
		CHECK_ROW(config.findings.n > 0, rows[i].line);
	}
}

/* What a report hands on to the next image. */
TEST(promise_of_the_files)
{
	build("root UUID=" U1 " none x-intact.integrity\ndata UUID=" U2 " none luks",
	      "rd.luks.options=" U1 "=x-intact.integrity=aead,x-intact.key-size=64 "
	      "rd.luks.options=" U2 "=x-intact.integrity=aead rd.luks.uuid=" U3
	      " rd.luks.options=" U3 "=x-intact.integrity");
	CHECK_INT(config.n_volumes, 3);
	CHECK_STR(config.volumes[0].promise, "x-intact.integrity");
	CHECK(config.volumes[0].expect == EXPECT_NAMED);
	CHECK(!config.volumes[1].promise && !config.volumes[2].promise);
}

/* A name that was only the mapping's gives way to a name that somebody chose. */
TEST(fallback_names)
{
	static const char own[] = "root UUID=" U1 " none x-intact.integrity,x-intact.fallback-name";
	static const struct {
		const char *foreign, *cmdline, *name;
	} rows[] = {
		{ NULL, NULL, "root" },
		{ NULL, "rd.luks.options=tries=5", "root" },
		{ NULL, "rd.luks.uuid=" U1, "luks-" U1 },
		{ NULL, "rd.luks.uuid=luks-" U1, "luks-" U1 },
		{ NULL, "rd.luks.name=" U1 "=x rd.luks.uuid=" U1, "x" },
		{ NULL, "cryptdevice=UUID=" U1 ":y", "y" },
		{ "crypt UUID=" U1, NULL, "crypt" },
		{ "crypt UUID=" U1, "rd.luks.uuid=" U1, "crypt" },
		{ "root UUID=" U1, "rd.luks.uuid=" U1, "root" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		build2(own, rows[i].foreign, rows[i].cmdline);
		CHECK_INT(config.n_volumes, 1);
		CHECK_STR(first()->name, rows[i].name);
		CHECK(first()->promised);
	}
	/* crypttab's name is no fallback. */
	build("root UUID=" U1 " none x-intact.integrity", "rd.luks.uuid=" U1);
	CHECK_STR(first()->name, "root");
	/* Options without a UUID are for what no crypttab has. */
	build(own, "rd.luks.options=tries=5");
	CHECK_INT(first()->tries, 5);
	build2(own, "crypt UUID=" U1, "rd.luks.options=tries=5");
	CHECK_INT(first()->tries, TRIES_DEFAULT);
	build("root UUID=" U1, "rd.luks.options=tries=5");
	CHECK_INT(first()->tries, TRIES_DEFAULT);
}

TEST(bad_lines)
{
	static const struct {
		const char *line, *finding;
	} rows[] = {
		{ "root", "E " LINE2
			  "\"root\" has no device: a line is NAME DEVICE [KEYFILE [OPTIONS]]. The "
			  "line is ignored." },
		{ "root sda2",
		  "E " LINE2 "\"sda2\" is not a device; write UUID=..., LABEL=..., PARTUUID=..., "
		  "PARTLABEL=... or a path such as /dev/sda2. Volume root is left out." },
		{ "a/b /dev/sda2",
		  "E " LINE2 "the name \"a/b\" contains a '/'; this volume is left out." },
		{ "control /dev/sda2", "the name \"control\" is reserved" },
		{ ".. /dev/sda2", "the name \"..\" begins with a '.'" },
		{ "\"\" /dev/sda2", "the name \"\" is empty" },
		{ "a\\0011b /dev/sda2", "\"a\\0011b /dev/sda2\" contains control characters" },
		{ "root \"UUID=1",
		  "E " LINE2 "\"\"UUID=1\" has a quote that is not closed. The line is ignored." },
		{ "home UUID=" U3,
		  "W " LINE2
		  "the name \"home\" is already used by /etc/intact/crypttab line 1; this line "
		  "is ignored. Give the volume another name." },
		{ "data UUID=" U1,
		  "W " LINE2 "UUID=" U1
		  " is already unlocked as \"home\" by /etc/intact/crypttab line 1; this "
		  "line is ignored." },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *text = xasprintf("home UUID=" U1 "\n%s\nlast UUID=" U2,
						    rows[i].line);

		build(text, NULL);
		CHECK_STR(volumes(), "home=UUID=" U1 " last=UUID=" U2);
		CHECK_HAS(findings(), rows[i].finding);
		CHECK_INT(config.findings.n, 1);
	}

	build("root UUID=" U1 " none luks, discard", NULL);
	CHECK_STR(volumes(), "root=UUID=" U1);
	CHECK_STR(findings(),
		  "W " LINE1
		  "\"discard\" is a fifth field and is ignored; separate options by commas, "
		  "without blanks.");
}

TEST(two_files)
{
	/* what the image was made from names the same volumes: nothing to say about it */
	build2("root UUID=" U1 " none tries=5,x-intact.integrity\n",
	       "root /dev/sda2 none tries=9\nluks-" U1 " UUID=" U1 "\n"
	       "home UUID=" U2 "\n",
	       NULL);
	CHECK_STR(volumes(), "root=UUID=" U1 " home=UUID=" U2);
	CHECK_STR(findings(), "");
	CHECK_INT(first()->tries, 5);
	CHECK(first()->expect == EXPECT_ANY);
	CHECK_STR(config.volumes[1].origin, "/etc/crypttab line 3");
}

/* An invalid line of the image is no way out of its promise. */
TEST(lost_promises)
{
	static const struct {
		const char *line;
		bool lost;
	} rows[] = {
		{ ".early UUID=" U1 " none x-intact.integrity", true },
		{ "a/b UUID=" U1 " none luks,x-intact.integrity=aead", true },
		{ "root nothing none x-intact.integrity", true },
		{ "home_dif UUID=" U1 " none x-intact.integrity", true },
		{ "root nothing none x-intact.integrity,nofail", false },
		{ "root nothing none luks", false },
		{ "root UUID=" U1 " none x-intact.integrity", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *text = xasprintf("home UUID=" U2 "\n%s\n", rows[i].line);

		build(text, NULL);
		CHECK_ROW(config.promise_lost == rows[i].lost, rows[i].line);
	}
}

TEST(allow_list)
{
	static const char own[] = "root UUID=" U1 " none x-intact.integrity\n";
	static const char foreign[] = "home UUID=" U2 " none tries=7\ndata UUID=" U3
				      " none noauto,tries=8\nx "
				      "/dev/sdx\n";

	build2(own, foreign, "quiet");
	CHECK_STR(volumes(), "root=UUID=" U1 " home=UUID=" U2 " x=/dev/sdx");
	build2(own, foreign, "rd.luks.uuid=luks-" U2);
	CHECK_STR(volumes(), "root=UUID=" U1 " home=UUID=" U2);
	CHECK_INT(config.volumes[1].tries, 7);
	CHECK(config.volumes[1].on_cmdline && !config.volumes[0].on_cmdline);
	build2(own, foreign, "luks.uuid=" U3); /* noauto: only now */
	CHECK_STR(volumes(), "root=UUID=" U1 " data=UUID=" U3);
	CHECK_INT(config_find_name(&config, "data")->tries, 8);
	build2(own, foreign, "rd.luks.name=" U2 "=daheim");
	CHECK_STR(volumes(), "root=UUID=" U1 " daheim=UUID=" U2);
	build2(own, foreign, "rd.luks.crypttab=no");
	CHECK_STR(volumes(), "root=UUID=" U1);
	build2(own, foreign, "rd.luks.crypttab=perhaps");
	CHECK_STR(findings(),
		  "W " CMDLINE
		  "rd.luks.crypttab=perhaps: the value must be yes or no; the parameter is "
		  "ignored.");
	CHECK_INT(config.n_volumes, 3);
}

TEST(findings_are_fit_for_a_console)
{
	char text[1000];

	build("r\xc3\xb6t sd\xff\na\\033[2J /dev/x none x\xe2\x82\xac",
	      "cryptdevice=\033[2J\xff:x");
	for (size_t i = 0; i < config.findings.n; i++) {
		cleanup_free char *printable = xstrdup(config.findings.list[i].text);

		CHECK_STR(config.findings.list[i].text, str_printable(printable));
	}
	CHECK_INT(config.findings.n, 3);

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	build(text, text);
	for (size_t i = 0; i < config.findings.n; i++)
		CHECK(strlen(config.findings.list[i].text) < 640);
	config_free(&config);
}

/* A line that is ignored takes no promise with it. */
TEST(promise_of_an_ignored_line)
{
	static const struct {
		const char *lines;
		bool promised, nofail;
		const char *integrity;
	} rows[] = {
		{ "root UUID=" U1 " none luks\nroot UUID=" U1 " none x-intact.integrity=aead", true,
		  false, "aead" },
		{ "root UUID=" U1 " none noauto\nroot UUID=" U2 " none x-intact.integrity=aead",
		  true, false, "aead" },
		{ "root UUID=" U1 " none nofail,plain\nx UUID=" U1 " none x-intact.integrity=aead",
		  true, false, "aead" },
		{ "root UUID=" U1 " none nofail\nx UUID=" U1 " none nofail,x-intact.integrity=aead",
		  true, true, "aead" },
		{ "root UUID=" U1 " none x-intact.integrity=aead\n"
		  "x UUID=" U1 " none x-intact.integrity=hmac(sha256),x-intact.key-size=64",
		  true, false, "aead" },
		{ "root UUID=" U1 " none nofail\nx UUID=" U1, false, true, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		build(rows[i].lines, NULL);
		CHECK_INT(config.n_volumes, 1);
		CHECK_STR(first()->name, "root");
		CHECK_INT(first()->promised, rows[i].promised);
		CHECK_INT(first()->nofail, rows[i].nofail);
		CHECK_STR(first()->integrity, rows[i].integrity);
		CHECK_INT(first()->pins.key_size, i == 4 ? 64 : 0);
	}
}

/* A file of a megabyte: what is not used of it costs little time, and takes no promise along. */
TEST(more_lines_than_a_crypttab_has)
{
	enum { LINES = 600 };
	cleanup_free char *text = xcalloc(LINES + 1, 64);

	for (int i = 1; i <= LINES; i++)
		str_append(text, 64 * LINES, "v%d /dev/disk/by-id/%d%s\n", i, i,
			   i == LINES ? " none x-intact.integrity" : "");
	build(text, NULL);
	CHECK_INT(config.n_volumes, CRYPTTAB_LINES_MAX);
	CHECK(config.promise_lost);
	CHECK_STR(findings(), "E /etc/intact/crypttab has more than 512 lines; the lines after "
			      "line 512 are not used.");
}

TEST_MAIN(promise_of_an_ignored_line, defaults, lines_that_are_no_volumes, bad_lines,
	  promises_in_broken_lines, promise_of_the_files, fallback_names, two_files, allow_list,
	  lost_promises, more_lines_than_a_crypttab_has, findings_are_fit_for_a_console)
