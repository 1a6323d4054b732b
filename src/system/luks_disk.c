/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/util.h"
#include "system/luks.h"
#include "system/luks_header.h"
#include "system/luks_private.h"
#include "system/ondisk.h"
#include "system/snapshot.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

int luks_flush(const struct luks *luks, struct header *ret)
{
	struct luks *again = luks_new(luks->node);
	struct header_reading reading;
	struct disk disk = { 0 };
	int r = fsync(luks->header) < 0 ? neg_errno() : 0;
	cleanup_close int direct = luks_open_direct(luks->header);

	again->snapshot = snapshot_new(ondisk_size(luks->header));
	if (r == 0 && again->snapshot < 0)
		r = again->snapshot;
	if (r == 0)
		r = ondisk_luks2_take(again->snapshot, direct >= 0 ? direct : luks->header,
				      &reading.magic, &disk.first, &disk.second);
	if (r == 0)
		r = luks_load(&again->cd, again->snapshot, again);
	if (r == 0)
		luks_header_read(again->cd, luks->header, NULL, &disk);
	if (r == 0 && (disk.first != COPY_OK || disk.second != COPY_OK))
		r = -EIO;
	luks_free(again);
	if (r == 0)
		*ret = disk.header;
	return r;
}

int luks_reopen(const struct luks *luks, struct crypt_device **ret)
{
	struct luks *again = luks_new(luks->node);
	int r = luks_is_block(luks->header) ? luks_load(&again->cd, luks->header, again) : -EROFS;

	if (r == 0 && !luks_same_header(luks->cd, again->cd))
		r = -EAGAIN;
	if (r == 0) {
		crypt_set_log_callback(again->cd, NULL, NULL);
		(void)crypt_metadata_locking(NULL, 1);
		*ret = steal_pointer(&again->cd);
	}
	luks_free(again);
	return r;
}

void luks_header_device(const struct luks *luks, char ret[static 32])
{
	struct stat st;
	dev_t dev = fstat(luks->header, &st) == 0 ? st.st_rdev : 0;

	(void)snprintf(ret, 32, "%u:%u", major(dev), minor(dev));
}
