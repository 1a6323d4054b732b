/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/json_value.h"

#include "base/util.h"

json *json_member(json *of, const char *name, enum json_type type)
{
	json *value = NULL;

	return of && json_object_object_get_ex(of, name, &value) &&
			       json_object_is_type(value, type) ?
		       value :
		       NULL;
}

const char *json_text_of(json *value)
{
	const char *text = json_object_is_type(value, json_type_string) ?
				   json_object_get_string(value) :
				   "";

	return value && strlen(text) == (size_t)json_object_get_string_len(value) ? text : "";
}

const char *json_text(json *of, const char *name)
{
	return json_text_of(json_member(of, name, json_type_string));
}

uint32_t json_number(json *of, const char *name)
{
	json *value = json_member(of, name, json_type_int);

	return value ? (uint32_t)json_object_get_int(value) : 0;
}

bool json_lists(json *array, const char *string)
{
	size_t n = array ? json_object_array_length(array) : 0;

	for (size_t i = 0; i < n; i++)
		if (str_eq(json_text_of(json_object_array_get_idx(array, i)), string))
			return true;
	return false;
}

bool json_bits(json *array, unsigned limit, uint32_t *ret)
{
	size_t n = array ? json_object_array_length(array) : 0;
	uint32_t bits = 0;

	for (size_t i = 0; i < n; i++) {
		json *value = json_object_array_get_idx(array, i);
		int64_t number = json_object_get_int64(value);

		if (!json_object_is_type(value, json_type_int) || number < 0 || number >= limit)
			return false;
		bits |= UINT32_C(1) << number;
	}
	*ret = bits;
	return array != NULL;
}
