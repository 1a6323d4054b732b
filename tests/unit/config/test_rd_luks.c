/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "built.h"

#define OWN "root UUID=" U1 " none x-intact.integrity=aead,tries=5\n"
/* 64 digits */
#define PIN                           \
	"x-intact.volume-key=sha256:" \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define PINNED "root UUID=" U1 " none x-intact.integrity=aead," PIN "\n"

/* Never forgotten: what is switched off stays in the list, with the parameter that did it. */
TEST(switched_off)
{
	static const struct {
		const char *cmdline, *root, *data; /* the parameters */
	} rows[] = {
		{ "rd.luks=0", CMDLINE "rd.luks=0", CMDLINE "rd.luks=0" },
		{ "luks=no rd.luks.uuid=" U1, CMDLINE "luks=no", CMDLINE "luks=no" },
		{ "rd.luks=no rd.luks=yes", NULL, NULL },
		{ "rd.luks", NULL, NULL },
		{ "rd.luks=1", NULL, NULL },
		{ "rd.luks=x", NULL, NULL },
		{ "rd.luks.crypttab=no", NULL, CMDLINE "rd.luks.crypttab=no" },
		{ "rd.luks.uuid=" U3, NULL, CMDLINE "rd.luks.uuid=" U3 },
		{ "rd.luks.name=" U2 "=data2", NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		build(OWN "data UUID=" U2, rows[i].cmdline);
		CHECK(config.n_volumes >= 2);
		CHECK(volume_is_required(&config.volumes[0]));
		CHECK(!volume_is_required(&config.volumes[1]));
		if (rows[i].root)
			CHECK_STR(config.volumes[0].off, rows[i].root);
		else
			CHECK_ROW(!config.volumes[0].off, rows[i].cmdline);
		if (rows[i].data)
			CHECK_STR(config.volumes[1].off, rows[i].data);
		else
			CHECK_ROW(!config.volumes[1].off, rows[i].cmdline);
	}
	build(NULL, "rd.luks=x");
	CHECK_STR(findings(),
		  "W " CMDLINE "rd.luks=x: the value must be yes or no; the parameter is ignored.");
}

/* What the image promises: the whole list of options, in each dialect. */
TEST(promises_are_not_weakened)
{
	static const char own[] = "root UUID=" U1 " none x-intact.integrity=hmac(sha256)\n";
	static const char *const weaker[] = {
		"nofail",	 "noauto",  "header=/dev/vdb",
		"plain",	 "swap",    "tmp",
		"tcrypt",	 "bitlk",   "x-intact.integrity=aead",
		"x-intact.none", "unknown", "x-intact.integrityx=aead",
		"veracrypt",	 "fvault2", "x-intact.fstype=x",
	};
	static const char *const forms[] = { "rd.luks.options=" U1 "=%s",
					     "cryptdevice=UUID=" U1 ":root:%s",
					     "cryptopts=target=root,source=UUID=" U1 ",%s" };

	for (size_t i = 0; i < ARRAY_SIZE(weaker) * ARRAY_SIZE(forms); i++) {
		const char *option = weaker[i / ARRAY_SIZE(forms)];
		char cmdline[200] = "";

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		str_append(cmdline, sizeof(cmdline), forms[i % ARRAY_SIZE(forms)], option);
#pragma GCC diagnostic pop
		build(own, cmdline);
		CHECK_STR(volumes(), "root=UUID=" U1);
		CHECK_ROW(volume_is_required(first()) && !first()->detached && !first()->noauto &&
				  !first()->other_format && !first()->fstype[0] &&
				  str_eq(first()->integrity, "hmac(sha256)"),
			  cmdline);
		CHECK_ROW(config.findings.n == 1, cmdline);
	}
	build(own, "rd.luks.options=" U1 "=nofail");
	CHECK_STR(findings(),
		  "W " CMDLINE "rd.luks.options=" U1 "=nofail: option \"nofail\" is ignored: "
		  "/etc/intact/crypttab line 1 promises the integrity of root, and the "
		  "command line may not weaken that. If you need the option, write it into "
		  "crypttab and rebuild the boot image.");
	/* What has no effect anyway weakens nothing. */
	build(own, "cryptopts=target=root,source=UUID=" U1 ",lvm=vg,skip=8,x-systemd.requires=a");
	CHECK_STR(findings(),
		  "W " CMDLINE "cryptopts=target=root,source=UUID=" U1
		  ",lvm=vg,skip=8,x-systemd.requires=a: option \"lvm=vg\" of root is unknown and "
		  "is ignored.");
	build(own, "rd.luks.options=" U1 "=link-volume-key=@u::%user:x");
	CHECK_STR(findings(),
		  "W " CMDLINE "rd.luks.options=" U1
		  "=link-volume-key=@u::%user:x: option \"link-volume-key=@u::%user:x\" of root is "
		  "ignored: only dm-crypt gets the volume key.");
}

/* Without a pin in the file, any disk could pass for root that was made for a known secret. */
TEST(secrets_of_the_command_line)
{
	static const char own[] = "root UUID=" U1 " none x-intact.integrity=aead\n";
	static const char *const rows[] = {
		"rd.luks.key=" U1 "=/etc/fstab",
		"rd.luks.uuid=" U1 " rd.luks.key=/etc/fstab",
		"cryptdevice=UUID=" U1 ":root cryptkey=rootfs:/etc/fstab",
		"cryptdevice=UUID=" U1 ":root cryptkey=LABEL=KEYS:vfat:/key",
		"cryptdevice=UUID=" U1 ":root cryptkey=/dev/sdb:0:32",
		"rd.luks.key=/key:LABEL=KEYS:UUID=" U1,
		"cryptopts=target=root,source=UUID=" U1 ",key=/etc/fstab",
		"rd.luks.options=" U1 "=try-empty-password",
		"rd.luks.options=" U1 "=try-empty-password=yes",
		"rd.luks.options=" U1 "=" PIN " rd.luks.key=" U1 "=/etc/fstab",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		build(own, rows[i]);
		CHECK_ROW(!first()->keyfile && !first()->try_empty && config.findings.n == 1,
			  rows[i]);
		build(PINNED, rows[i]);
		CHECK_ROW(first()->keyfile || first()->try_empty, rows[i]);
	}
}

/* What does no harm is still taken; and what the file itself says. */
TEST(promises_leave_room)
{
	build("root UUID=" U1 " none x-intact.integrity," PIN "\nswap UUID=" U2
	      " none x-intact.integrity,nofail\ndata UUID=" U3 " none noauto\n",
	      "rd.luks.options=" U1 "=tries=7,,timeout=9,headless,key-slot=2,read-only,luks,"
	      "x-intact.recovery,"
	      "x-intact.integrity=aead,keyfile-size=4,x-systemd.device-timeout=5 "
	      "rd.luks.key=" U1 "=/k rd.luks.options=" U3 "=nofail,header=/dev/vdb");
	CHECK_STR(findings(), "");
	CHECK_INT(first()->tries, 7);
	CHECK_INT(first()->prompt_wait, 9000);
	CHECK_INT(first()->device_wait, 5000);
	CHECK_INT(first()->keyslot, 2);
	CHECK_INT(first()->keyfile_size, 4);
	CHECK(first()->headless && first()->options == (DM_OPTION_READONLY | DM_OPTION_RECOVERY));
	CHECK_STR(first()->integrity, "aead");
	CHECK_STR(keyfile(first()), "/k");
	CHECK(config.volumes[1].promised && !volume_is_required(&config.volumes[1]));
}

/* A new name is fine, but no other disk may get the old one. */
TEST(promised_names)
{
	build(OWN, "rd.luks.name=" U1 "=mine rd.luks.name=" U2 "=root cryptdevice=/dev/vdb:root");
	CHECK_STR(volumes(), "mine=UUID=" U1);
	build(OWN, "rd.luks.name=" U1 "=mine rd.luks.name=" U1 "=root");
	CHECK_STR(volumes(), "root=UUID=" U1);
}

TEST(volumes_are_added)
{
	static const struct {
		const char *cmdline, *volumes;
	} rows[] = {
		{ "rd.luks.uuid=" U1, "luks-" U1 "=UUID=" U1 },
		{ "luks.uuid=luks-" U1 " rd.luks.uuid=" U1, "luks-" U1 "=UUID=" U1 },
		{ "rd.luks.name=" U1 "=root", "root=UUID=" U1 },
		{ "rd.luks.name=\"" U1 "\"=\"my root\"", "my root=UUID=" U1 },
		{ "rd.luks.name='" U1 "=root'", "root=UUID=" U1 },
		{ "rd.luks.name=" U1 "=root rd.luks.uuid=" U1, "root=UUID=" U1 },
		{ "rd.luks.uuid=" U1 " rd.luks.uuid=" U2,
		  "luks-" U1 "=UUID=" U1 " luks-" U2 "=UUID=" U2 },
		{ "rd.luks.partuuid=abcd-02", "luks-abcd-02=PARTUUID=abcd-02" },
		{ "rd.luks.name=abcd-02=root rd.luks.partuuid=abcd-02", "root=PARTUUID=abcd-02" },
		{ "rd.luks.serial=S1", "luks-S1=SERIAL=S1" },
		{ "rd.luks.uuid=keysource:" U1, "luks-" U1 "=UUID=" U1 },
		{ "rd.luks.uuid=keysource:luks-" U1 " rd.luks.name=" U1 "=keys", "keys=UUID=" U1 },
		{ "rd.luks.partuuid=keysource:abcd-02", "luks-abcd-02=PARTUUID=abcd-02" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_volumes(rows[i].cmdline, rows[i].volumes);
}

TEST(mistakes)
{
	static const struct {
		const char *parameter, *finding;
	} rows[] = {
		{ "rd.luks.uuid=foo",
		  "E " CMDLINE "rd.luks.uuid=foo: \"foo\" is not a complete UUID as blkid "
		  "shows it, nor the beginning of the UUID of one configured volume; the "
		  "parameter is ignored." },
		{ "rd.luks.uuid", "E " CMDLINE "rd.luks.uuid: \"\" is not a complete UUID" },
		{ "rd.luks.uuid=2222", "\"2222\" is not a complete UUID" },
		{ "rd.luks.uuid=1111-", "\"1111-\" is not a complete UUID" },
		{ "rd.luks.name=root",
		  "E " CMDLINE
		  "rd.luks.name=root: the value must be UUID=NAME, with the complete UUID as blkid "
		  "shows it; the parameter is ignored." },
		{ "rd.luks.name=x=root",
		  CMDLINE "rd.luks.name=x=root: the value must be UUID=NAME" },
		{ "rd.luks.name=" U2 "=a/b",
		  "the name \"a/b\" contains a '/'; the parameter is ignored." },
		{ "rd.luks.name=" U2 "=", "the name \"\" is empty; the parameter is ignored." },
		{ "rd.luks.name=" U2 "=root",
		  "E " CMDLINE "rd.luks.name=" U2 "=root: the name \"root\" is already used by "
		  "/etc/intact/crypttab line 1; the parameter is ignored." },
		{ "rd.luks.partuuid=",
		  "E " CMDLINE
		  "rd.luks.partuuid=: the value \"\" is empty; the parameter is ignored." },
		{ "rd.luks.serial=a/b", "\"a/b\" contains a '/'" },
		{ "rd.luks.options=" U2 "=tries=1",
		  "W " CMDLINE "rd.luks.options=" U2 "=tries=1: no volume with this UUID is "
		  "configured; the parameter is ignored." },
		{ "rd.luks.options=" U1 "=tries=x",
		  "W " CMDLINE "rd.luks.options=" U1
		  "=tries=x: option \"tries=x\" of root is ignored: "
		  "the value after '=' is not a whole number." },
		{ "rd.luks.timeout=x",
		  "W " CMDLINE "rd.luks.timeout=x: the value after '=' is not a time such as 90" },
		{ "rd.luks.allow-discards=" U2, "no volume with this UUID" },
		{ "rd.luks.allow-discards",
		  "W " CMDLINE
		  "rd.luks.allow-discards: option \"allow-discards\" of root is dropped" },
		{ "rd.luks.key=/key:LABEL=KEYS:UUID=" U2, "no volume on the last device" },
		{ "rd.luks.key=/key::/dev/sda2", "no volume on the last device" },
		{ "rd.luks.key.tout=soon", "not a time" },
		{ "rd.luks.data=" U1 "=/dev/sdb",
		  "W " CMDLINE "rd.luks.data=" U1 "=/dev/sdb: the parameter is ignored: "
		  "/etc/intact/crypttab line 1 promises the integrity of root, and the command "
		  "line may not give it another disk." },
		{ "rd.luks.data=" U2 "=/dev/sdb", "no volume with this UUID is configured" },
		{ "rd.luks.data=" U1 "=sdb",
		  "E " CMDLINE "rd.luks.data=" U1 "=sdb: the value must be UUID=DEVICE" },
		{ "rd.luks.data=/dev/sdb", "the value must be UUID=DEVICE" },
		{ "rd.luks.uuid=\033[2J",
		  CMDLINE "rd.luks.uuid=?[2J: \"?[2J\" is not a complete UUID" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_mistake(rows[i].parameter, rows[i].finding);
}

static const char *header(void)
{
	static char buf[400];

	return first()->detached ? place_format(&first()->header, buf, sizeof(buf)) : "";
}

/* The UUID is the header's, the device the data's, in any order of the parameters. */
TEST(data)
{
	static const struct {
		const char *cmdline, *volumes, *header;
	} rows[] = {
		{ "rd.luks.uuid=" U1 " rd.luks.data=" U1 "=/dev/sdb", "luks-" U1 "=/dev/sdb",
		  "UUID=" U1 },
		{ "luks.data=luks-" U1 "=PARTUUID=x luks.name=" U1 "=root", "root=PARTUUID=x",
		  "UUID=" U1 },
		{ "rd.luks.options=" U1 "=header=/root.hdr rd.luks.data=" U1
		  "=/dev/sdb rd.luks.name=" U1 "=root",
		  "root=/dev/sdb", "/root.hdr" },
		{ "rd.luks.data=" U1 "=/dev/sdb rd.luks.name=" U1 "=root rd.luks.options=" U1
		  "=header=LABEL=h,tries=2",
		  "root=/dev/sdb", "LABEL=h" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		build(NULL, rows[i].cmdline);
		CHECK_STR(findings(), "");
		CHECK_STR(volumes(), rows[i].volumes);
		CHECK_STR(header(), rows[i].header);
		CHECK_STR(first()->header_uuid, U1);
	}
	CHECK_INT(first()->tries, 2);
}

/* What the image made of the same parameters: the file has another name in it. */
TEST(data_that_the_image_knows)
{
	static const char own[] = "luks-" U1
				  " /dev/sdb none header=/etc/intact/h,x-intact.integrity";
	static const char on_device[] = "root /dev/sdb none header=UUID=" U1 ",x-intact.integrity";

	build(own, "rd.luks.uuid=" U1 " rd.luks.data=" U1 "=/dev/sdb rd.luks.options=" U1
		   "=header=/root.hdr");
	CHECK_STR(volumes(), "luks-" U1 "=/dev/sdb");
	CHECK_STR(header(), "/etc/intact/h");
	CHECK_STR(findings(), "N " CMDLINE "rd.luks.options=" U1 "=header=/root.hdr: option "
			      "\"header=/root.hdr\" is not used: the header of luks-" U1
			      " is where /etc/intact/crypttab line 1 says.");
	build(on_device, "rd.luks.uuid=" U1 " rd.luks.data=" U1 "=/dev/sdb rd.luks.options=" U1
			 "=header=UUID=" U1);
	CHECK_STR(volumes(), "root=/dev/sdb");
	CHECK_STR(header(), "UUID=" U1);
	CHECK_STR(findings(), "");
	build("root /dev/sdb none header=/h,x-intact.integrity", "rd.luks.name=" U1 "=root");
	CHECK_STR(volumes(), "root=/dev/sdb");
	CHECK_STR(findings(), "");
	/* Which header that is, only rd.luks.name= says. */
	build("root /dev/sdb none header=/h,x-intact.integrity",
	      "rd.luks.name=" U1 "=root rd.luks.data=" U1 "=/dev/sdb rd.luks.options=" U1
	      "=tries=5");
	CHECK_STR(volumes(), "root=/dev/sdb");
	CHECK_STR(findings(), "");
	CHECK_STR(first()->header_uuid, U1);
	CHECK_INT(first()->tries, 5);
	/* Another disk, or another header. */
	build(on_device, "rd.luks.data=" U1 "=/dev/sdc");
	CHECK_STR(volumes(), "root=/dev/sdb");
	CHECK_HAS(findings(),
		  "W " CMDLINE "rd.luks.data=" U1 "=/dev/sdc: the parameter is ignored");
	build(on_device, "rd.luks.options=" U1 "=header=/dev/sdc");
	CHECK_STR(header(), "UUID=" U1);
	CHECK_HAS(findings(), "option \"header=/dev/sdc\" is not used");
}

TEST(volumes_are_refined)
{
	build(OWN,
	      "rd.luks.options=" U1 "=tries=1,headless rd.luks.options=tries=2 rd.luks.uuid=" U2);
	CHECK_STR(volumes(), "root=UUID=" U1 " luks-" U2 "=UUID=" U2);
	CHECK_INT(config.volumes[0].tries, 1);
	CHECK(config.volumes[0].headless);
	CHECK_INT(config.volumes[1].tries, 2);
	CHECK(!config.volumes[1].headless);

	build(OWN, "rd.luks.name=" U1 "=crypt");
	CHECK_STR(volumes(), "crypt=UUID=" U1);
	CHECK(first()->expect == EXPECT_NAMED);

	build("root UUID=" U1 "\nhome UUID=" U2 "\n", "rd.luks.name=" U1 "=home rd.luks.uuid=" U2);
	CHECK_STR(volumes(), "root=UUID=" U1 " home=UUID=" U2);
	CHECK_STR(findings(),
		  "W " CMDLINE "rd.luks.name=" U1 "=home: the name \"home\" is already used by "
		  "/etc/intact/crypttab line 2; the name \"root\" is kept.");

	build(OWN, "rd.luks.timeout=30");
	CHECK_INT(first()->prompt_wait, 30000);
	build(OWN, "luks.timeout=0");
	CHECK(first()->prompt_wait == WAIT_FOREVER);

	build(PINNED, "rd.luks.key=" U1 "=/key");
	CHECK_STR(keyfile(first()), "/key");
	build(PINNED, "rd.luks.key=" U1 "=/key:/dev/sdb rd.luks.key.tout=7");
	CHECK_STR(keyfile(first()), "/key:/dev/sdb");
	CHECK_INT(first()->keyfile_wait, 7000);
	build(PINNED, "rd.luks.key=/dev/disk/by-id/usb-Foo-0:0 rd.luks.uuid=" U1);
	CHECK_STR(keyfile(first()), "/dev/disk/by-id/usb-Foo-0:0");
	build(NULL, "rd.luks.uuid=" U1 " rd.luks.uuid=" U2 " rd.luks.key=/a:LABEL=KEYS:UUID=" U2
		    " rd.luks.key=/b:LABEL=KEYS");
	CHECK_STR(keyfile(first()), "/b:LABEL=KEYS");
	CHECK_STR(keyfile(&config.volumes[1]), "/a:LABEL=KEYS");
	build(NULL, "rd.luks.uuid=" U1 " rd.luks.key=/a::"
		    "luks-" U1 " rd.luks.key=/a::UUID=" U1);
	CHECK_STR(keyfile(first()), "/a");
	CHECK_STR(findings(), "");
	build(OWN, "rd.luks.key=/key rd.luks.uuid=" U2);
	CHECK(first()->keyfile == NULL);
	CHECK_STR(keyfile(&config.volumes[1]), "/key");
}

/* dracut's identifiers are beginnings, here those of a volume that is configured. */
TEST(beginnings)
{
	static const struct {
		const char *cmdline, *volumes;
	} rows[] = {
		{ "rd.luks.uuid=1111", "luks-1111=UUID=" U1 },
		{ "rd.luks.uuid=luks-11111111-1", "luks-11111111-1=UUID=" U1 },
		{ "rd.luks.uuid=1111 rd.luks.name=1111=cr", "cr=UUID=" U1 },
		{ "rd.luks.uuid=1111 rd.luks.options=" U1 "=tries=1", "luks-1111=UUID=" U1 },
	};
	static const char own[] = "x UUID=" U1 " none x-intact.fallback-name\nd UUID=" U2
				  "\nd2 UUID=22222222-2222-2222-2222-222222222223\n";

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		build(own, rows[i].cmdline);
		CHECK_STR(volumes(), rows[i].volumes);
		CHECK_STR(findings(), "");
	}
	/* two volumes */
	build(own, "rd.luks.uuid=2222");
	CHECK_HAS(findings(), "\"2222\" is not a complete UUID");
	build(own, "rd.luks.key=/k:LABEL=S:UUID=11111");
	CHECK_STR(keyfile(first()), "/k:LABEL=S");
}

/* To dracut, "/" is the image. What it would decrypt is not: a note says so. */
/* A crypttab may name the same disk by its path, and has a name for it. */
TEST(names_of_nobody)
{
	build("root /dev/md1 none x-intact.integrity", "rd.luks.uuid=" U1);
	CHECK_STR(volumes(), "root=/dev/md1 luks-" U1 "=UUID=" U1);
	CHECK(!config.volumes[0].default_name && config.volumes[1].default_name);
	build("root /dev/md1 none x-intact.integrity",
	      "rd.luks.uuid=" U1 " rd.luks.name=" U1 "=mine");
	CHECK_STR(config.volumes[1].name, "mine");
	CHECK(!config.volumes[1].default_name);
	build("root /dev/md1 none x-intact.integrity", "rd.luks.name=" U1 "=mine");
	CHECK(!config.volumes[1].default_name);
	build("root /dev/md1 none x-intact.integrity", "cryptdevice=UUID=" U1);
	CHECK(config.volumes[1].default_name);
	build("root /dev/md1 none x-intact.integrity", "cryptdevice=UUID=" U1 ":mine");
	CHECK(!config.volumes[1].default_name);
}

TEST(dracuts_key_files)
{
	build("root UUID=" U1, "rd.luks.uuid=" U1 " rd.luks.key=/k:/");
	CHECK_STR(keyfile(first()), "/k");
	CHECK(first()->keyfile->kind == PLACE_IMAGE);
	CHECK_STR(findings(), "");
	build("root UUID=" U1, "rd.luks.key=/k.gpg:LABEL=S:UUID=" U1);
	CHECK_STR(keyfile(first()), "/k.gpg:LABEL=S");
	CHECK_STR(findings(), "N " CMDLINE "rd.luks.key=/k.gpg:LABEL=S:UUID=" U1
			      ": the file is the key as it is: intact can decrypt no key file.");
	build("root UUID=" U1, "rd.luks.key=/k:LABEL=A rd.luks.key=/k:LABEL=B");
	CHECK_STR(keyfile(first()), "/k:LABEL=A");
	CHECK_HAS(findings(),
		  "rd.luks.key=/k:LABEL=B: no effect: the volumes that it could be for");
	build("root UUID=" U1, "rd.luks.key=d/k:LABEL=S:UUID=" U1);
	CHECK_STR(keyfile(first()), "/d/k:LABEL=S");
	CHECK_STR(findings(), "");
	build("root UUID=" U1, "rd.luks.uuid=" U1 " rd.luks.key=k");
	CHECK(!first()->keyfile);
	CHECK_HAS(findings(), "neither an absolute path nor a device");
}

/* A key that names no volume, where the command line names none either. */
TEST(keys_for_all)
{
	static const char *const cmdlines[] = { "rd.luks.key=/k:LABEL=S",
						"cryptkey=LABEL=S:auto:/k" };

	for (size_t i = 0; i < ARRAY_SIZE(cmdlines); i++) {
		cleanup_free char *named = xasprintf("%s rd.luks.uuid=" U2, cmdlines[i]);

		build("a UUID=" U1 " /own\nb UUID=" U2 "\nc UUID=" U3, cmdlines[i]);
		CHECK_STR(keyfile(&config.volumes[0]), "/own");
		CHECK_STR(keyfile(&config.volumes[1]), "/k:LABEL=S");
		CHECK_STR(keyfile(&config.volumes[2]), "/k:LABEL=S");
		build("a UUID=" U1 "\nb UUID=" U2, named);
		CHECK_STR(keyfile(&config.volumes[0]), "");
		CHECK_STR(keyfile(&config.volumes[1]), "/k:LABEL=S");
	}
}

/* Options that nothing gets are not lost without a word. */
TEST(options_without_effect)
{
	static const char own[] = "root UUID=" U1 " none luks";
	static const char note[] =
		": no effect: a volume in crypttab needs its UUID before the options.";

	build(own, "rd.luks.options=tries=1");
	CHECK_STR(findings(),
		  "N " CMDLINE "rd.luks.options=tries=1: no effect: a volume in crypttab "
		  "needs its UUID before the options.");
	build(own, "rd.luks.options=" U1 ":tries=1");
	CHECK_HAS(findings(), note);
	build(own, "rd.luks.options=tries=1 rd.luks.uuid=" U2);
	CHECK_STR(findings(), "");
}

TEST_MAIN(options_without_effect, keys_for_all, beginnings, dracuts_key_files, data,
	  data_that_the_image_knows, switched_off, promises_are_not_weakened, promises_leave_room,
	  secrets_of_the_command_line, promised_names, volumes_are_added, mistakes,
	  volumes_are_refined, names_of_nobody)
