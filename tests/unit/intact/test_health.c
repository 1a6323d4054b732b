/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `intact status` finds slow, unsafe or broken. */
#include "intact/health.h"

#include "base/util.h"
#include "intact/shown.h"
#include "policy/world.h"

#include <sys/mman.h>

/* A volume without any fault. */
static void good(struct shown *s)
{
	*s = (struct shown){ .name = "root", .device = "dm-1", .tokens = "systemd-tpm2" };
	s->disk = good_disk(ROOT_UUID);
	s->disk.header.keyslots = 2;
	s->disk.header.keyslot[1] = s->disk.header.keyslot[0];
	s->disk.header.sector_size = 4096;
	str_copy(s->mapping.node, sizeof(s->mapping.node), "/dev/vda2");
	s->opened = good_opened(1);
	str_copy(s->implementation, sizeof(s->implementation),
		 "authenc(hmac(sha256-ni),xts-aes-aesni)");
	s->scrub = (struct scrub_state){ .size = 1 << 30, .last = 1790000000 };
	s->health = (struct health){ .name = "root",
				     .disk = &s->disk,
				     .opened = &s->opened,
				     .implementation = s->implementation,
				     .cpu = " fpu aes avx2 sha_ni ",
				     .record = { .present = true, .outcome = "open" },
				     .scrub = &s->scrub,
				     .checksums = &s->checksums,
				     .now = 1790000000 + 86400 };
}

/* What is found, as "kind " for each; code is the exit code. */
static void check(const char *row, struct shown *s, enum exit_code code, const char *kinds)
{
	struct faults faults = { 0 };
	char got[256] = "";

	CHECK_ROW(health_judge(&s->health, &faults) == code, row);
	for (size_t i = 0; i < faults.n; i++)
		str_append(got, sizeof(got), "%s ", faults.list[i].kind);
	if (!test_str(__FILE__, __LINE__, row, got, kinds))
		CHECK_ROW(false, row);
	faults_free(&faults);
}

TEST(faults)
{
	struct shown s;
	struct scrub_run run = { 0, 4096, false };

	good(&s);
	check("good", &s, EXIT_CODE_OK, "");
	s.scrub.last_bad = 4096;
	check("scrub", &s, EXIT_CODE_INTEGRITY, "bad-sectors ");
	good(&s);
	s.scrub.runs = &run, s.scrub.n_runs = 1, s.scrub.begun = 1;
	check("scrub under way", &s, EXIT_CODE_INTEGRITY, "bad-sectors ");
	good(&s);
	s.health.kernel_errors = 1;
	check("log", &s, EXIT_CODE_INTEGRITY, "integrity-errors ");
	good(&s);
	s.health.audited = true;
	check("audit log without errors", &s, EXIT_CODE_OK, "");
	s.health.audit_errors = 1;
	check("audit log", &s, EXIT_CODE_INTEGRITY, "audit-errors ");
	good(&s);
	s.scrub.last = 0;
	check("never", &s, EXIT_CODE_OK, "never-scrubbed ");
	good(&s);
	s.health.now += 90 * 86400;
	check("long ago", &s, EXIT_CODE_OK, "scrub-old ");
	good(&s);
	s.opened.dif.mode = 'D';
	check("journal", &s, EXIT_CODE_OK, "no-journal ");
	good(&s);
	str_copy(s.health.record.pinned, sizeof(s.health.record.pinned), "no");
	check("pin", &s, EXIT_CODE_OK, "not-pinned ");
	good(&s);
	s.health.record.present = false;
	check("no record", &s, EXIT_CODE_OK, "not-by-intact ");
	good(&s);
	s.disk.header.keyslots = 1;
	s.disk.second = COPY_BAD_CHECKSUM;
	check("header", &s, EXIT_CODE_OK, "header-copy one-keyslot ");
	good(&s);
	s.disk.header.sector_size = 512;
	check("sectors", &s, EXIT_CODE_OK, "small-sectors ");
	good(&s);
	str_copy(s.disk.header.integrity, sizeof(s.disk.header.integrity), "none");
	check("none", &s, EXIT_CODE_OK, "no-integrity ");
	good(&s);
	s.disk.superblock.recalculating = true;
	s.disk.superblock.recalculated = s.disk.superblock.provided - 4096;
	check("recalculating", &s, EXIT_CODE_OK, "recalculating ");
	s.disk.superblock.recalculated = s.disk.superblock.provided;
	check("recalculated", &s, EXIT_CODE_OK, "");
}

/* Its header has no integrity; something below it may. */
TEST(below)
{
	struct shown s;

	good(&s);
	str_copy(s.disk.header.integrity, sizeof(s.disk.header.integrity), "none");
	s.health.checks = STACK_TAGS;
	check("below", &s, EXIT_CODE_OK, "");
	s.health.checks = STACK_CHECKSUMS;
	check("checksums", &s, EXIT_CODE_OK, "accidents-only ");
	s.checksums.unfinished = 4096;
	check("checksums, not all", &s, EXIT_CODE_OK, "accidents-only recalculating ");
	s.checksums = (struct checksums){ .keyed = true, .no_journal = true };
	check("keyed", &s, EXIT_CODE_OK, "no-journal ");
	s.checksums = (struct checksums){ .keyed = true, .recovery = true, .mismatches = 1 };
	check("mismatch", &s, EXIT_CODE_INTEGRITY, "checksum-errors recovery ");
}

/* Plain C is slow where the processor can do better, and no fault where it cannot. */
TEST(driver)
{
	struct shown s;

	good(&s);
	str_copy(s.implementation, sizeof(s.implementation),
		 "authenc(hmac(sha256-generic),xts-aes-aesni)");
	check("now", &s, EXIT_CODE_OK, "slow-driver ");
	CHECK_STR(health_slow_part(&s.health), "sha256");
	s.health.cpu = " fpu aes ";
	check("an old processor", &s, EXIT_CODE_OK, "");
	good(&s);
	str_copy(s.health.record.implementation, sizeof(s.health.record.implementation),
		 "authenc(hmac(sha256-ni),xts(ecb(aes-generic)))");
	check("at boot", &s, EXIT_CODE_OK, "slow-driver ");
	CHECK_STR(health_slow_part(&s.health), "aes");
	good(&s);
	s.implementation[0] = '\0';
	check("not known", &s, EXIT_CODE_OK, "");
}

TEST(kernel_log)
{
	static const char log[] = "device-mapper: crypt: dm-1: INTEGRITY AEAD ERROR, sector 8\n"
				  "device-mapper: crypt: dm-0: INTEGRITY AEAD ERROR, sector 8\n"
				  "device-mapper: crypt: dm-11: INTEGRITY AEAD ERROR, sector 8\n"
				  "device-mapper: crypt: dm-1: something else\n"
				  "crypt: dm-1: INTEGRITY AEAD ERROR, sector 8\n"
				  "device-mapper: integrity: dm-0: Checksum failed at sector 0x10";

	CHECK_INT(health_count_errors(log, "dm-1", "dm-0"), 3);
	CHECK_INT(health_count_errors(log, "dm-1", ""), 1);
	CHECK_INT(health_count_errors(log, "dm-2", "dm-3"), 0);
	CHECK_INT(health_count_errors("", "dm-1", "dm-0"), 0);
}

/* What the kernel says of other devices, and what others say. */
TEST(audit_records_in_the_log)
{
	static const char log[] =
		"audit: type=1339 audit(1630425039.363:184): module=crypt op=integrity-aead "
		"dev=254:1 sector=8 res=0\n"
		"audit: type=1339 audit(1630425039.363:185): module=integrity "
		"op=integrity-checksum dev=254:0 sector=8 res=0\n"
		"audit: type=1339 audit(1630425039.363:186): module=crypt op=integrity-aead "
		"dev=254:11 sector=8 res=0\n"
		"audit: type=1338 audit(1630425039.363:187): module=crypt op=ctr ppid=1 "
		"dev=254:1 error_msg='success' res=1\n"
		" audit: type=1339 audit(1630425039.363:188): module=crypt op=integrity-aead "
		"dev=254:1 sector=8 res=0\n"
		"device-mapper: crypt: dm-1: INTEGRITY AEAD ERROR, sector 8";

	CHECK_INT(health_count_audit(log, "254:1", "254:0"), 2);
	CHECK_INT(health_count_audit(log, "254:1", ""), 1);
	CHECK_INT(health_count_audit(log, "", ""), 0);
	CHECK_INT(health_count_errors(log, "dm-1", "dm-0"), 1);
}

TEST(modes)
{
	CHECK_STR(health_mode('J'), "journal");
	CHECK_STR(health_mode('B'), "bitmap");
	CHECK_STR(health_mode('D'), "direct");
	CHECK_STR(health_mode('R'), "recovery");
	CHECK_STR(health_mode('I'), "inline");
	CHECK_STR(health_mode('x'), "?");
}

/* --- what is printed -------------------------------------------------------------------------- */

static char *printed(struct shown *s, void (*print)(const struct shown *s))
{
	int file = memfd_create("out", MFD_CLOEXEC), before;
	char *text = xcalloc(1, 8192);

	CHECK(health_judge(&s->health, &s->faults) >= 0);
	fflush(stdout);
	before = dup(STDOUT_FILENO);
	dup2(file, STDOUT_FILENO);
	print(s);
	fflush(stdout);
	dup2(before, STDOUT_FILENO);
	close(before);
	CHECK(pread(file, text, 8191, 0) >= 0);
	close(file);
	faults_free(&s->faults);
	return text;
}

TEST(text)
{
	cleanup_free char *out = NULL;
	struct shown s;

	good(&s);
	s.health.kernel_errors = 2;
	s.health.audited = true;
	out = printed(&s, shown_text);
	CHECK_STR(
		out,
		"Volume:      root\n"
		"Disk:        /dev/vda2\n"
		"Cipher:      aes-xts-plain64, volume key of 768 bits\n"
		"Integrity:   hmac(sha256), tags of 32 bytes, sectors of 4096 bytes\n"
		"Tags by:     journal\n"
		"Driver:      authenc(hmac(sha256-ni),xts-aes-aesni)\n"
		"Keyslots:    0 (pbkdf2), 0 (pbkdf2)\n"
		"Tokens:      systemd-tpm2\n"
		"Pinned:      yes\n"
		"Last scrub:  2026-09-21 14:13 UTC, 0 bytes bad\n"
		"Errors:      at least 2 in the kernel's log of this boot\n"
		"Audit log:   no integrity error since it was opened\n"
		"Record:      none: an older copy of the disk would be accepted; see intact-fresh(7)\n"
		"error: the kernel reported at least 2 integrity errors in this boot\n"
		"  → intact scrub root\n");
}

TEST(json)
{
	cleanup_free char *out = NULL;
	struct shown s;

	good(&s);
	s.scrub.last = 0;
	s.health.audited = true;
	s.health.audit_errors = 3;
	out = printed(&s, shown_json);
	CHECK_HAS(out, "\"kernel_errors\": 0,\n  \"audit_errors\": 3,\n");
	CHECK_HAS(out, "has at least 3 integrity errors since it was opened");
	free(out);
	s.health.audited = false;
	s.health.audit_errors = 0;
	out = printed(&s, shown_json);
	CHECK_STR(
		out,
		"{\n"
		"  \"volume\": \"root\",\n"
		"  \"disk\": \"/dev/vda2\",\n"
		"  \"uuid\": \"11111111-1111-1111-1111-111111111111\",\n"
		"  \"cipher\": \"aes-xts-plain64\",\n"
		"  \"integrity\": \"hmac(sha256)\",\n"
		"  \"tag_size\": 32,\n"
		"  \"sector_size\": 4096,\n"
		"  \"mode\": \"journal\",\n"
		"  \"driver\": \"authenc(hmac(sha256-ni),xts-aes-aesni)\",\n"
		"  \"keyslots\": [{\"number\": 0, \"kdf\": \"pbkdf2\", \"memory\": 0}, {\"number\": 0, \"kdf\": \"pbkdf2\", \"memory\": 0}],\n"
		"  \"tokens\": \"systemd-tpm2\",\n"
		"  \"pinned\": \"yes\",\n"
		"  \"last_scrub\": 0,\n"
		"  \"last_scrub_bad\": 0,\n"
		"  \"kernel_errors\": 0,\n"
		"  \"record\": \"none\",\n"
		"  \"checked\": \"no\",\n"
		"  \"reason\": \"\",\n"
		"  \"current\": false,\n"
		"  \"faults\": [\n"
		"   {\"severity\": \"note\", \"kind\": \"never-scrubbed\", \"text\": \"it was never read completely\", \"remedy\": \"intact scrub root\"}]\n"
		"}\n");
}

TEST_MAIN(faults, below, driver, kernel_log, audit_records_in_the_log, modes, text, json)
