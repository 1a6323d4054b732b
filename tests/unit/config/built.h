/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * built: what the tests of config share: a configuration is built from text, its volumes and
 * findings are compared as text.
 */
#ifndef INTACT_TEST_BUILT_H
#define INTACT_TEST_BUILT_H
#include "base/util.h"
#include "config/config.h"
#include "test.h"

#define U1 "11111111-1111-1111-1111-111111111111"
#define U2 "22222222-2222-2222-2222-222222222222"
#define U3 "33333333-3333-3333-3333-333333333333"

/* The beginnings of findings. */
#define LINE1 "/etc/intact/crypttab line 1: "
#define LINE2 "/etc/intact/crypttab line 2: "
#define CMDLINE "kernel command line: "

static struct config config;

/* Builds config from the image's own crypttab, a foreign one, and a command line; each may be NULL.
 */
static inline void build2(const char *own, const char *foreign, const char *cmdline)
{
	struct config_file files[2];
	size_t n = 0;

	if (own)
		files[n++] = (struct config_file){ "/etc/intact/crypttab", own, strlen(own) };
	if (foreign)
		files[n++] = (struct config_file){ "/etc/crypttab", foreign, strlen(foreign) };
	config_free(&config);
	config_build(files, n, cmdline, &config);
}

static inline void build(const char *own, const char *cmdline)
{
	build2(own, NULL, cmdline);
}

/* The volumes that are not switched off, as "name=source …". */
static inline const char *volumes(void)
{
	static char buf[2048];

	buf[0] = '\0';
	for (size_t i = 0; i < config.n_volumes; i++) {
		char ref[300];

		if (config.volumes[i].off)
			continue;
		str_append(buf, sizeof(buf), "%s%s=%s", buf[0] ? " " : "", config.volumes[i].name,
			   devref_format(&config.volumes[i].source, ref, sizeof(ref)));
	}
	return buf;
}

/* The key file of a volume as in crypttab, "" without one. */
static inline const char *keyfile(const struct volume *v)
{
	static char buf[1400];

	return v->keyfile ? place_format(v->keyfile, buf, sizeof(buf)) : "";
}

/* The findings as "W text\n…". */
static inline const char *findings(void)
{
	static char buf[8192];

	buf[0] = '\0';
	for (size_t i = 0; i < config.findings.n; i++)
		str_append(buf, sizeof(buf), "%s%c %s", i ? "\n" : "",
			   "NWE"[config.findings.list[i].severity], config.findings.list[i].text);
	return buf;
}

static inline const struct volume *first(void)
{
	static const struct volume none;

	return config.n_volumes ? &config.volumes[0] : &none;
}

/* A command line without mistakes adds these volumes; none of them is promised to have integrity.
 */
static inline void check_volumes(const char *cmdline, const char *expected)
{
	build(NULL, cmdline);
	CHECK_STR(volumes(), expected);
	for (size_t i = 0; i < config.n_volumes; i++)
		CHECK_ROW(config.volumes[i].expect == EXPECT_NOTHING &&
				  config.volumes[i].on_cmdline && !config.volumes[i].from_file,
			  cmdline);
	for (size_t i = 0; i < config.findings.n; i++)
		CHECK_ROW(config.findings.list[i].severity == SEVERITY_NOTE,
			  config.findings.list[i].text);
}

/* A parameter with a mistake gives one finding, and costs no other volume. */
static inline void check_mistake(const char *parameter, const char *finding)
{
	cleanup_free char *cmdline = xasprintf("quiet %s rd.luks.uuid=" U3, parameter);
	int mistakes = 0;

	build("root UUID=" U1 " none x-intact.integrity", cmdline);
	CHECK_HAS(findings(), finding);
	for (size_t i = 0; i < config.findings.n; i++)
		mistakes += config.findings.list[i].severity != SEVERITY_NOTE;
	CHECK_INT(mistakes, 1);
	CHECK_STR(volumes(), "root=UUID=" U1 " luks-" U3 "=UUID=" U3);
}

#endif
