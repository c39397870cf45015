#include "http/form.h"

const struct form *form_find(struct str name)
{
	static const struct form *const forms[] = {&json_form, &csv_form, &geojson_form, &gpx_form};
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (str_is(name, forms[i]->name))
			return forms[i];
	return NULL;
}
