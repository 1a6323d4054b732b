/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dm UUIDs as cryptsetup 2.6 and 2.8 and integritysetup make them, and as nobody should. */
#include "facts/dmuuid.h"

#include "base/util.h"
#include "test.h"

#define HEX "00112233445566778899aabbccddeeff"
#define UUID "00112233-4455-6677-8899-aabbccddeeff"

TEST(kinds_and_uuids)
{
	static const struct {
		const char *dm_uuid;
		enum dmuuid_kind kind;
		const char *uuid;
	} rows[] = {
		{ "CRYPT-LUKS2-" HEX "-root", DMUUID_LUKS2, UUID },
		{ "CRYPT-LUKS1-" HEX "-root", DMUUID_LUKS1, UUID },
		{ "CRYPT-SUBDEV-" HEX "-root_dif", DMUUID_DIF, UUID },
		{ "CRYPT-INTEGRITY-" HEX "-root_dif", DMUUID_DIF, UUID },
		{ "CRYPT-INTEGRITY-root_dif", DMUUID_STANDALONE, "" },
		{ "CRYPT-INTEGRITY-" HEX, DMUUID_STANDALONE, "" },
		{ "CRYPT-PLAIN-swap", DMUUID_PLAIN, "" },
		{ "CRYPT-PLAIN-" HEX "-swap", DMUUID_PLAIN, "" },
		{ "CRYPT-TEMP-temporary-cryptsetup-17", DMUUID_PLAIN, "" },
		{ "CRYPT-VERITY-" HEX "-usr", DMUUID_OTHER, "" },
		{ "LVM-9PmLjzDuXZQ5Ek", DMUUID_OTHER, "" },
		{ "mpath-360000", DMUUID_OTHER, "" },
		{ "", DMUUID_OTHER, "" },
		/* LUKS, even where no UUID can be read from it. */
		{ "CRYPT-LUKS2-root", DMUUID_LUKS2, "" },
		{ "CRYPT-LUKS2-", DMUUID_LUKS2, "" },
		{ "CRYPT-LUKS2-" HEX "0-root", DMUUID_LUKS2, "" },
		{ "CRYPT-LUKS2-" HEX, DMUUID_LUKS2, "" },
		{ "CRYPT-SUBDEV-x", DMUUID_DIF, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char uuid[40] = "unchanged";

		CHECK_ROW(dmuuid_parse(rows[i].dm_uuid, uuid) == rows[i].kind, rows[i].dm_uuid);
		CHECK_STR(uuid, rows[i].uuid);
	}
}

TEST_MAIN(kinds_and_uuids)
