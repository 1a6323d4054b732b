/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keyboard's layout at the prompt: what the system has against what the image sets. */
#include "check/keymap.h"
#include "made.h"

#define PLAN "volume root UUID=1-1 none luks\n"

#define BUILTIN "lib/modules/6.1/modules.builtin"
#define EVDEV "usr/lib/modules/6.1/kernel/drivers/input/evdev.ko.xz"
#define EMPTY "etc/default/keyboard (empty)"
#define SYMBOLS "usr/share/X11/xkb/symbols/de"
#define SYMBOLS_2 "usr/share/xkeyboard-config-2/symbols/de"

static bool has_worked;

static bool worked(void *arg, const char *volume)
{
	return has_worked && arg == &has_worked && str_eq(volume, "root");
}

/* The faults of an image that has only these files (NULL-terminated), as a line for each. */
static const char *judge(struct keyboard k, const char *lines, const char *const *files)
{
	static char said[1024];

	k.worked = worked;
	k.arg = &has_worked;
	made_start();
	for (; *files; files++) {
		if (str_eq(*files, "etc/vconsole.conf"))
			made_text(*files, "FONT=x\n#KEYMAP=no\n KEYMAP=\"de\"\n");
		else if (str_eq(*files, "etc/default/keyboard"))
			made_text(*files, "XKBLAYOUTS=no\nXKBLAYOUT='de'\n");
		else if (str_eq(*files, EMPTY))
			made_text("etc/default/keyboard", "XKBLAYOUT=\"\"\n");
		else if (str_eq(*files, BUILTIN))
			made_text(*files, "kernel/a.ko\nkernel/drivers/input/evdev.ko\n");
		else
			made_script(*files, "#!/bin/sh\n");
	}
	made_trailer();
	made_unpack();
	for (; *lines; lines += strcspn(lines, "\n") + 1) {
		cleanup_free char *line = xstrndup(lines, strcspn(lines, "\n"));

		texts_add(&plan.lines, &plan.n_lines, line);
	}
	image_judge_keymap(&image, &plan, &k, &faults);
	said[0] = '\0';
	for (size_t i = 0; i < faults.n; i++)
		str_append(said, sizeof(said), "%c %s: %s\n", "NWE"[faults.list[i].severity],
			   faults.list[i].kind, faults.list[i].text);
	made_forget();
	return said;
}

#define FILES(...) ((const char *const[]){ "init", __VA_ARGS__, NULL })
#define DE ((struct keyboard){ .layout = (char[]){ "de" }, .file = "/etc/default/keyboard" })
#define FR ((struct keyboard){ .layout = (char[]){ "fr" }, .file = "/etc/default/keyboard" })
#define CONSOLE(keymap)     \
	((struct keyboard){ \
		.layout = (char[]){ keymap }, .file = "/etc/vconsole.conf", .vconsole = true })

/* What each generator puts into an image. */
TEST(keymaps)
{
	static const struct {
		const char *files[5];
		bool sets;
	} rows[] = {
		{ { "scripts/functions" }, false },
		{ { "bin/loadkeys" }, false },
		{ { "etc/boottime.kmap.gz" }, false },
		{ { "bin/loadkeys", "etc/boottime.kmap.gz" }, true },
		{ { "usr/bin/loadkeys", "etc/console-setup/cached_UTF-8_del.kmap.gz" }, true },
		{ { "usr/bin/loadkeys", "etc/console-setup/tmpkbd.Xf3a9Q" }, true },
		{ { "usr/bin/loadkeys", "etc/console-setup/.tmpkbd.Xf3a9Q" }, true },
		{ { "etc/console-setup/tmpkbd.Xf3a9Q" }, false },
		{ { "usr/bin/loadkeys", "etc/console-setup/Uni2-Fixed16.psf.gz" }, false },
		{ { "usr/bin/loadkeys", "usr/share/kbd/keymaps/i386/qwertz/de.map.gz" }, true },
		{ { "usr/bin/loadkeys", "usr/lib/kbd/keymaps/xkb/de.map.zst" }, true },
		{ { "usr/bin/loadkeys", "lib/modules/6.1/modules.map" }, false },
		{ { "keymap.bin" }, true },
		{ { "usr/sbin/plymouthd" }, false },
		{ { SYMBOLS }, false },
		/* The splash needs its layouts, a name for one of them, and the kernel's driver. */
		{ { "usr/sbin/plymouthd", SYMBOLS, EVDEV }, false },
		{ { "usr/sbin/plymouthd", SYMBOLS, "etc/default/keyboard" }, false },
		{ { "usr/sbin/plymouthd", EVDEV, "etc/default/keyboard" }, false },
		{ { SYMBOLS, EVDEV, "etc/default/keyboard" }, false },
		{ { "usr/sbin/plymouthd", SYMBOLS, EVDEV, "etc/default/keyboard" }, true },
		{ { "usr/sbin/plymouthd", SYMBOLS, BUILTIN, "etc/default/keyboard" }, true },
		{ { "usr/sbin/plymouthd", SYMBOLS_2, BUILTIN, "etc/default/keyboard" }, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *said = judge(DE, PLAN, rows[i].files);

		CHECK_ROW(rows[i].sets ? !*said : str_after(said, "W no-keymap: ") != NULL,
			  rows[i].files[0]);
	}
	CHECK_STR(
		judge(DE, PLAN, FILES("a")),
		"W no-keymap: this image has no keymap: the passphrase of root is typed on a US "
		"keyboard, and not on \"de\" as /etc/default/keyboard has it; some keys give other "
		"characters\n");
}

/* Nothing is said where no layout is known, where no passphrase is typed, and where the last boot
 * has shown that this image will do. */
TEST(silence)
{
	CHECK_STR(judge((struct keyboard){ 0 }, PLAN, FILES("a")), "");
	CHECK_STR(judge(DE, "volume root UUID=1-1 /etc/key luks\nfile /etc/key /key 600\n",
			FILES("a")),
		  "");
	CHECK_STR(judge(DE, "volume root UUID=1-1 none luks,keyscript=/x\n", FILES("a")), "");
	CHECK_STR(judge(DE, "integrity leg UUID=1-1 none crc32c\n", FILES("a")), "");
	CHECK_STR(judge(DE, "volume root\nvolume root UUID=1-1\n", FILES("a")), "");
	has_worked = true;
	CHECK_STR(judge(DE, PLAN, FILES("a")), "");
	/* Another volume's passphrase was not typed. */
	CHECK_HAS(judge(DE, PLAN "volume usr UUID=2-2 - luks\n", FILES("a")),
		  "passphrase of usr is");
	has_worked = false;
}

/* A passphrase that is typed only if the TPM does not open the volume. */
TEST(rarely_typed)
{
	struct wanted *w = array_add(&plan.wanted, &plan.n_wanted, sizeof(*w));

	w->name = xstrdup("root");
	w->disk.header.tpm2_tokens = 1;
	CHECK_HAS(judge(DE, PLAN, FILES("a")), "N no-keymap: ");
}

TEST(other_keymap)
{
	static const char *const files[] = { "bin/loadkeys", "usr/share/keymaps/de.kmap.gz",
					     "etc/vconsole.conf", NULL };

	CHECK_STR(judge(CONSOLE("de"), PLAN, files), "");
	CHECK_STR(judge(CONSOLE("fr"), PLAN, files),
		  "W other-keymap: the passphrase of root is typed with the keymap \"de\" of this "
		  "image, and not with \"fr\" as /etc/vconsole.conf has it now\n");
	/* XKBLAYOUT= has other names. */
	CHECK_STR(judge(DE, PLAN, files), "");
	CHECK_STR(judge(CONSOLE("fr"), PLAN, (const char *const[]){ files[0], files[1], NULL }),
		  "");
}

/* The console has a keymap; the splash reads the keyboard itself only with all of these. */
TEST(splash)
{
	static const char *const files[] = { "keymap.bin", "usr/sbin/plymouthd",
					     SYMBOLS,	   EVDEV,
					     NULL,	   NULL };
	static const char *const console[] = { "keymap.bin", "usr/sbin/plymouthd", SYMBOLS, NULL };
	const char *named[ARRAY_SIZE(files)];

	CHECK_STR(judge(DE, PLAN, console), "");
	CHECK_STR(
		judge(DE, PLAN, files),
		"W splash-keymap: this image has no layout for the boot splash, which reads the "
		"keyboard itself: with plymouth 26 or newer, the passphrase of root is typed on a "
		"US keyboard there, and not on \"de\" as /etc/default/keyboard has it\n");
	memcpy(named, files, sizeof(files));
	named[4] = "etc/default/keyboard";
	CHECK_STR(judge(DE, PLAN, named), "");
	CHECK_STR(
		judge(FR, PLAN, named),
		"W other-keymap: on the boot splash, the passphrase of root is typed with the "
		"layout \"de\" of this image, and not with \"fr\" as /etc/default/keyboard has it "
		"now\n");
	/* A keymap has other names than a layout. */
	CHECK_STR(judge(CONSOLE("de-latin1"), PLAN, named), "");
	named[4] = EMPTY;
	CHECK_HAS(judge(DE, PLAN, named), "W splash-keymap: ");
	/* KEYMAP= is the console's. */
	named[4] = "etc/vconsole.conf";
	CHECK_HAS(judge(CONSOLE("de"), PLAN, named), "W splash-keymap: ");
}

TEST(layouts)
{
	static const struct {
		const char *layout, *variant;
		bool kernels;
	} rows[] = {
		{ "us", NULL, true },	      { "us", "", true },
		{ "us,ru", ",", true },	      { "us,ru", "altgr-intl,", true },
		{ "us", "dvorak", false },    { "us", "intl", false },
		{ "us,us", ",dvorak", true }, { "de", NULL, false },
		{ "de,us", NULL, false },     { "usx", NULL, false },
		{ "u", NULL, false },	      { "gb", NULL, false },
		{ "kr", NULL, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_ROW(keymap_layout_is_kernels(rows[i].layout, rows[i].variant) ==
				  rows[i].kernels,
			  rows[i].layout);
	CHECK(keymap_is_kernels("us") && keymap_is_kernels("@kernel"));
	CHECK(!keymap_is_kernels("us-acentos") && !keymap_is_kernels("de-latin1"));
}

TEST_MAIN(keymaps, silence, rarely_typed, other_keymap, splash, layouts)
