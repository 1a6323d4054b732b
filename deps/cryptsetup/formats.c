// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The formats beside LUKS and dm-integrity that libcryptsetup can open: BitLocker, FileVault 2,
 * TrueCrypt, loop-AES and dm-verity. intact opens none of them, so their code (32 KB, most of it
 * parsers of what a disk says) is left out, and these stand in the place of what it would be called
 * by. libcryptsetup declares them in headers of its own, with parameters, which nothing here reads.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#define LEFT_OUT(type, name, value) \
	type name(void);            \
	type name(void)             \
	{                           \
		return value;       \
	}
#define NOT_SUPPORTED(name) LEFT_OUT(int, name, -ENOTSUP)

NOT_SUPPORTED(BITLK_activate_by_volume_key)
NOT_SUPPORTED(BITLK_dump)
NOT_SUPPORTED(BITLK_get_volume_key)
NOT_SUPPORTED(BITLK_read_sb)
LEFT_OUT(void, BITLK_bitlk_metadata_free, )
NOT_SUPPORTED(FVAULT2_activate_by_volume_key)
NOT_SUPPORTED(FVAULT2_dump)
NOT_SUPPORTED(FVAULT2_get_volume_key)
NOT_SUPPORTED(FVAULT2_read_metadata)
LEFT_OUT(size_t, FVAULT2_volume_key_size, 0)
NOT_SUPPORTED(LOOPAES_activate)
NOT_SUPPORTED(LOOPAES_parse_keyfile)
NOT_SUPPORTED(TCRYPT_activate)
NOT_SUPPORTED(TCRYPT_deactivate)
NOT_SUPPORTED(TCRYPT_dump)
LEFT_OUT(uint64_t, TCRYPT_get_data_offset, 0)
LEFT_OUT(uint64_t, TCRYPT_get_iv_offset, 0)
NOT_SUPPORTED(TCRYPT_get_volume_key)
NOT_SUPPORTED(TCRYPT_init_by_name)
NOT_SUPPORTED(TCRYPT_read_phdr)
NOT_SUPPORTED(VERITY_FEC_process)
NOT_SUPPORTED(VERITY_UUID_generate)
NOT_SUPPORTED(VERITY_activate)
NOT_SUPPORTED(VERITY_create)
NOT_SUPPORTED(VERITY_dump)
LEFT_OUT(uint64_t, VERITY_hash_blocks, 0)
NOT_SUPPORTED(VERITY_read_sb)
NOT_SUPPORTED(VERITY_verify_params)
NOT_SUPPORTED(VERITY_write_sb)
