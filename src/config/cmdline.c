/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/cmdline.h"

#include "base/util.h"

/* Only the blanks of ASCII: the kernel's isspace() follows Latin-1 and would split a UTF-8 label at
 * a byte 0xa0. */
static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Is only the beginning of the value in quotes, as in "UUID=…":root? The kernel would remove the
 * first quote alone, and nobody could tell what the second one ends. */
static bool quotes_a_part(const char *value)
{
	const char *end = strchr(value + 1, '"');

	return end && end[1];
}

/* Splits one parameter, as it stands between blanks with its quotes. Changes word. */
static void split(char *word, struct cmdline_param *ret)
{
	size_t len = strlen(word);
	char *equals, *value = NULL;

	/* The kernel removes quotes at two places only: around the whole word and the value. */
	if (*word == '"') {
		word++;
		len--;
		if (len > 0 && word[len - 1] == '"')
			word[--len] = '\0';
	}
	/* A '=' that comes first belongs to the name. */
	equals = *word ? strchr(word + 1, '=') : NULL;
	if (equals) {
		*equals = '\0';
		value = equals + 1;
		if (*value == '"' && !quotes_a_part(value)) {
			value++;
			if (*value && word[len - 1] == '"')
				word[len - 1] = '\0';
		}
	}
	ret->key = xstrdup(word);
	ret->value = value ? xstrdup(value) : NULL;
}

void cmdline_parse(const char *text, struct cmdline *ret)
{
	*ret = (struct cmdline){ 0 };

	for (;;) {
		bool in_quotes = false;
		struct cmdline_param param;
		cleanup_free char *word = NULL;
		size_t len = 0;

		while (is_blank(*text))
			text++;
		if (!*text)
			return;
		for (; text[len] && (in_quotes || !is_blank(text[len])); len++)
			if (text[len] == '"')
				in_quotes = !in_quotes;
		word = xstrndup(text, len);
		text += len;
		if (str_eq(word, "--"))
			return;
		split(word, &param);
		*(struct cmdline_param *)array_add(&ret->params, &ret->n_params,
						   sizeof(param)) = param;
	}
}

void cmdline_unquote(char *value)
{
	char *out = value, *end = NULL;

	for (; *value; value++)
		if (value == end)
			end = NULL;
		else if (end || (*value != '"' && *value != '\'') ||
			 !(end = strchr(value + 1, *value)))
			*out++ = *value;
	*out = '\0';
}

void cmdline_free(struct cmdline *cmdline)
{
	for (size_t i = 0; i < cmdline->n_params; i++) {
		free(cmdline->params[i].key);
		free(cmdline->params[i].value);
	}
	free(cmdline->params);
	*cmdline = (struct cmdline){ 0 };
}

bool cmdline_key_eq(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if ((*a == '_' ? '-' : *a) != (*b == '_' ? '-' : *b))
			return false;
	return *a == *b;
}

const char *cmdline_get(const struct cmdline *cmdline, const char *key)
{
	for (size_t i = cmdline->n_params; i > 0; i--) {
		const struct cmdline_param *param = &cmdline->params[i - 1];

		if (cmdline_key_eq(param->key, key))
			return param->value ? param->value : "";
	}
	return NULL;
}
