/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `intact report` prints of records, and how records come back from the kernel's log. */
#include "intact/report.h"

#include "base/exitcode.h"
#include "base/util.h"
#include "facts/record_log.h"
#include "test.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define ROOT                                                                              \
	"format=2\nvolume=root\noutcome=open\ncode=0\ndevice=/dev/vda2\nuuid=1111-2222\n" \
	"integrity=hmac(sha256)\ncipher=capi:authenc(hmac(sha256),xts(aes))-plain64\n"    \
	"sector_size=4096\nkeyslot=1\ntyped=2\n"                                          \
	"implementation=authenc(hmac(sha256-ni),xts-aes-aesni)\nseconds=9.412\n"          \
	"step=disk 0.500 0.300 ok - /dev/vda2\n"                                          \
	"step=header 0.800 0.004 ok -\n"                                                  \
	"step=modules 0.804 0.020 ok -\n"                                                 \
	"step=try 0.804 0.100 no-key tpm2 token 1: the TPM \"x\" does not answer\n"       \
	"step=tpm 0.805 0.099 no-key -\n"                                                 \
	"step=prompt 0.904 2.000 ok -\n"                                                  \
	"step=try 2.904 1.500 wrong passphrase\n"                                         \
	"step=prompt 4.404 3.000 ok -\n"                                                  \
	"step=try 7.404 2.000 ok passphrase\n"                                            \
	"step=keyslot 7.404 1.900 stopped 0\n"                                            \
	"step=keyslot 7.404 1.900 ok 1\n"                                                 \
	"step=mapping 9.304 0.100 ok -\n"                                                 \
	"step=check 9.404 0.008 ok -\n"                                                   \
	"step=nonsense\n"
#define DATA                                                                          \
	"format=2\nvolume=data\noutcome=failed\ncode=6\nseconds=30.100\nstage=disk\n" \
	"reason=no disk with UUID=\033[2J appeared\nnext=Check the cable.\n"          \
	"step=disk 0.100 30.000 failed -\n"
/* Before there were steps. */
#define OLD "volume=old\noutcome=was-open\ncode=0\nseconds=1.000\n"
#define MOUNTED "format=2\noutcome=open\ncode=0\nseconds=10.000\nstep=root 9.990 0.010 ok -\n"

static char dir[64];

static void put(const char *name, const char *content)
{
	cleanup_free char *path = xasprintf("%s/%s", dir, name);
	cleanup_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	CHECK(write_all(fd, content, strlen(content)) == 0);
}

/* Runs the command with an option (or NULL) on the records in dir; to be freed. */
static char *run(const char *option, int *ret_code)
{
	char command[] = "report", run_dir[] = "--run-dir";
	cleanup_free char *copy = option ? xstrdup(option) : NULL;
	char *argv[] = { command, run_dir, dir, copy, NULL };
	int file = memfd_create("out", MFD_CLOEXEC), before;
	char *text = xcalloc(1, 16384);

	fflush(stdout);
	before = dup(STDOUT_FILENO);
	dup2(file, STDOUT_FILENO);
	*ret_code = report_main(option ? 4 : 3, argv);
	fflush(stdout);
	dup2(before, STDOUT_FILENO);
	close(before);
	CHECK(pread(file, text, 16383, 0) >= 0);
	close(file);
	return text;
}

static void begin(void)
{
	str_copy(dir, sizeof(dir), "/tmp/intact-report-XXXXXX");
	CHECK(mkdtemp(dir) != NULL);
}

static void end(void)
{
	cleanup_free char *command = xasprintf("rm -r %s", dir);

	CHECK(system(command) == 0);
}

TEST(text)
{
	cleanup_free char *out = NULL;
	int code;

	begin();
	put("root", ROOT);
	put("data", DATA);
	put("old", OLD);
	put(".root", MOUNTED);
	put("other", "no record\n");
	out = run(NULL, &code);
	CHECK_INT(code, EXIT_CODE_TIMEOUT);
	CHECK_STR(
		out,
		"old: was open already, and was checked, 1.000 s after the kernel started\n"
		"\n"
		"root: opened, 9.412 s after the kernel started\n"
		"  disk      /dev/vda2, hmac(sha256), keyslot 1\n"
		"  cipher    capi:authenc(hmac(sha256),xts(aes))-plain64\n"
		"  driver    authenc(hmac(sha256-ni),xts-aes-aesni)\n"
		"  tried     TPM2: no key (token 1: the TPM \"x\" does not answer)\n"
		"  tried     passphrase: opens no keyslot\n"
		"  tried     passphrase: opens it\n"
		"  typed     2 times\n"
		"  wait for disk                    |#                             |    0.300 s\n"
		"  read header                      | #                            |    0.004 s\n"
		"  load modules                     | #                            |    0.020 s\n"
		"  try TPM2                         | #                            |    0.100 s  no key\n"
		"    TPM                            | #                            |    0.099 s  no key\n"
		"  prompt                           | #######                      |    2.000 s\n"
		"  try passphrase                   |        #####                 |    1.500 s  opens no keyslot\n"
		"  prompt                           |             ##########       |    3.000 s\n"
		"  try passphrase                   |                       ###### |    2.000 s\n"
		"    keyslot 0                      |                       ###### |    1.900 s  not needed any more\n"
		"    keyslot 1                      |                       ###### |    1.900 s\n"
		"    mapping                        |                             #|    0.100 s\n"
		"  check                            |                             #|    0.008 s\n"
		"\n"
		"mounted root: is on the checked volumes, 10.000 s after the kernel started\n"
		"  check mounted root               |##############################|    0.010 s\n"
		"\n"
		"data: not opened, 30.100 s after the kernel started\n"
		"  while     waiting for its disk\n"
		"  why       no disk with UUID=?[2J appeared\n"
		"  next      Check the cable.\n"
		"  wait for disk                    |##############################|   30.000 s  failed\n");
	end();
}

TEST(blame)
{
	cleanup_free char *out = NULL;
	int code;

	begin();
	put("root", ROOT);
	put(".root", MOUNTED);
	out = run("--blame", &code);
	CHECK_INT(code, EXIT_CODE_OK);
	CHECK_STR(out, "   3.000s root: prompt\n"
		       "   2.000s root: prompt\n"
		       "   1.900s root: keyslot 0\n"
		       "   1.900s root: keyslot 1\n"
		       "   1.500s root: try passphrase\n"
		       "   0.300s root: wait for disk\n"
		       "   0.100s root: mapping\n"
		       "   0.099s root: TPM\n"
		       "   0.020s root: load modules\n"
		       "   0.010s mounted root: check mounted root\n"
		       "   0.008s root: check\n"
		       "   0.004s root: read header\n");
	end();
}

TEST(json)
{
	cleanup_free char *out = NULL;
	int code;

	begin();
	put("data", DATA);
	put(".root", MOUNTED);
	out = run("--json", &code);
	CHECK_INT(code, EXIT_CODE_TIMEOUT);
	CHECK_STR(
		out,
		"{\"boot\": 0, \"volumes\": [\n"
		" {\"volume\": \"data\", \"outcome\": \"failed\", \"stage\": \"disk\", "
		"\"reason\": \"no disk with UUID=?[2J appeared\", \"next\": \"Check the cable.\", "
		"\"format\": 2, \"code\": 6, \"seconds\": 30.100, \"steps\": [\n"
		"  {\"kind\": \"disk\", \"start\": 0.100, \"length\": 30.000, \"end\": \"failed\", "
		"\"text\": \"\"}]}],\n"
		"\"root\": {\"volume\": \".root\", \"outcome\": \"open\", \"format\": 2, "
		"\"code\": 0, \"seconds\": 10.000, \"steps\": [\n"
		"  {\"kind\": \"root\", \"start\": 9.990, \"length\": 0.010, \"end\": \"ok\", "
		"\"text\": \"\"}]}}\n");
	end();
}

TEST(nothing_known)
{
	cleanup_free char *out = NULL, *wrong = NULL;
	int code;

	begin();
	out = run(NULL, &code);
	CHECK_STR(out, "");
	CHECK_INT(code, EXIT_CODE_GENERAL);
	wrong = run("--boot=yesterday", &code);
	CHECK_INT(code, EXIT_CODE_GENERAL);
	end();
}

/* --- the kernel's log ------------------------------------------------------------------------- */

static char written[65536];

static void keep(const char *line)
{
	CHECK(strlen(line) <= RECORD_LOG_LINE);
	str_append(written, sizeof(written), "another line\n%s\n", line);
}

static void through_log(const char *name, const char *content)
{
	struct logged_record *records;
	size_t n;

	written[0] = '\0';
	record_log_write(name, content, keep);
	record_log_read(written, &records, &n);
	CHECK_INT(n, 1);
	if (n == 1) {
		CHECK_STR(records[0].name, name);
		CHECK_STR(records[0].content, content);
	}
	record_log_free(records, n);
}

TEST(through_the_log)
{
	cleanup_free char *many = xstrdup("");

	for (unsigned i = 0; i < 60; i++) {
		char *longer = xasprintf("%sstep=disk 0.%03u 0.000 ok - /dev/\xc3\xa4\n", many, i);

		free(many);
		many = longer;
	}
	through_log("root", ROOT);
	through_log(".root", MOUNTED);
	through_log("x", many);
}

/* A line that is too long is cut, at the end of a character; a '|' would be two fields. */
TEST(log_cuts)
{
	cleanup_free char *content = xcalloc(1, 3000);
	struct logged_record *records;
	size_t n;

	str_copy(content, 3000, "reason=a|b");
	for (unsigned i = 0; i < 1000; i++)
		str_append(content, 3000, "\xc3\xa4");
	str_append(content, 3000, "\ncode=1\n");
	written[0] = '\0';
	record_log_write("root", content, keep);
	record_log_read(written, &records, &n);
	CHECK_INT(n, 1);
	CHECK(n == 1 && str_after(records[0].content, "reason=a/b\xc3\xa4") &&
	      strstr(records[0].content, "\xa4\ncode=1\n"));
	record_log_free(records, n);
}

static void check_log(const char *text, const char *expected)
{
	struct logged_record *records;
	char got[256] = "";
	size_t n;

	record_log_read(text, &records, &n);
	for (size_t i = 0; i < n; i++)
		str_append(got, sizeof(got), "%s:%s", records[i].name, records[i].content);
	CHECK_STR(got, expected);
	record_log_free(records, n);
}

/* Only what is whole counts, and the last of two. */
TEST(log_lines)
{
	check_log("", "");
	check_log("record a 1/1|b=1|c=2", "a:b=1\nc=2\n");
	check_log("record a 1/1|b=1\nrecord a 1/1|b=2\n", "a:b=2\n");
	check_log("record a 1/2|b=1\nx\nrecord a 2/2|c=2\nrecord d 1/1|e=\n", "a:b=1\nc=2\nd:e=\n");
	check_log("record a 1/2|b=1\nrecord z 2/2|c=2\nrecord a 2/2|c=2\n", "");
	check_log("record a 1/3|b=1\nrecord a 3/3|c=2\n", "");
	check_log("record a 2/2|b=1\n", "");
	check_log("record ../a 1/1|b=1\nrecord a 0/1|b=1\nrecord a 2/1|b\nrecord a 1/99|b\n", "");
	check_log("record a 1/1\nrecord a\nrecord  1/1|b\nrecord a 1|b\nrecords a 1/1|b\n", "");
}

TEST_MAIN(text, blame, json, nothing_known, through_the_log, log_cuts, log_lines)
