/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/advise.h"

#include "intact/speeds.h"
#include "intact/tell.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

static void usage(FILE *file)
{
	fputs("Usage: intact advise [--json]\n"
	      "Measures for about two seconds how fast this machine is with each way of protecting\n"
	      "a disk, says what each of them stops, and recommends one. Touches no disk.\n"
	      "\n"
	      "  --json   one JSON object a line, for programs\n"
	      "  --help   show this text\n"
	      "\n"
	      "Exit status: 0; 1 wrong options.\n",
	      file);
}

/* --- for programs ----------------------------------------------------------------------------- */

static void print_json_mode(const struct speeds *s, size_t i, bool best)
{
	static const char *const stops[] = { [ADVICE_STOPS_NOTHING] = "nothing",
					     [ADVICE_STOPS_ACCIDENTS] = "accidents",
					     [ADVICE_STOPS_ATTACKERS] = "attackers" };
	const struct advice_mode *mode = &advice_modes[i];

	printf("{\"event\":\"mode\",\"name\":\"%s\",\"protects\":\"%s\",\"one\":%" PRIu64
	       ",\"all\":%" PRIu64 ",\"measured\":\"%s\",\"command\":\"%s\",\"recommended\":%s}\n",
	       mode->name, stops[mode->stops], s->speed[i].one, s->speed[i].all,
	       !s->speed[i].one ? "no" :
	       s->own		? "own" :
				  "kernel",
	       mode->command, best ? "true" : "false");
}

static void print_json(const struct speeds *s)
{
	size_t best = advice_choose(s->speed);
	char text[ADVICE_TEXT];

	for (size_t i = 0; i < ADVICE_MODES; i++)
		print_json_mode(s, i, i == best);
	advice_text(s->speed, text);
	printf("{\"event\":\"advice\",\"processors\":%u,\"text\":\"%s\"}\n", s->processors, text);
}

/* --- for a person ----------------------------------------------------------------------------- */

/* A column for all processors, where there are several. */
static const char *column(const struct speeds *s, const char *text, char ret[static 64])
{
	if (s->processors > 1)
		snprintf(ret, 64, " %12s", text);
	else
		ret[0] = '\0';
	return ret;
}

static void print_table(struct tell *tell, const struct speeds *s)
{
	size_t best = advice_choose(s->speed);
	char one[32], all[32], buf[64];

	snprintf(all, sizeof(all), "all %u CPUs", s->processors);
	tell_line(tell, "%-20s %-26s %10s%s", "", "protects against", "one CPU",
		  column(s, all, buf));
	for (size_t i = 0; i < ADVICE_MODES; i++) {
		const struct advice_mode *mode = &advice_modes[i];

		(void)advice_speed_text(s->speed[i].all, all);
		tell_line(tell, "%-20s %-26s %10s%s%s", mode->name, advice_stops_text(mode->stops),
			  advice_speed_text(s->speed[i].one, one), column(s, all, buf),
			  i == best ? "  recommended" : "");
	}
}

/* Why a figure is not there. */
static void print_missing(struct tell *tell, const struct speeds *s)
{
	for (size_t i = 0; i < ADVICE_MODES; i++) {
		if (s->error[i] == -ENOENT)
			tell_line(tell, "%s: this kernel does not offer %s.", advice_modes[i].name,
				  s->missing[i]);
		else if (s->error[i] < 0)
			tell_line(tell, "%s: not measured: %s.", advice_modes[i].name,
				  strerror(-s->error[i]));
	}
}

static void print_notes(struct tell *tell, const struct speeds *s)
{
	tell_line(tell, "\nThese are the speeds of the computation alone: the disk may be slower.");
	if (s->own)
		tell_line(tell, "This kernel does not let programs measure its ciphers (AF_ALG). "
				"The figure of hmac-sha256 is\n"
				"of the code with which `intact format` writes a disk; the others "
				"are not measured.");
	else
		print_missing(tell, s);
	tell_line(tell, "aes-gcm-random and chacha20-poly1305 draw a short random number for each "
			"sector that is written:\n"
			"before 17 TB are written, such a disk must be formatted anew. See "
			"intact(8).");
}

static void print_advice(struct tell *tell, const struct speeds *s)
{
	char text[ADVICE_TEXT];

	advice_text(s->speed, text);
	tell_line(tell, "\n%s", text);
}

/* --- the command ------------------------------------------------------------------------------ */

static void advise(struct tell *tell)
{
	struct speeds speeds;

	speeds_measure(&speeds);
	if (tell->json) {
		print_json(&speeds);
		return;
	}
	print_table(tell, &speeds);
	print_notes(tell, &speeds);
	print_advice(tell, &speeds);
}

int advise_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct tell tell;
	bool json = false;
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c != 'j') {
			usage(c == 'h' ? stdout : stderr);
			return c == 'h' ? EXIT_CODE_OK : EXIT_CODE_GENERAL;
		}
		json = true;
	}
	if (optind < argc) {
		fprintf(stderr, "intact advise: takes no argument such as \"%s\"\n", argv[optind]);
		usage(stderr);
		return EXIT_CODE_GENERAL;
	}
	tell_init(&tell, json);
	advise(&tell);
	tell_end(&tell, EXIT_CODE_OK);
	return EXIT_CODE_OK;
}
