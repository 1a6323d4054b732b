// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The size of a coordinate on P-256, in the place of mbedtls_mpi_size() in esys_crypto_mbed.c: 32
 * bytes, also when the first ones are zero. tpm2-tss leaves those out; the TPM does not, and
 * derives another session key. One session of 128 would fail, as if the PIN were wrong.
 */
#include <mbedtls/bignum.h>

#define SIZE 32

size_t tss2_coordinate_size(const mbedtls_mpi *number);

size_t tss2_coordinate_size(const mbedtls_mpi *number)
{
	size_t size = mbedtls_mpi_size(number);

	return size < SIZE ? SIZE : size;
}
