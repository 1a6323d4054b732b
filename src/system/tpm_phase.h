/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tpm_phase: the phases of a boot in PCR 11.
 *
 * systemd extends PCR 11 with "enter-initrd" when an initramfs starts from a unified kernel image,
 * and signed policies for the initramfs expect that. In an image without systemd nothing does it.
 */
#ifndef INTACT_SYSTEM_TPM_PHASE_H
#define INTACT_SYSTEM_TPM_PHASE_H

#include "system/tpm.h"

/* Where no systemd runs and a boot stub measured the kernel: extends PCR 11, once a boot, whatever
 * processes come here at the same time. */
enum tpm_fault tpm_phase_enter_initrd(struct tpm *tpm);

#endif
