/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/util.h"
#include "config/config.h"
#include "config/integritytab.h"
#include "test.h"

/* The lines as an image would have them, in <>, and the findings in !!. */
static const char *described(const char *text, size_t len)
{
	static char buf[8192];
	struct integritytab tab = { 0 };
	struct findings findings = { 0 };

	buf[0] = '\0';
	integritytab_parse("/tab", text, len, SEVERITY_WARNING, &tab, &findings);
	for (size_t i = 0; i < tab.n; i++) {
		const struct standalone *s = &tab.list[i];
		cleanup_free char *line = integritytab_format(s, s->keyfile[0] ? s->keyfile : NULL);

		str_append(buf, sizeof(buf), "<%s%s%s>", line, s->noauto ? " noauto" : "",
			   s->nofail ? " nofail" : "");
	}
	for (size_t i = 0; i < findings.n; i++)
		str_append(buf, sizeof(buf), "!%s!", findings.list[i].text);
	integritytab_free(&tab);
	findings_free(&findings);
	return buf;
}

#define CRC32C "integrity-algorithm=crc32c"

TEST(lines)
{
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{ "", "" },
		{ "\n# comment\n  # another\n\n", "" },
		{ "\xef\xbb\xbfint0 /dev/vdb", "<int0 /dev/vdb - " CRC32C ">" },
		{ "int0 PARTUUID=1-2", "<int0 PARTUUID=1-2 - " CRC32C ">" },
		{ "int0\tPARTLABEL=a -\t-\r\n", "<int0 PARTLABEL=a - " CRC32C ">" },
		/* The examples of integritytab(5). */
		{ "home PARTUUID=1 - journal-commit-time=10,allow-discards,journal-watermark=55%\n"
		  "data PARTUUID=2 - allow-discards\n",
		  "<home PARTUUID=1 - " CRC32C
		  ",allow-discards,journal-watermark=55%,journal-commit-time=10>"
		  "<data PARTUUID=2 - " CRC32C ",allow-discards>" },
		{ "home PARTUUID=1 - data-device=/dev/disk/by-uuid/9",
		  "<home PARTUUID=1 - " CRC32C ",data-device=/dev/disk/by-uuid/9>" },
		{ "home PARTUUID=1 /etc/hmac.key",
		  "<home PARTUUID=1 /etc/hmac.key integrity-algorithm=hmac-sha256>" },
		{ "a /dev/1 /k integrity-algorithm=hmac-sha512,mode=bitmap",
		  "<a /dev/1 /k integrity-algorithm=hmac-sha512,mode=bitmap>" },
		{ "a /dev/1 - integrity-algorithm=xxhash64,mode=direct,noauto,nofail,_netdev",
		  "<a /dev/1 - integrity-algorithm=xxhash64,mode=direct noauto nofail>" },
		{ "a /dev/1 - mode=recovery,mode=journal", "<a /dev/1 - " CRC32C ">" },
		{ "a /dev/1 - mode=recovery", "<a /dev/1 - " CRC32C ",mode=recovery>" },
		{ "a /dev/1 - journal-commit-time=500ms,journal-watermark=0%",
		  "<a /dev/1 - " CRC32C ",journal-commit-time=1>" },
		{ "a /dev/1 - - # the first disk", "<a /dev/1 - " CRC32C ">" },
		{ "a /dev/1 - x-mine,,allow-discards", "<a /dev/1 - " CRC32C ",allow-discards>" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_STR(described(rows[i].text, strlen(rows[i].text)), rows[i].expected);
}

#define SAID(problem) "!/tab line 1: " problem "!"
#define HASHES                                                                                    \
	"is none of crc32c, crc32, xxhash64, sha1, sha256, hmac-sha1, hmac-sha256, hmac-sha512, " \
	"phmac-sha256 and phmac-sha512"

TEST(mistakes)
{
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{ "int0", SAID("\"int0\" has no device; the line is left out") },
		{ "a/b /dev/1", SAID("\"a/b\" contains a '/'; the line is left out") },
		{ "a vdb",
		  SAID("\"a\" has a device that is none: it must be a path, UUID=, LABEL=, "
		       "PARTUUID= or PARTLABEL=; the line is left out") },
		{ "a /dev/1 key",
		  SAID("\"a\" has a key file that is not an absolute path; the line "
		       "is left out") },
		{ "a /dev/1 - allow-discards, mode=bitmap",
		  "<a /dev/1 - " CRC32C ",allow-discards>" SAID(
			  "\"mode=bitmap\" is a fifth field and is ignored; separate options by "
			  "commas, without blanks") },
		{ "a /dev/1 - integrity-algorithm=md5",
		  SAID("\"integrity-algorithm=md5\" " HASHES "; a is left out") },
		{ "a /dev/1 - mode=fast",
		  SAID("\"mode=fast\" is none of journal, bitmap, direct and "
		       "recovery; a is left out") },
		{ "a /dev/1 - journal-watermark=55",
		  SAID("\"journal-watermark=55\" is not a percentage (\"55%\"); a is left out") },
		{ "a /dev/1 - journal-watermark=101%",
		  SAID("\"journal-watermark=101%\" is not a percentage from 0% to 100%; a is left out") },
		{ "a /dev/1 - journal-commit-time=x",
		  SAID("\"journal-commit-time=x\" is not a time in milliseconds of at most one hour; a "
		       "is left out") },
		{ "a /dev/1 - journal-commit-time=infinity",
		  SAID("\"journal-commit-time=infinity\" is not a time in milliseconds of at most one "
		       "hour; a is left out") },
		{ "a /dev/1 - data-device=vdc",
		  SAID("\"data-device=vdc\" is not a device; a is left out") },
		{ "a /dev/1 - integrity-algorithm=hmac-sha256",
		  SAID("\"a\" needs a key file for this integrity-algorithm=; the line is left out") },
		{ "a /dev/1 /k integrity-algorithm=crc32c",
		  SAID("\"a\" has a key file, but its integrity-algorithm= has no key; the line is left "
		       "out") },
		{ "a /dev/1 - allow-discards=yes",
		  "<a /dev/1 - " CRC32C
		  ">" SAID("the option \"allow-discards=yes\" is unknown and ignored") },
		{ "a /dev/1\na_dif /dev/2",
		  "<a /dev/1 - " CRC32C ">!/tab line 2: \"a_dif\" clashes with the name of a line "
		  "before; the line is left out!" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_STR(described(rows[i].text, strlen(rows[i].text)), rows[i].expected);
	CHECK_STR(described("a /dev/1\0x", 10),
		  SAID("the line contains control characters; it is left out"));
	CHECK_STR(described("a\x1b /dev/1", 9),
		  SAID("\"a?\" contains a control character; the line is left out"));
}

/* Lines and findings are bounded, whatever the file is. */
TEST(nonsense)
{
	cleanup_free char *text = xcalloc(1, 1 << 20);
	struct integritytab tab = { 0 };
	struct findings findings = { 0 };
	size_t len = 0;

	for (unsigned i = 0; i < 1000; i++)
		len += (size_t)sprintf(text + len, "n%u /dev/%u\n", i, i);
	integritytab_parse("/tab", text, len, SEVERITY_WARNING, &tab, &findings);
	CHECK_INT(tab.n, INTEGRITYTAB_MAX);
	CHECK_INT(findings.n, INTEGRITYTAB_MAX + 1);
	CHECK_STR(findings.list[INTEGRITYTAB_MAX].text, "/tab: there are more mistakes");
	integritytab_free(&tab);
	findings_free(&findings);

	memset(text, 'x', 1 << 20);
	integritytab_parse("/tab", text, 1 << 20, SEVERITY_ERROR, &tab, &findings);
	CHECK(tab.n == 0 && findings.n == 1 && findings.failed);
	CHECK_STR(findings.list[0].text,
		  "/tab line 1: the line is longer than 2048 bytes; it is left out");
	findings_free(&findings);
}

TEST(named)
{
	struct integritytab tab = { 0 };
	struct findings findings = { 0 };

	integritytab_parse("/tab", "a /dev/1\nb /dev/2", 17, SEVERITY_WARNING, &tab, &findings);
	CHECK(integritytab_named(&tab, "b") == &tab.list[1]);
	CHECK(!integritytab_named(&tab, "c"));
	CHECK_STR(tab.list[1].origin, "/tab line 2");
	integritytab_free(&tab);
	findings_free(&findings);
}

/* The mapping of one would be taken for that of the other. */
TEST(names_of_volumes)
{
	static const char text[] = "root /dev/vdb\ndisk_dif /dev/vdc\nint0 /dev/vdd\n";
	const struct config_file file = { "/crypttab", "root /dev/vda\ndisk /dev/vde\n", 28 };
	struct integritytab tab = { 0 };
	struct config config;

	config_build(&file, 1, NULL, &config);
	integritytab_parse("/tab", text, strlen(text), SEVERITY_WARNING, &tab, &config.findings);
	integritytab_leave_out_clashes(&tab, &config);
	CHECK_INT(tab.n, 1);
	CHECK_STR(tab.list[0].name, "int0");
	CHECK_HAS(config.findings.list[config.findings.n - 2].text,
		  "/tab line 1: the name \"root\" clashes with the volume \"root\" "
		  "(/crypttab line 1)");
	integritytab_free(&tab);
	config_free(&config);
}

TEST_MAIN(lines, mistakes, nonsense, named, names_of_volumes)
