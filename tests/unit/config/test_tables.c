/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every option of crypttab(5) of systemd 262 and of Debian's cryptsetup 2.8.8, of the encrypt hook
 * of mkinitcpio 41 and of dracut 112, and every parameter of the kernel command line of theirs that
 * concerns an encrypted root: each has an effect, or none with a reason in the manual page, or a
 * message. Whoever adds a row to the code adds one here and in the manual page.
 */
#include "built.h"

#include "config/integritytab.h"

enum fate {
	DONE,	 /* it changes what is opened, or how */
	IGNORED, /* it changes nothing, and needs no word at boot: the manual page has the reason */
	SAID,	 /* it changes nothing, and a message says so */
	LEFT,	 /* the volume is not opened by intact */
};

#define SYSTEMD "systemd"
#define DEBIAN "Debian"
#define BOTH "systemd, Debian"
#define ARCH "mkinitcpio"
#define DRACUT "dracut"

static const struct row {
	const char *of, *word;
	enum fate fate;
	const char *before; /* the options before it; NULL: none */
} options[] = {
	{ BOTH, "cipher=aes", IGNORED, NULL },
	{ BOTH, "size=512", IGNORED, NULL },
	{ BOTH, "sector-size=4096", IGNORED, NULL },
	{ ARCH, "sector-size=512", IGNORED, NULL },
	{ BOTH, "hash=sha256", IGNORED, NULL },
	{ BOTH, "offset=8", IGNORED, NULL },
	{ BOTH, "skip=8", IGNORED, NULL },
	{ BOTH, "key-slot=1", DONE, NULL },
	{ BOTH, "keyslot=1", DONE, NULL },
	{ BOTH, "keyfile-size=64", DONE, NULL },
	{ BOTH, "keyfile-offset=64", DONE, NULL },
	{ SYSTEMD, "keyfile-erase", DONE, NULL },
	{ SYSTEMD, "keyfile-erase=yes", DONE, NULL },
	{ SYSTEMD, "keyfile-timeout=10", DONE, NULL },
	{ SYSTEMD, "keyfile-timeout", IGNORED, NULL },
	{ BOTH, "header=/h", DONE, NULL },
	{ DRACUT, "header=/h", DONE, NULL },
	{ BOTH, "tries=5", DONE, NULL },
	{ BOTH, "readonly", DONE, NULL },
	{ BOTH, "read-only", DONE, NULL },
	{ BOTH, "verify", IGNORED, NULL },
	{ SYSTEMD, "password-echo=yes", DONE, NULL },
	{ SYSTEMD, "password-echo=masked", DONE, NULL },
	{ SYSTEMD, "password-cache=no", DONE, NULL },
	{ SYSTEMD, "password-cache=read-only", DONE, NULL },
	{ BOTH, "discard", SAID, NULL },
	{ ARCH, "discard", SAID, NULL },
	{ SYSTEMD, "allow-discards", SAID, NULL },
	{ DRACUT, "allow-discards", SAID, NULL },
	{ BOTH, "same-cpu-crypt", DONE, NULL },
	{ BOTH, "submit-from-crypt-cpus", DONE, NULL },
	{ BOTH, "no-read-workqueue", DONE, NULL },
	{ BOTH, "no-write-workqueue", DONE, NULL },
	{ ARCH, "perf-no_read_workqueue", DONE, NULL },
	{ ARCH, "perf-no_write_workqueue", DONE, NULL },
	{ BOTH, "luks", IGNORED, NULL },
	{ BOTH, "bitlk", LEFT, NULL },
	{ DEBIAN, "fvault2", LEFT, NULL },
	{ BOTH, "plain", LEFT, NULL },
	{ BOTH, "swap", LEFT, NULL },
	{ BOTH, "tmp", LEFT, NULL },
	{ BOTH, "tmp=xfs", LEFT, NULL },
	{ BOTH, "tcrypt", LEFT, NULL },
	{ BOTH, "tcrypt-hidden", LEFT, NULL },
	{ BOTH, "tcrypthidden", LEFT, NULL },
	{ BOTH, "tcrypt-system", LEFT, NULL },
	{ BOTH, "tcrypt-veracrypt", LEFT, NULL },
	{ SYSTEMD, "tcrypt-keyfile=/k", LEFT, NULL },
	{ BOTH, "veracrypt", LEFT, NULL },
	{ SYSTEMD, "veracrypt-pim=1", LEFT, NULL },
	{ SYSTEMD, "timeout=10", DONE, NULL },
	{ SYSTEMD, "try-empty-password", DONE, NULL },
	{ SYSTEMD, "try-empty-password=yes", DONE, NULL },
	{ SYSTEMD, "headless", DONE, NULL },
	{ SYSTEMD, "headless=yes", DONE, NULL },
	{ SYSTEMD, "token-timeout=10", DONE, NULL },
	{ SYSTEMD, "pkcs11-uri=auto", SAID, NULL },
	{ SYSTEMD, "fido2-device=auto", SAID, NULL },
	{ SYSTEMD, "fido2-cid=AA==", SAID, NULL },
	{ SYSTEMD, "fido2-rp=x", SAID, NULL },
	{ SYSTEMD, "fido2-pin=yes", SAID, NULL },
	{ SYSTEMD, "fido2-up=yes", SAID, NULL },
	{ SYSTEMD, "fido2-uv=yes", SAID, NULL },
	{ SYSTEMD, "tpm2-device=auto", IGNORED, NULL },
	{ SYSTEMD, "tpm2-device=/dev/tpmrm1", DONE, NULL },
	{ SYSTEMD, "tpm2-pcrs=7", DONE, NULL },
	{ SYSTEMD, "tpm2-signature=/s", DONE, NULL },
	{ SYSTEMD, "tpm2-pin=yes", IGNORED, NULL },
	{ SYSTEMD, "tpm2-pcrlock=/p", DONE, NULL },
	{ SYSTEMD, "tpm2-measure-pcr=yes", DONE, NULL },
	{ SYSTEMD, "tpm2-measure-bank=sha256", IGNORED, NULL },
	{ SYSTEMD, "tpm2-measure-keyslot-nvpcr=x", SAID, NULL },
	{ SYSTEMD, "link-volume-key=@u::user:x", SAID, NULL },
	{ SYSTEMD, "fixate-volume-key=00", SAID, NULL },
	{ SYSTEMD, "x-systemd.device-timeout=10", DONE, NULL },
	{ SYSTEMD, "x-initrd.attach", IGNORED, NULL },
	{ SYSTEMD, "nofail", DONE, NULL },
	{ SYSTEMD, "fail", DONE, "nofail," },
	{ BOTH, "noauto", LEFT, NULL },
	{ DRACUT, "noauto", LEFT, NULL },
	{ SYSTEMD, "auto", DONE, "noauto," },
	{ SYSTEMD, "_netdev", IGNORED, NULL },
	{ DEBIAN, "check", IGNORED, NULL },
	{ DEBIAN, "check=blkid", IGNORED, NULL },
	{ DEBIAN, "checkargs=ext4", IGNORED, NULL },
	{ DEBIAN, "initramfs", IGNORED, NULL },
	{ DRACUT, "force", IGNORED, NULL },
	{ DEBIAN, "noearly", IGNORED, NULL },
	{ DEBIAN, "loud", IGNORED, NULL },
	{ DEBIAN, "quiet", IGNORED, NULL },
	{ DEBIAN, "keyscript=decrypt_keyctl", DONE, NULL },
};

/* With the volumes of the image that BASE has. */
#define BASE "root UUID=" U1 " none luks\ndata UUID=" U2 " none luks\n"
#define ROOT "rd.luks.uuid=" U1 " "

static const struct row parameters[] = {
	{ SYSTEMD, "rd.luks=no", DONE, NULL },
	{ SYSTEMD, "luks=no", DONE, NULL },
	{ SYSTEMD, "rd.luks.crypttab=no", DONE, NULL },
	{ SYSTEMD, "luks.crypttab=no", DONE, NULL },
	{ SYSTEMD, "rd.luks.uuid=" U3, DONE, NULL },
	{ SYSTEMD, "luks.uuid=luks-" U3, DONE, NULL },
	{ SYSTEMD, "rd.luks.name=" U1 "=cr", DONE, NULL },
	{ SYSTEMD, "luks.name=" U1 "=cr", DONE, NULL },
	{ SYSTEMD, "rd.luks.data=" U1 "=/dev/sda2", DONE, NULL },
	{ SYSTEMD, "luks.data=" U1 "=/dev/sda2", DONE, NULL },
	{ SYSTEMD, "rd.luks.key=" U1 "=/key", DONE, NULL },
	{ SYSTEMD, "luks.key=/key", DONE, ROOT },
	{ SYSTEMD, "rd.luks.key=" U1 "=/key:LABEL=STICK", DONE, NULL },
	{ SYSTEMD, "rd.luks.options=" U1 "=tries=1", DONE, NULL },
	{ SYSTEMD, "luks.options=tries=1", DONE, "rd.luks.uuid=" U3 " " },
	{ SYSTEMD, "systemd.default_device_timeout_sec=90", DONE, NULL },
	{ SYSTEMD, "rd.systemd.default_device_timeout_sec=0", DONE, NULL },
	{ SYSTEMD, "rootflags=degraded", DONE, NULL },
	{ DRACUT, "rd.luks=0", DONE, NULL },
	{ DRACUT, "rd.luks.crypttab=0", DONE, NULL },
	{ DRACUT, "rd.luks.uuid=luks-1111", DONE, NULL },
	{ DRACUT, "rd.luks.uuid=keysource:" U3, DONE, NULL },
	{ DRACUT, "rd.luks.partuuid=00000000-01", DONE, NULL },
	{ DRACUT, "rd.luks.partuuid=keysource:00000000-01", DONE, NULL },
	{ DRACUT, "rd.luks.serial=ABC", DONE, NULL },
	{ DRACUT, "rd.luks.name=00000000-01=cr", DONE, "rd.luks.partuuid=00000000-01 " },
	{ DRACUT, "rd.luks.allow-discards", SAID, NULL },
	{ DRACUT, "rd.luks.allow-discards=luks-" U1, SAID, NULL },
	{ DRACUT, "rd.luks.timeout=10", DONE, NULL },
	{ DRACUT, "rd.luks.key=/key", DONE, ROOT },
	{ DRACUT, "rd.luks.key=/key:LABEL=STICK", DONE, ROOT },
	{ DRACUT, "rd.luks.key=/key:/:UUID=" U1, DONE, NULL },
	{ DRACUT, "rd.luks.key=/key:LABEL=STICK:UUID=1111", DONE, NULL },
	{ DRACUT, "rd.luks.key.tout=5", DONE, NULL },
	{ DRACUT, "rd.timeout=0", DONE, NULL },
	{ DRACUT, "rd.retry=300", DONE, NULL },
	{ DRACUT, "rd.auto", IGNORED, NULL },
	{ DRACUT, "rd.hostonly=0", IGNORED, NULL },
	{ DRACUT, "rd.luks.smartcard=0", IGNORED, NULL },
	{ DRACUT, "rd_NO_LUKS", SAID, NULL },
	{ DRACUT, "rd_LUKS_UUID=luks-" U3, SAID, NULL },
	{ DRACUT, "rd_LUKS_KEYPATH=/key", SAID, NULL },
	{ DRACUT, "rd_LUKS_KEYDEV_UUID=1", SAID, NULL },
	{ ARCH, "cryptdevice=/dev/sda2:cr", DONE, NULL },
	{ ARCH, "cryptdevice=/dev/sda2:cr:no-read-workqueue", DONE, "cryptdevice=/dev/sda2:cr " },
	{ ARCH, "cryptkey=rootfs:/key", DONE, ROOT },
	{ ARCH, "cryptkey=LABEL=STICK:vfat:/key", DONE, ROOT },
	{ ARCH, "cryptkey=/dev/sdb:512:64", DONE, ROOT },
	{ ARCH, "crypto=sha512:aes:512:0:0", SAID, NULL },
	{ ARCH, "cryptheader=LABEL=luks:0:16777216", SAID, NULL },
	{ ARCH, "root=UUID=" U1, SAID, NULL },
	{ ARCH, "rootdelay=60", DONE, NULL },
	{ DEBIAN, "cryptopts=target=cr,source=/dev/sda2", DONE, NULL },
	{ DEBIAN, "cryptopts=target=cr,source=/dev/sda2,key=/key", DONE,
	  "cryptopts=target=cr,source=/dev/sda2 " },
	{ DEBIAN, "cryptopts=", DONE, NULL },
	{ DEBIAN, "rootdelay=60", DONE, NULL },
	{ "all", "noresume", IGNORED, NULL },
	{ "all", "resume=/dev/sda3", IGNORED, NULL },
};

/* --- what a configuration comes to --- */

static const char *built(void)
{
	static char buf[16384];

	str_copy(buf, sizeof(buf), config.degraded ? "degraded " : "");
	for (size_t i = 0; i < config.n_volumes; i++) {
		const struct volume *v = &config.volumes[i];
		char source[300], header[1400] = "";

		if (v->detached)
			place_format(&v->header, header, sizeof(header));
		str_append(buf, sizeof(buf), "%s %s off=%d key=%s %llu %llu %llu %d script=%s",
			   v->name, devref_format(&v->source, source, sizeof(source)), !!v->off,
			   keyfile(v), (unsigned long long)v->keyfile_offset,
			   (unsigned long long)v->keyfile_size, (unsigned long long)v->keyfile_wait,
			   v->keyfile_erase, v->keyscript ? v->keyscript : "");
		str_append(buf, sizeof(buf), " tpm2=%s %s %s %llu %d%x %d%u", v->tpm2.device,
			   v->tpm2.signature ? v->tpm2.signature : "",
			   v->tpm2.pcrlock ? v->tpm2.pcrlock : "", (unsigned long long)v->tpm2.wait,
			   v->tpm2.some, v->tpm2.pcrs, v->tpm2.measure, v->tpm2.measure_in);
		str_append(buf, sizeof(buf), " header=%s %s %d %u %llu %llu %d%d%d%d %d %d %u\n",
			   header, v->header_uuid, v->keyslot, v->tries,
			   (unsigned long long)v->device_wait, (unsigned long long)v->prompt_wait,
			   v->headless, v->try_empty, v->nofail, v->leg, (int)v->typed,
			   (int)v->cache, v->options);
	}
	return buf;
}

static bool is_left(const struct row *row)
{
	bool left = true;

	for (size_t i = 0; i < config.n_volumes; i++)
		left &= !str_eq(config.volumes[i].name, "root");
	return left && row->fate == LEFT;
}

/* before and after are two configurations without and with the word. */
static void check_row(const struct row *row, const char *before, const char *before_findings,
		      const char *after, const char *after_findings)
{
	bool changed = !str_eq(before, after), said = !str_eq(before_findings, after_findings);

	CHECK_ROW(!strstr(after_findings, "unknown"), row->word);
	switch (row->fate) {
	case DONE:
		CHECK_ROW(changed, row->word);
		CHECK_ROW(!said, after_findings);
		break;
	case IGNORED:
		CHECK_ROW(!changed, row->word);
		CHECK_ROW(!said, after_findings);
		break;
	case SAID:
		CHECK_ROW(!changed, row->word);
		CHECK_ROW(said, row->word);
		break;
	case LEFT:
		CHECK_ROW(is_left(row), row->word);
		break;
	}
}

TEST(options_of_crypttab)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const struct row *row = &options[i];
		const char *start = row->before ? row->before : "";
		cleanup_free char *plain = xasprintf("root UUID=" U1 " none luks,%s", start);
		cleanup_free char *text = xasprintf("%s%s\nd UUID=" U2, plain, row->word);
		cleanup_free char *alone = xasprintf("%s\nd UUID=" U2, plain);
		cleanup_free char *before = NULL, *before_findings = NULL;

		build(alone, NULL);
		before = xstrdup(built());
		before_findings = xstrdup(findings());
		build(text, NULL);
		check_row(row, before, before_findings, built(), findings());
	}
}

TEST(parameters_of_the_command_line)
{
	for (size_t i = 0; i < ARRAY_SIZE(parameters); i++) {
		const struct row *row = &parameters[i];
		const char *start = row->before ? row->before : "";
		cleanup_free char *with = xasprintf("%s%s", start, row->word);
		cleanup_free char *before = NULL, *before_findings = NULL;

		build(BASE, start);
		before = xstrdup(built());
		before_findings = xstrdup(findings());
		build(BASE, with);
		check_row(row, before, before_findings, built(), findings());
	}
}

/* Of integritytab(5) of systemd 262; all have an effect or, the last two, need no word. */
static const struct row integrity_options[] = {
	{ SYSTEMD, "allow-discards", DONE, NULL },
	{ SYSTEMD, "mode=bitmap", DONE, NULL },
	{ SYSTEMD, "journal-watermark=55%", DONE, NULL },
	{ SYSTEMD, "journal-commit-time=10", DONE, NULL },
	{ SYSTEMD, "data-device=/dev/sdb", DONE, NULL },
	{ SYSTEMD, "integrity-algorithm=crc32", DONE, NULL },
	{ SYSTEMD, "noauto", DONE, NULL },
	{ SYSTEMD, "nofail", IGNORED, NULL },
	{ SYSTEMD, "_netdev", IGNORED, NULL },
};

TEST(options_of_integritytab)
{
	for (size_t i = 0; i < ARRAY_SIZE(integrity_options); i++) {
		cleanup_free char *text = xasprintf("a UUID=" U1 " - %s\n",
						    integrity_options[i].word);
		struct integritytab tab = { 0 };
		struct findings found = { 0 };

		integritytab_parse("/etc/integritytab", text, strlen(text), SEVERITY_WARNING, &tab,
				   &found);
		CHECK_ROW(tab.n == 1, text);
		CHECK_ROW(found.n == 0, text);
		integritytab_free(&tab);
		findings_free(&found);
	}
}

/* --- the manual page --- */

/* The program runs in its own folder (tests/run), or in the top folder. */
#define PAGE "man/intact-unlock.8"
#define FROM_PROGRAM "../../../../" PAGE

/* The section of the manual page from its heading on, without the marks of its fonts. */
static char *section(const char *heading)
{
	cleanup_free char *page = NULL, *start = xasprintf("\n.SH %s\n", heading);
	char *text, *out, *end;

	if (read_file(FROM_PROGRAM, 1 << 20, &page, NULL) < 0)
		CHECK_INT(read_file(PAGE, 1 << 20, &page, NULL), 0);
	text = strstr(page ? page : "", start);
	CHECK_ROW(text != NULL, heading);
	if (!text)
		return xstrdup("");
	text += strlen(start);
	end = strstr(text, "\n.SH ");
	if (end)
		*end = '\0';
	out = text;
	for (const char *in = text; *in; in++)
		if (in[0] == '\\' && in[1] == 'f')
			in += 2;
		else if (in[0] != '\\' && in[0] != '"')
			*out++ = *in;
	*out = '\0';
	return xstrdup(text);
}

/* Is the word there as a whole? */
static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at++)
		if ((at == text || strchr(" \n,(", at[-1])) && strchr(" \n,.)=[", at[len]))
			return true;
	return false;
}

static void check_section(const char *heading, const struct row *rows, size_t n)
{
	cleanup_free char *text = section(heading);

	for (size_t i = 0; i < n; i++) {
		cleanup_free char *name = xstrndup(rows[i].word, strcspn(rows[i].word, "="));
		const char *rest = str_after(name, "rd.");

		CHECK_ROW(has_word(text, name) || (rest && has_word(text, rest)), name);
	}
}

TEST(manual_page)
{
	check_section("OPTIONS OF CRYPTTAB", options, ARRAY_SIZE(options));
	check_section("STANDALONE DM-INTEGRITY", integrity_options, ARRAY_SIZE(integrity_options));
	check_section("PARAMETERS OF THE KERNEL COMMAND LINE", parameters, ARRAY_SIZE(parameters));
}

TEST_MAIN(options_of_integritytab, options_of_crypttab, parameters_of_the_command_line, manual_page)
