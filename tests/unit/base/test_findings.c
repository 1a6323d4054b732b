/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/findings.h"
#include "test.h"

TEST(each_once)
{
	struct findings findings = { 0 };

	findings_add(&findings, SEVERITY_NOTE, "%s is %d.", "one", 1);
	findings_add(&findings, SEVERITY_WARNING, "two");
	findings_add(&findings, SEVERITY_NOTE, "one is 1.");
	CHECK_INT(findings.n, 2);
	CHECK(!findings.failed);
	findings_add(&findings, SEVERITY_WARNING, "one is 1."); /* another severity, another one */
	CHECK_INT(findings.n, 3);
	CHECK_STR(findings.list[0].text, "one is 1.");
	CHECK_INT(findings.list[0].severity, SEVERITY_NOTE);
	CHECK_INT(findings.list[2].severity, SEVERITY_WARNING);
	findings_free(&findings);
	CHECK(findings.n == 0 && !findings.list);
}

TEST(an_error_fails)
{
	struct findings findings = { 0 };

	findings_add(&findings, SEVERITY_ERROR, "bad");
	CHECK(findings.failed);
	findings_free(&findings);
	CHECK(!findings.failed);
}

TEST(fit_for_a_console)
{
	struct findings findings = { 0 };
	char big[3000];

	findings_add(&findings, SEVERITY_NOTE, "a%sb", "\033[2J\n\xff");
	CHECK_STR(findings.list[0].text, "a?[2J??b");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	findings_add(&findings, SEVERITY_NOTE, "%s", big);
	CHECK_INT(strlen(findings.list[1].text), 1023);
	findings_free(&findings);
}

TEST(not_without_end)
{
	struct findings findings = { 0 };

	for (int i = 0; i < 2 * FINDINGS_MAX; i++)
		findings_add(&findings, SEVERITY_WARNING, "line %d", i);
	CHECK_INT(findings.n, FINDINGS_MAX + 1);
	CHECK_STR(findings.list[FINDINGS_MAX - 1].text, "line 99");
	CHECK_STR(findings.list[FINDINGS_MAX].text, "there is more like this, which is not shown");
	/* No error is lost among warnings. */
	findings_add(&findings, SEVERITY_ERROR, "bad");
	CHECK_INT(findings.n, FINDINGS_MAX + 2);
	CHECK(findings.failed);
	findings_free(&findings);
}

TEST_MAIN(each_once, an_error_fails, fit_for_a_console, not_without_end)
