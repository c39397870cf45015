#include "http/request.h"

#include "base/die.h"
#include "base/json.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* Room for the pages of an answer and one item beyond; an item is far smaller than this. */
enum { ANSWER_MAX_BYTES = 4 * 1024 * 1024, ERRORS_MAX_BYTES = 2 * 1024 * 1024 };

void answer_init(struct answer *a)
{
	*a = (struct answer){.type = "application/json"};
	buf_init(&a->body, ANSWER_MAX_BYTES);
	buf_init(&a->errors, ERRORS_MAX_BYTES);
}

void answer_clear(struct answer *a)
{
	if (a->release)
		a->release(a->producer);
	buf_clear(&a->body);
	buf_clear(&a->errors);
	*a = (struct answer){0};
}

/* ---- errors ---- */

static enum error_code code_of(unsigned status)
{
	switch (status) {
	case 401: return ERROR_UNAUTHORIZED;
	case 403: return ERROR_DENIED;
	case 500:
	case 503: return ERROR_SERVER;
	default: return ERROR_BAD_REQUEST;
	}
}

/* Errors beyond the buffer's maximum are left out: the first thousands tell enough. */
static void add_error(
	struct answer *a, unsigned status, const uint64_t *id, struct str member, struct str reason)
{
	if (!a->status)
		a->status = status;
	size_t start = a->errors.len;
	bool done = (!start || buf_add_char(&a->errors, ',')) &&
		    buf_printf(&a->errors, "{\"code\":%d", (int)code_of(status)) &&
		    (!id || buf_printf(&a->errors, ",\"id\":%" PRIu64, *id)) &&
		    (!member.len || (buf_add(&a->errors, ",\"field\":", 9) &&
					    json_string(&a->errors, member))) &&
		    buf_add(&a->errors, ",\"reason\":", 10) && json_string(&a->errors, reason) &&
		    buf_add_char(&a->errors, '}');
	if (!done)
		a->errors.len = start;
}

void answer_error(struct answer *a, unsigned status, const char *format, ...)
{
	char reason[400];
	va_list args;
	va_start(args, format);
	vsnprintf(reason, sizeof reason, format, args);
	va_end(args);
	add_error(a, status, NULL, (struct str){NULL, 0}, str_of(reason));
	a->status = status;
}

void answer_item_error(
	struct answer *a, unsigned status, uint64_t id, const char *member, const char *format, ...)
{
	char reason[400];
	va_list args;
	va_start(args, format);
	vsnprintf(reason, sizeof reason, format, args);
	va_end(args);
	add_error(a, status, &id, str_of(member), str_of(reason));
}

void answer_member_error(struct answer *a, const char *member, const char *format, ...)
{
	char reason[400];
	va_list args;
	va_start(args, format);
	vsnprintf(reason, sizeof reason, format, args);
	va_end(args);
	add_error(a, 400, NULL, str_of(member), str_of(reason));
	a->status = 400;
}

void answer_field_error(struct answer *a, struct str field)
{
	add_error(a, 400, NULL, field.len ? field : str_of("?"), str_of("field is not allowed"));
	a->status = 400; /* also when some ids were refused before */
}

void answer_denied(struct answer *a, uint64_t id)
{
	add_error(a, 403, &id, (struct str){NULL, 0},
		str_of("access denied or unable to process the item"));
}

/* ---- the envelope ---- */

static bool put_begin(struct answer *a)
{
	if (a->envelope)
		return a->envelope->begin(a->producer, &a->body);
	return buf_add(&a->body, "{\"result\":[", 11);
}

static bool put_end(struct answer *a)
{
	if (a->envelope)
		return a->envelope->end(a->producer, &a->body);
	bool done = buf_add_char(&a->body, ']');
	if (done && a->errors.len)
		done = buf_add(&a->body, ",\"errors\":[", 11) &&
		       buf_add_str(&a->body, buf_str(&a->errors)) && buf_add_char(&a->body, ']');
	return done && (!a->tail || a->tail(a->producer, &a->body)) && buf_add(&a->body, "}\n", 2);
}

/* A blank between items is no part of the JSON value. */
static bool put_idle(struct answer *a)
{
	return buf_add_str(&a->body, str_of(a->envelope ? a->envelope->idle : "\n"));
}

/* One item with its separator, which goes again when there was no item. */
static enum item put_item(struct answer *a, struct error *e)
{
	size_t start = a->body.len;
	const char *separator = a->envelope ? a->envelope->separator : ",";
	if (a->any_item && !buf_add_str(&a->body, str_of(separator)))
		return ITEM_FAILED;
	enum item item = a->next(a->producer, &a->body, e);
	if (item == ITEM_PUT)
		a->any_item = true;
	else
		a->body.len = start;
	return item;
}

enum fill answer_fill(struct answer *a, size_t bytes, struct error *e)
{
	fail(e, "the answer exceeds %d bytes", (int)ANSWER_MAX_BYTES);
	if (!a->begun && !put_begin(a))
		return FILL_FAILED;
	a->begun = true;
	while (!a->ended && a->body.len < bytes) {
		switch (a->next ? put_item(a, e) : ITEM_END) {
		case ITEM_PUT: break;
		case ITEM_NONE: return put_idle(a) ? FILL_MORE : FILL_FAILED;
		case ITEM_WAIT: check(!a->any_item); return FILL_WAIT;
		case ITEM_END:
			a->ended = true;
			if (!put_end(a))
				return FILL_FAILED;
			break;
		case ITEM_FAILED: return FILL_FAILED;
		}
	}
	return a->ended ? FILL_DONE : FILL_MORE;
}

bool answer_break(struct answer *a)
{
	a->ended = a->broken = true;
	return a->envelope && *a->envelope->broken &&
	       buf_add_str(&a->body, str_of(a->envelope->broken));
}
