/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/drivers.h"

#include "base/texts.h"
#include "system/sysroot.h"

static char all[200];

static const char *drivers(void)
{
	char **names = NULL;
	size_t n = 0;

	all[0] = '\0';
	drivers_of(top, "/class/tpm/tpm0/device", &names, &n);
	for (size_t i = 0; i < n; i++)
		str_append(all, sizeof(all), "%s ", names[i]);
	texts_free(names, n);
	return all;
}

TEST(a_device_and_its_bus)
{
	sysroot_start();
	CHECK_STR(drivers(), "");
	file("/sys/module/tpm_tis_spi/x", "");
	file("/sys/module/spi_pxa2xx/x", "");
	file("/sys/devices/pci0/0:1/spi0/tpm/uevent", "");
	linked("/sys/class/tpm/tpm0/device", "/sys/devices/pci0/0:1/spi0/tpm");
	CHECK_STR(drivers(), "");
	linked("/sys/bus/spi/tpm_tis/module", "/sys/module/tpm_tis_spi");
	linked("/sys/devices/pci0/0:1/spi0/tpm/driver", "/sys/bus/spi/tpm_tis");
	CHECK_STR(drivers(), "tpm_tis_spi ");
	linked("/sys/bus/pci/pxa/module", "/sys/module/spi_pxa2xx");
	linked("/sys/devices/pci0/0:1/driver", "/sys/bus/pci/pxa");
	CHECK_STR(drivers(), "tpm_tis_spi spi_pxa2xx ");
}

/* Nothing outside of the devices is looked at. */
TEST(a_link_elsewhere)
{
	sysroot_start();
	file("/sys/devices/x", "");
	file("/elsewhere/tpm/uevent", "");
	linked("/elsewhere/tpm/driver", "/sys/bus/spi/tpm_tis");
	linked("/sys/bus/spi/tpm_tis/module", "/sys/module/evil");
	linked("/sys/class/tpm/tpm0/device", "/elsewhere/tpm");
	CHECK_STR(drivers(), "");
}

TEST_MAIN(a_device_and_its_bus, a_link_elsewhere)
