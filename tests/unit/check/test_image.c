/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images that are sound, and broken in one way each. */
#include "genuine.h"
#include "made.h"

#define ROOT "root UUID=1-1 none luks"
#define PLAN "volume " ROOT ",x-intact.integrity=hmac(sha256)\n"

static const char elf[] =
	"\x7f"
	"ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0\x3e\0\1\0\0\0\0\0\0\0\0\0\0\0\x40\0\0\0\0"
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x40\0\x38\0\0\0\0\0\0\0\0";

static void made_program(const char *name)
{
	made_file(name, S_IFREG | 0755, elf, 64);
}

/* An image of initramfs-tools but for what a test leaves out. tab: its list of volumes. */
static void made_most(const char *without, const char *tab)
{
	static const struct {
		const char *name, *text;
		bool executable;
	} files[] = {
		{ "init", "#!/bin/sh\n", true },
		{ "scripts/functions", "", false },
		{ "scripts/local", "run_scripts /scripts/local-top\n", false },
		{ "scripts/local-top/intact", "#!/bin/sh\n/sbin/intact-unlock\n", true },
		{ "scripts/local-top/ORDER", "/scripts/local-top/intact \"$@\"\n", false },
		{ "scripts/local-premount/intact", "#!/bin/sh\n/sbin/intact-unlock\n", true },
		{ "scripts/local-premount/ORDER", "/scripts/local-premount/intact\n", false },
		{ "scripts/local-bottom/intact", "#!/bin/sh\n/sbin/intact-unlock\n", true },
		{ "scripts/local-bottom/ORDER", "/scripts/local-bottom/intact\n", false },
		{ "scripts/init-bottom/intact", "#!/bin/sh\n/sbin/intact-unlock\n", true },
		{ "scripts/init-bottom/ORDER", "/scripts/init-bottom/intact\n", false },
		{ "lib/modules/" KERNEL "/kernel/dm-integrity.ko.xz", "x", false },
		{ "lib/modules/" KERNEL "/kernel/dm-bufio.ko", "x", false },
		{ "lib/modules/" KERNEL "/kernel/dm-crypt.ko.zst", "x", false },
		{ "lib/modules/" KERNEL "/modules.dep.bin", "x", false },
		{ "lib/modules/" KERNEL "/modules.alias.bin", "x", false },
		{ "key", "k", false },
	};

	made_start();
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (!str_eq(files[i].name, without))
			made_file(files[i].name, S_IFREG | (files[i].executable ? 0755 : 0644),
				  files[i].text, strlen(files[i].text));
	if (!str_eq(without, "bin/sh"))
		made_program("bin/sh");
	if (!str_eq(without, "sbin/intact-unlock"))
		made_program("sbin/intact-unlock");
	made_text("etc/intact/crypttab", tab);
	made_trailer();
	made_unpack();
}

TEST(sound)
{
	made_most("", ROOT ",x-intact.integrity=hmac(sha256),x-intact.fstype=ext4\n\n# text\n");
	CHECK_INT(image.maker, MAKER_INITRAMFS_TOOLS);
	CHECK_STR(made_judge(PLAN), "");
	made_forget();
	/* A system that needs nothing, and an image without intact. */
	made_most("sbin/intact-unlock", "");
	CHECK_STR(made_judge(""), "");
	made_forget();
	/* An image for another machine: judged by itself. */
	made_most("", "other UUID=9-9 none luks\n");
	CHECK_STR(made_judge(""), "");
	made_forget();
}

TEST(left_out)
{
	static const struct {
		const char *file, *said;
	} rows[] = {
		{ "init", "E no-init\n" },
		{ "bin/sh", "E no-interpreter\n" },
		{ "sbin/intact-unlock", "E not-started\n" },
		{ "scripts/local-top/intact", "E not-started\n" },
		{ "scripts/local-top/ORDER", "E not-started\n" },
		{ "scripts/local-premount/intact", "E incomplete\n" },
		{ "scripts/local-premount/ORDER", "E incomplete\n" },
		{ "scripts/local-bottom/intact", "E incomplete\n" },
		{ "scripts/local-bottom/ORDER", "E incomplete\n" },
		{ "scripts/init-bottom/intact", "E incomplete\n" },
		{ "scripts/init-bottom/ORDER", "E incomplete\n" },
		{ "lib/modules/" KERNEL "/kernel/dm-integrity.ko.xz", "E no-module\n" },
		{ "lib/modules/" KERNEL "/kernel/dm-bufio.ko", "E no-module\n" },
		{ "lib/modules/" KERNEL "/kernel/dm-crypt.ko.zst", "W no-module\n" },
		{ "lib/modules/" KERNEL "/modules.dep.bin", "E no-module-index\n" },
		{ "lib/modules/" KERNEL "/modules.alias.bin", "E no-module-index\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		made_most(rows[i].file, ROOT ",x-intact.holds=root+usr+resume\n");
		CHECK_ROW(strstr(made_judge("volume " ROOT "\n"), rows[i].said), rows[i].file);
		made_forget();
	}
}

/* Where the image does not say that a hibernated system is on its volumes. */
TEST(not_for_resume)
{
	made_most("scripts/local-premount/intact", ROOT ",x-intact.holds=root+usr\n");
	CHECK(!strstr(made_judge("volume " ROOT "\n"), "incomplete"));
	made_forget();
}

TEST(link_to_nothing)
{
	made_start();
	made_link("init", "usr/lib/systemd/systemd");
	made_trailer();
	made_unpack();
	CHECK_STR(made_judge(""), "E no-init\n");
	CHECK_HAS(faults.list[0].text, "/init is a link to usr/lib/systemd/systemd, which is not");
	made_forget();
}

TEST(volumes)
{
	static const struct {
		const char *tab, *plan, *said;
	} rows[] = {
		{ ROOT ",x-intact.integrity=aead\n", PLAN, "E other-pin\n" },
		{ ROOT ",x-intact.integrity\n", PLAN, "" },
		{ ROOT "\n", PLAN, "N no-promise\n" },
		/* What this system cannot see now is no difference. */
		{ ROOT ",x-intact.integrity=aead,x-intact.cipher=a\n", "volume " ROOT "\n", "" },
		{ "root UUID=2-2 none luks\n", "volume " ROOT "\n", "E other-disk\n" },
		{ "root UUID=1-1 /key luks\n", "volume " ROOT "\n", "W other-key\n" },
		{ "boot UUID=1-1 none luks\n", "volume " ROOT "\n", "W other-name\n" },
		{ "", "volume " ROOT "\n", "E not-listed\n" },
		{ ROOT "\nold UUID=5-5 none luks\n", "volume " ROOT "\n", "W not-needed\n" },
		{ ROOT ",tries=2\n", "volume " ROOT ",tries=3\n",
		  "W other-option\nW other-option\n" },
		{ ROOT "\n", "volume " ROOT "\nintegrity leg UUID=3-3 none crc32c\n",
		  "E not-listed\n" },
		{ ROOT "\n", "volume " ROOT "\nfile /etc/key /key 600\n", "" },
		{ ROOT "\n", "volume " ROOT "\nfile /etc/key /none 600\n", "W no-file\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		made_most("", rows[i].tab);
		CHECK_STR(made_judge(rows[i].plan), rows[i].said);
		made_forget();
	}
	made_most("", ROOT "\n");
	image.mode |= S_IROTH;
	CHECK_STR(made_judge("volume " ROOT "\nfile /etc/key /key 600\n"), "W readable-key\n");
	made_forget();
}

/* One disk has several names. */
TEST(names_of_a_disk)
{
	static const struct {
		const char *tab, *said;
	} rows[] = {
		{ "root LABEL=root none luks\n", "" },
		{ "root LABEL=other none luks\n", "E other-disk\n" },
		{ "root nonsense none luks\n", "E other-disk\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct wanted *w;

		made_most("", rows[i].tab);
		w = array_add(&plan.wanted, &plan.n_wanted, sizeof(*w));
		w->name = xstrdup("root");
		w->uses = USE_ROOT;
		str_copy(w->node, sizeof(w->node), "/dev/sda2");
		CHECK_STR(made_judge("volume " ROOT "\n"), rows[i].said);
		made_forget();
	}
}

static void shrunk(struct disk *d)
{
	d->size -= 1 << 20;
}

static void grown(struct disk *d)
{
	d->size += 1 << 30;
}

static void aligned(struct disk *d)
{
	d->size += 1 << 20;
}

static void overwritten(struct disk *d)
{
	d->superblock.state = SUPERBLOCK_MISSING;
}

static void unfinished(struct disk *d)
{
	d->superblock.state = SUPERBLOCK_UNFINISHED;
}

static void copy_lost(struct disk *d)
{
	d->second = COPY_BAD_CHECKSUM;
}

static void record_lost(struct disk *d)
{
	d->header.fresh = FRESH_UNREADABLE;
}

static void is_open(struct disk *d)
{
	d->active = ACTIVE_SAME;
}

/* The disk is judged as the boot would judge it, open or not. What is not finished, the plan says.
 */
TEST(disks)
{
	static const struct {
		const char *what;
		void (*change)(struct disk *d);
		const char *said;
	} rows[] = {
		{ "good", is_open, "" },
		{ "shrunk", shrunk, "E disk\n" },
		{ "grown", grown, "N grown\n" },
		{ "aligned", aligned, "" },
		{ "overwritten", overwritten, "E disk\n" },
		{ "unfinished", unfinished, "" },
		{ "copy", copy_lost, "W disk\n" },
		{ "record", record_lost, "W fresh-damaged\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct wanted *w;

		made_most("", ROOT "\n");
		w = array_add(&plan.wanted, &plan.n_wanted, sizeof(*w));
		w->name = xstrdup("root");
		w->uses = USE_ROOT;
		w->verdict = WANTED_PROTECTED;
		str_copy(w->node, sizeof(w->node), "/dev/sda2");
		w->disk = (struct disk){
			.kind = HEADER_LUKS2,
			.header = genuine_header(),
			.superblock = { .state = SUPERBLOCK_OK, .tag_size = 32, .needed = 1 << 30 },
			.size = (1ULL << 30) + (16 << 20),
		};
		rows[i].change(&w->disk);
		CHECK_ROW(test_str(__FILE__, __LINE__, rows[i].what,
				   made_judge("volume " ROOT "\n"), rows[i].said),
			  rows[i].what);
		made_forget();
	}
}

/* A demand of freshness against the record in the header. */
TEST(freshness)
{
	static const struct {
		const char *tab, *plan;
		enum fresh_found record;
		const char *said;
	} rows[] = {
		{ "", "", FRESH_NONE, "" },
		{ "", "", FRESH_FOUND, "" },
		{ ",x-intact.fresh=require", "", FRESH_NONE, "E fresh-missing\n" },
		{ ",x-intact.fresh", "", FRESH_NONE, "E fresh-missing\n" },
		{ ",x-intact.fresh=require", ",x-intact.fresh=require", FRESH_FOUND, "" },
		{ ",x-intact.fresh=require", ",x-intact.fresh=require+tags", FRESH_FOUND, "" },
		{ ",x-intact.fresh=require+tags", ",x-intact.fresh=require", FRESH_FOUND, "" },
		{ ",x-intact.fresh=report", "", FRESH_NONE, "" },
		{ ",x-intact.fresh=report", ",x-intact.fresh", FRESH_FOUND, "N no-promise\n" },
		{ "", ",x-intact.fresh=require", FRESH_FOUND, "N no-promise\n" },
		{ "", ",x-intact.fresh=report", FRESH_FOUND, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *tab = xasprintf(ROOT "%s\n", rows[i].tab);
		cleanup_free char *lines = xasprintf("volume " ROOT "%s\n", rows[i].plan);
		struct wanted *w;

		made_most("", tab);
		w = array_add(&plan.wanted, &plan.n_wanted, sizeof(*w));
		w->name = xstrdup("root");
		w->uses = USE_ROOT;
		w->verdict = WANTED_PROTECTED;
		w->disk = (struct disk){
			.kind = HEADER_LUKS2,
			.header = genuine_header(),
			.superblock = { .state = SUPERBLOCK_OK, .tag_size = 32, .needed = 1 << 30 },
			.size = (1ULL << 30) + (16 << 20),
		};
		w->disk.header.fresh = rows[i].record;
		CHECK_ROW(
			test_str(__FILE__, __LINE__, rows[i].tab, made_judge(lines), rows[i].said),
			rows[i].tab);
		made_forget();
	}
	/* The disk is not visible. */
	made_most("", ROOT ",x-intact.fresh=require\n");
	CHECK_STR(made_judge("volume " ROOT "\n"), "");
	made_forget();
}

/* The way to boot is a script that may call those of local-top. */
TEST(way_to_boot)
{
	static const struct {
		const char *setting, *script, *said;
	} rows[] = {
		{ "BOOT=nfs\n", "run_scripts /scripts/nfs-top\n", "W boot-elsewhere\n" },
		{ "BOOT=mine\n", "run_scripts /scripts/local-top\n", "" },
		{ "BOOT=\n", "", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		made_most("", ROOT "\n");
		made_text("conf/conf.d/boot", rows[i].setting);
		made_text("scripts/nfs", rows[i].script);
		made_text("scripts/mine", rows[i].script);
		made_trailer();
		contents_free(&image.contents);
		made_unpack();
		CHECK_STR(made_judge("volume " ROOT "\n"), rows[i].said);
		made_forget();
	}
}

TEST(kernel)
{
	made_most("", ROOT "\n");
	image.version = "6.2";
	CHECK_STR(made_judge("volume " ROOT "\n"), "E other-kernel\n");
	CHECK_STR(image_kernel_in(&image, "none"), KERNEL);
	made_forget();
	made_most("", ROOT "\n");
	image.settings = "CONFIG_RD_GZIP=y\nCONFIG_BLK_DEV_INITRD=y\n# CONFIG_RD_ZSTD is not set\n";
	CHECK_STR(made_judge("volume " ROOT "\n"), "");
	made_forget();
	made_most("", ROOT "\n");
	image.settings = "CONFIG_BLK_DEV_INITRD=yes\n#CONFIG_BLK_DEV_INITRD=y\n";
	CHECK_STR(made_judge("volume " ROOT "\n"), "E compression\n");
	made_forget();
}

static bool only_sda(void *arg, const struct devref *ref)
{
	(void)arg;
	return str_eq(ref->value, "/dev/sda2");
}

static bool is_sda3(void *arg, const struct devref *ref, const char *node)
{
	(void)arg;
	return str_eq(ref->value, "/dev/sda3") && str_eq(node, "/dev/sda3");
}

#define DISK_UUID "11111111-1111-4111-8111-111111111111"
#define OTHER_UUID "22222222-2222-4222-8222-222222222222"

TEST(command_line)
{
	static const struct {
		const char *cmdline, *said;
	} rows[] = {
		{ "root=/dev/mapper/root ro", "" },
		{ "quiet", "" },
		{ "root=", "" },
		{ "root=/dev/sda2", "" },
		{ "root=UUID=7-7 quiet", "no-root" },
		/* The encrypted disk itself, by its UUID and by another name. */
		{ "root=UUID=" DISK_UUID " rd.luks.uuid=" DISK_UUID, "no-root" },
		{ "root=/dev/sda3", "no-root" },
		{ "root=/dev/mapper/other", "no-root" },
		/* What no device is. */
		{ "root=live:CDLABEL=x", "" },
		{ "root=/dev/mapper/root rd.luks=0", "switched-off" },
		{ "root=/dev/mapper/root rd.luks.uuid=" OTHER_UUID, "switched-off" },
		{ "root=/dev/mapper/root rd.luks.name=" DISK_UUID "=root", "" },
		/* It is open under that name now, and would not be then. */
		{ "root=/dev/mapper/root rd.luks.name=" DISK_UUID "=crypt", "no-root" },
		{ "root=/dev/mapper/crypt rd.luks.name=" DISK_UUID "=crypt", "" },
		{ "root=/dev/mapper/root cryptdevice=UUID=" DISK_UUID ":crypt", "no-root" },
		/* A disk that was exchanged. The image's own word stands against such a parameter.
		 */
		{ "root=/dev/mapper/crypt cryptdevice=UUID=" OTHER_UUID ":crypt", "no-root" },
		{ "root=/dev/mapper/root cryptdevice=UUID=" OTHER_UUID ":root", "" },
		{ "root=/dev/mapper/crypt cryptdevice=/dev/sda2:crypt", "" },
	};
	const struct image_devices devices = { .has = only_sda, .is = is_sda3 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct wanted *w;

		made_most("", "root UUID=" DISK_UUID " none luks\n");
		w = array_add(&plan.wanted, &plan.n_wanted, sizeof(*w));
		w->name = xstrdup("root");
		w->uses = USE_ROOT;
		(void)str_copy(w->node, sizeof(w->node), "/dev/sda3");
		plan.runs_here = true;
		image_judge_cmdline(&image, &plan, rows[i].cmdline, &devices, &faults);
		CHECK_ROW(str_eq(faults.n ? faults.list[0].kind : "", rows[i].said),
			  rows[i].cmdline);
		/* Another system is known by its files alone. */
		faults_free(&faults);
		plan.runs_here = false;
		image_judge_cmdline(&image, &plan, "root=UUID=7-7", &devices, &faults);
		CHECK_INT(faults.n, 0);
		made_forget();
	}
}

/* A message names what it is about, and what comes from the image cannot reach a terminal. */
TEST(texts)
{
	made_start();
	made_script("init", "#!/bin/\033[2Jsh\n");
	made_trailer();
	made_unpack();
	(void)made_judge("");
	CHECK_INT(faults.n, 1);
	CHECK_HAS(faults.list[0].text, "/init cannot be started: it is a script for /bin/?[2Jsh");
	made_forget();
}

TEST_MAIN(sound, left_out, not_for_resume, link_to_nothing, volumes, names_of_a_disk, disks,
	  freshness, way_to_boot, kernel, command_line, texts)
