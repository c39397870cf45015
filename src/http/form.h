/* form: the shapes in which messages are given: JSON in its envelope, and files for other programs.
 *
 * CSV (RFC 4180): a header row, CRLF, UTF-8; numbers, times and truth values are written as in JSON,
 *   what is absent is empty; a text that begins with = + - @ TAB CR or LF gets a ' before it, so that
 *   no name of a device and no posted message runs as a formula where the file is opened (numbers
 *   stay as they are). The columns are those of `fields`: names in their order, masks for the
 *   parameters they match in alphabetical order; a name that no message has makes an empty column.
 *   Without `fields` they are all parameters of the protocol. The suffix columns of further cells
 *   and access points (gsm.lac.1) depend on what comes, which a header cannot wait for: they are
 *   there when `fields` names them, and no mask means them. A file that could not be finished ends
 *   in a quoted field without its closing quote: behind a proxy the broken connection is not seen.
 * GeoJSON (RFC 7946): a FeatureCollection with a Point for each message that has a position; the
 *   message, less what `fields` leaves out, is its properties.
 * GPX 1.1: a track for each device, one after the other, of the messages that have a valid position;
 *   speed (m/s) and course as extensions; `fields` does not matter, `count` is used up device by
 *   device. */
#ifndef HTTP_FORM_H
#define HTTP_FORM_H

#include "http/reading.h"

struct form {
	const char *name;          /* of ?format= */
	const char *type;          /* content type */
	const char *suffix;        /* of the file's name; NULL: no file */
	const char *separator;     /* between messages */
	const char *idle, *broken; /* see struct envelope */
	bool in_turn;              /* devices come one after the other */
	/* What the functions below need; given back with free(). `fields` is copied. */
	void *(*open)(struct str fields);
	/* Before, for and after the messages; false: the buffer is full. put adds nothing for a
	 * message that has no place in it. begin and end are NULL where JSON's envelope is used. */
	bool (*begin)(void *state, struct buf *out);
	bool (*put)(void *state, const struct read *read, struct buf *out);
	bool (*end)(void *state, struct buf *out);
};

extern const struct form json_form, csv_form, geojson_form, gpx_form;

/* The form of this name; NULL: there is none. */
const struct form *form_find(struct str name);

#endif
