/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Containers and chroots. */
#include "system/surroundings.h"
#include "system/sysroot.h"

static const char *container(void)
{
	static char name[SURROUNDINGS_MAX];

	surroundings_container(top, name);
	return name;
}

TEST(containers)
{
	sysroot_start();
	CHECK_STR(container(), "");
	file("/.dockerenv", "");
	CHECK_STR(container(), "docker");
	file("/run/.containerenv", "engine=\"podman-5\"\n");
	CHECK_STR(container(), "podman");
	file("/run/host/container-manager", "");
	CHECK_STR(container(), "container");
	file("/run/systemd/container", "systemd-nspawn\n");
	CHECK_STR(container(), "systemd-nspawn");
	file("/run/systemd/container", "\033[2J and much more than a name can be\n");
	CHECK_STR(container(), "container");
}

/* The environment has NULs between its variables. */
TEST(environment_of_process_1)
{
	static const char text[] = "HOME=/\0container=lx\033c\0TERM=linux";
	char path[512];
	FILE *f;

	sysroot_start();
	file("/proc/1/environ", "mycontainer=x");
	CHECK_STR(container(), "");
	file("/proc/1/environ", "container=");
	CHECK_STR(container(), "");
	in_system(path, "/proc/1/environ");
	f = fopen(path, "we");
	CHECK(f && fwrite(text, 1, sizeof(text), f) == sizeof(text) && fclose(f) == 0);
	CHECK_STR(container(), "lx?c");
}

TEST(chroots)
{
	sysroot_start();
	CHECK(!surroundings_chroot(top));
	file("/elsewhere/file", "");
	linked("/proc/1/root", "");
	CHECK(!surroundings_chroot(top));
	linked("/proc/1/root", "/elsewhere");
	CHECK(surroundings_chroot(top));
}

TEST_MAIN(containers, environment_of_process_1, chroots)
