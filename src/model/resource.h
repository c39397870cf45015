/* resource: the objects of the REST API, each described by one table of fields. The table drives
 * reading of request bodies, the stored form, printing with ?fields=, selectors and refusals. */
#ifndef MODEL_RESOURCE_H
#define MODEL_RESOURCE_H

#include "base/buf.h"

#include <stddef.h>

struct json_t; /* jansson's; only model/ and http/ look inside */

enum field_kind {
	FIELD_BOOLEAN,
	FIELD_NUMBER,  /* whole, not negative; an integer member of 2, 4 or 8 bytes */
	FIELD_TEXT,    /* a char array */
	FIELD_IDENT,   /* digits in JSON, uint64_t here without leading zeros; 0: absent */
	FIELD_TIME,    /* seconds with a fraction in JSON, int64_t microseconds here */
	FIELD_LIST,    /* an array of strings in JSON, a char array "one,two" here */
	FIELD_OBJECT,  /* any JSON object, without blanks, in a char array; empty: {} */
	FIELD_LITERAL, /* always the same JSON text; a request may give just that (FIELD_INPUT) */
	FIELD_PRINTED, /* made by a function */
};

enum field_use {
	FIELD_SHOWN = 1,     /* printed when no fields are asked for */
	FIELD_INPUT = 2,     /* a request may set it */
	FIELD_STORED = 4,    /* part of the stored form; alone: nobody is told of the row */
	FIELD_REQUIRED = 8,  /* an IDENT that must be there after a request */
	FIELD_OPTIONAL = 16, /* a TEXT that is absent when empty */
	FIELD_NULL = 32,     /* a NUMBER, TIME, TEXT or OBJECT that is null when 0 or empty */
	FIELD_CUT = 64,      /* a TEXT that is cut when it is too long, between characters */
	FIELD_SETTING = FIELD_SHOWN | FIELD_INPUT | FIELD_STORED,
};

struct field {
	const char *path; /* "name", or one level deep: "configuration.ident" */
	enum field_kind kind;
	unsigned use;
	size_t offset, bytes; /* of the member */
	int64_t min, max;     /* NUMBER, TIME: the value; TEXT: the length */
	const char *literal;  /* LITERAL: the JSON text; PRINTED: its types, "number null" */
	bool (*print)(const void *object, struct buf *out);
	const char *text; /* what it means, for the API's description */
	/* TEXT, LIST (each entry): is it good? May make it shorter. NULL: all are. */
	bool (*fits)(struct str *text, struct error *e);
};

#define FIELD(type, member, path, kind, use, min, max, text)                                       \
	FIELD_CHECKED(type, member, path, kind, use, min, max, NULL, text)
#define FIELD_CHECKED(type, member, path, kind, use, min, max, check, text)                        \
	{                                                                                          \
		path, kind, use, offsetof(type, member), sizeof(((type *)NULL)->member), min, max, \
			NULL, NULL, text, check                                                    \
	}
#define FIELD_OF_LITERAL(path, use, json, text)                                                    \
	{                                                                                          \
		path, FIELD_LITERAL, use, 0, 0, 0, 0, json, NULL, text, NULL                       \
	}
#define FIELD_OF_FUNCTION(path, use, function, types, text)                                        \
	{                                                                                          \
		path, FIELD_PRINTED, use, 0, 0, 0, 0, types, function, text, NULL                  \
	}

struct resource {
	const char *name; /* "device" */
	const struct field *fields;
	size_t count; /* at most 64: a selection of rows is one word */
	size_t bytes; /* of the struct */
	void (*init)(void *object);
	bool by_name; /* a selector that is a bare word means name=word */
};

/* Part of the stored form and of nothing else. */
static inline bool field_is_inside(const struct field *f)
{
	return (f->use & FIELD_SETTING) == FIELD_STORED;
}

/* Why a body was refused, and the member that was at fault ("" when it is the whole). */
struct refusal {
	struct error why;
	char member[64];
};

/* Fills it; returns false. */
bool refuse_member(struct refusal *refusal, const char *member, const char *format, ...)
	PRINTF(3, 4);

/* The row with this path, or NULL. */
const struct field *resource_field(const struct resource *r, struct str path);

/* Rows that are printed by default. */
uint64_t resource_shown(const struct resource *r);

/* "id,configuration" to rows. False: *unknown is the first name that is no member. */
MUST_USE bool resource_select(
	const struct resource *r, struct str list, uint64_t *rows, struct str *unknown);

/* One JSON object with these rows. False: the buffer is full. */
MUST_USE bool resource_print(
	const struct resource *r, const void *object, uint64_t rows, struct buf *out);

/* The value of one field as text without quotes, for comparing. False: the buffer is full. */
MUST_USE bool field_text(const struct field *f, const void *object, struct buf *out);

/* The value of one field as JSON; nothing when it is absent. False: the buffer is full. */
MUST_USE bool field_json(const struct field *f, const void *object, struct buf *out);

/* A JSON value without blanks, numbers in the shortest form that keeps them. False: the buffer is
 * full. */
MUST_USE bool json_compact(const struct json_t *value, struct buf *out);

/* JSON text to a value that the caller gives back with json_decref(). NULL with a sentence that
 * names line and column; also for members given twice. */
struct json_t *resource_json(struct str text, struct error *e);

enum parse_mode {
	PARSE_REPLACE, /* POST, PUT: an inner object that is given replaces the whole of it */
	PARSE_MERGE,   /* PATCH: only what is given changes, also in an OBJECT */
};

/* Reads a request body into *object, which holds the old values (POST: those of init). On refusal
 * *object may be half changed: work on a copy. */
MUST_USE bool resource_parse(const struct resource *r, const struct json_t *body,
	enum parse_mode mode, void *object, struct refusal *refusal);

/* The stored form and back. What the text does not name keeps the value of init; what the table
 * does not name is passed over, so that an older program can read a newer store. */
MUST_USE bool resource_save(const struct resource *r, const void *object, struct buf *out);
MUST_USE bool resource_load(
	const struct resource *r, struct str json, void *object, struct error *e);

#endif
