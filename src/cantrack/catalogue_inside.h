/* catalogue_inside: what property.c, catalogue.c and nature.c share. */
#ifndef CANTRACK_CATALOGUE_INSIDE_H
#define CANTRACK_CATALOGUE_INSIDE_H

#include "cantrack/catalogue.h"

/* Always false, with a sentence: the property has no value and no initial one. */
MUST_USE bool property_missing(const struct command_property *property, struct error *e);

/* Appends a value that was checked as payloads have it, a number with so many digits at least. False:
 * the buffer is full; something may have been appended then. */
MUST_USE bool property_write(
	const struct command_property *property, struct str value, int digits, struct buf *out);

/* The next part of a template: text that stands for itself, or a placeholder. */
struct template_part {
	struct str text; /* or the name */
	bool is_time;
	const struct command_property *property; /* NULL: text, or the time */
	int digits;                              /* of a number, at least */
};

/* Cuts it off *rest. False: there is none left. */
MUST_USE bool template_next(
	const struct command_type *type, struct str *rest, struct template_part *part);

#endif
