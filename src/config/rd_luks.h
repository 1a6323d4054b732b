/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rd_luks: the parameters rd.luks.* of systemd-cryptsetup-generator(8) and dracut.cmdline(7).
 */
#ifndef INTACT_CONFIG_RD_LUKS_H
#define INTACT_CONFIG_RD_LUKS_H

#include "config/param.h"

/* Each applies one parameter to p->config: volumes are added or refined, mistakes listed. */
void rd_luks(struct param *p);
void rd_luks_crypttab(struct param *p);
void rd_luks_uuid(struct param *p);
void rd_luks_partuuid(struct param *p);
void rd_luks_serial(struct param *p);
void rd_luks_name(struct param *p);
void rd_luks_options(struct param *p);
void rd_luks_key(struct param *p);
void rd_luks_key_tout(struct param *p);
void rd_luks_data(struct param *p);
void rd_luks_timeout(struct param *p);
void rd_luks_allow_discards(struct param *p);

#endif
