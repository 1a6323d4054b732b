/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of device-mapper in the audit log, among texts of others. */
#include "base/util.h"
#include "facts/auditline.h"
#include "test.h"

#define AUDITD "type=DM_EVENT msg=audit(1630425039.363:184): "
#define NUMBER "type=UNKNOWN[1339] msg=audit(1630425039.363:184): "
#define KERNEL "audit: type=1339 audit(1630425039.363:184): "
#define EVENT "module=integrity op=integrity-checksum dev=254:3 sector=77480 res=0"

TEST(records)
{
	static const char *const lines[] = {
		AUDITD EVENT,
		NUMBER EVENT,
		KERNEL EVENT,
		"node=host.example " AUDITD EVENT,
		AUDITD EVENT "\x1d",
		AUDITD EVENT "\x1d"
			     "AUID=\"unset\"",
		AUDITD "module=crypt op=integrity-aead dev=254:3 sector=0 res=0",
		AUDITD "module=integrity op=integrity-replay-journal dev=254:3 sector=? res=0",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct audit_error e = { 0 };

		CHECK_ROW(auditline_read(lines[i], &e), lines[i]);
		CHECK_INT(e.ms, 1630425039363);
		CHECK(auditline_is_of(&e, "254:3") && !auditline_is_of(&e, "254:33"));
		CHECK(!auditline_is_of(&e, ""));
	}
}

/* A user chooses what a program sends to the log, but not where a line begins. */
TEST(no_records)
{
	static const char *const lines[] = {
		"",
		"type=DM_EVENT",
		"node=",
		"node=" AUDITD EVENT,
		" " AUDITD EVENT,
		"x" AUDITD EVENT,
		"type=USER_CMD msg=audit(1630425039.363:184): pid=1 msg='" AUDITD EVENT "'",
		"type=DM_CTRL msg=audit(1630425039.363:184): " EVENT,
		"type=UNKNOWN[1338] msg=audit(1630425039.363:184): " EVENT,
		"type=DM_EVENT msg=audit(1630425039:184): " EVENT,
		"type=DM_EVENT msg=audit(1630425039.3636:184): " EVENT,
		"type=DM_EVENT msg=audit(99999999999.363:184): " EVENT,
		"type=DM_EVENT msg=audit(.363:184): " EVENT,
		AUDITD "module=verity op=verify-data dev=254:3 sector=1 res=0",
		AUDITD "module=integrity op=ctr ppid=1 dev=254:3 error_msg='success' res=1",
		AUDITD "module=integrity op= dev=254:3 sector=1 res=0",
		AUDITD "module=integrity op=integrity-checksum dev=254 sector=1 res=0",
		AUDITD "module=integrity op=integrity-checksum dev=-1:3 sector=1 res=0",
		AUDITD "module=integrity op=integrity-checksum dev=254:99999999999 sector=1 res=0",
		AUDITD "module=integrity op=integrity-checksum dev=254:3 sector= res=0",
		AUDITD "module=integrity op=integrity-checksum dev=254:3 sector=1 res=1",
		AUDITD EVENT "0",
		AUDITD EVENT " ",
		AUDITD EVENT "\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct audit_error e = { .ms = 7 };

		CHECK_ROW(!auditline_read(lines[i], &e) && e.ms == 7, lines[i]);
	}
}

TEST_MAIN(records, no_records)
