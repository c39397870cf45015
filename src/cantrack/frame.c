#include "cantrack/fields.h"
#include "cantrack/scan.h"

enum { TYPE_MAX = 16, TYPE = 2 };

/* V0, XT, TIME: the head says it all. */
enum frame_result decode_bare(const struct fields *f, struct message *m, struct error *e)
{
	(void)f, (void)m, (void)e;
	return RESULT_MESSAGE;
}

/* *HQ,135790246811220,HTBT,100#   The percentage is optional (SPEC 4.2). */
enum frame_result decode_htbt(const struct fields *f, struct message *m, struct error *e)
{
	(void)e;
	uint64_t level;
	bool whole = f->context->terminated || f->count > 4;
	if (f->count > 3 && whole && f->at[3].len <= 3 && str_to_u64(f->at[3], &level) &&
		level <= 100)
		message_number(m, PARAM_BATTERY_LEVEL, (int64_t)level);
	return RESULT_MESSAGE;
}

/* *HQ,869731054158803,ICCID,89571016025059771124#   (SPEC 4.7) */
enum frame_result decode_iccid(const struct fields *f, struct message *m, struct error *e)
{
	(void)e;
	if (!f->context->extended || !f->context->terminated || f->count < 4)
		return RESULT_MESSAGE;
	struct str iccid = f->at[3];
	if (iccid.len < 15 || iccid.len > 22)
		return RESULT_MESSAGE;
	for (size_t i = 0; i < iccid.len; i++)
		if (hex_digit(iccid.at[i]) < 0)
			return RESULT_MESSAGE;
	message_text(m, PARAM_GSM_SIM_ICCID, iccid);
	return RESULT_MESSAGE;
}

/* Sorted by type. `fields` is the least number of fields, the head's three included. */
static const struct frame_type {
	char type[8];
	int fields;
	decode_fn *decode;
} frame_types[] = {
	{"HTBT", 3, decode_htbt},
	{"ICCID", 3, decode_iccid},
	{"TIME", 3, decode_bare},
	{"V0", 3, decode_bare},
	{"V1", 9, decode_position},
	{"V2", 9, decode_position},
	{"V3", 11, decode_v3},
	{"V4", 3, decode_v4},
	{"V5", 7, decode_v5},
	{"XT", 3, decode_bare},
};

static const struct frame_type *find_type(struct str type)
{
	for (size_t i = 0; i < sizeof frame_types / sizeof *frame_types; i++)
		if (type.at[0] == frame_types[i].type[0] && str_is(type, frame_types[i].type))
			return &frame_types[i];
	return NULL;
}

static bool is_blank(char c)
{
	return c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

/* Adds the field [begin, end). False: the table is full, and the rest belongs to no known type. */
static bool add_field(struct fields *f, const char *begin, const char *end)
{
	if (f->count == FIELDS_MAX)
		return false;
	struct str field = {begin, (size_t)(end - begin)};
	bool padded = begin < end && (is_blank(*begin) || is_blank(end[-1]));
	f->at[f->count++] = padded ? str_trim(field) : field;
	return true;
}

bool fields_split(struct str bytes, const struct frame_context *context, struct fields *f)
{
	f->context = context;
	f->count = 0;
	if (bytes.len < 4 || bytes.at[0] != '*')
		return false;
	const char *begin = bytes.at + 1, *end = bytes.at + bytes.len;
	if (end[-1] == '#')
		end--;
	const char *c = begin;
	for (; end - c >= SCAN_BYTES; c += SCAN_BYTES) {
		uint64_t commas = scan_commas(scan_load(c));
		for (; commas; commas &= commas - 1) {
			const char *comma = c + scan_first(commas);
			if (!add_field(f, begin, comma))
				return true;
			begin = comma + 1;
		}
	}
	for (; c < end; c++) {
		if (*c != ',')
			continue;
		if (!add_field(f, begin, c))
			return true;
		begin = c + 1;
	}
	(void)add_field(f, begin, end);
	return true;
}

static bool is_type_word(struct str s)
{
	if (s.len < 1 || s.len > TYPE_MAX || !is_letter(s.at[0]))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (!is_letter(s.at[i]) && !is_digit(s.at[i]))
			return false;
	return true;
}

/* Zero also when the id is nothing but zeros: that is the broadcast address, nobody's ident. */
static uint64_t ident_of(struct str id, uint64_t learned)
{
	uint64_t ident;
	if (id.len <= ID_MAX && str_to_u64(id, &ident) && ident)
		return ident;
	return learned;
}

static enum frame_result read_head(const struct fields *f, struct frame_head *head, struct error *e)
{
	*head = (struct frame_head){.vendor = {f->at[0].at[0], f->at[0].at[1]}};
	if (f->count > 1)
		head->raw_id = f->at[1];
	if (f->count > TYPE)
		head->type = f->at[TYPE];
	if (!is_type_word(head->type)) {
		if (head->type.len)
			fail(e, "the field behind the id is '%.*s', not a type word",
				(int)(head->type.len < 40 ? head->type.len : 40), head->type.at);
		else
			fail(e, "there is no type word behind the id");
		return RESULT_NO_TYPE;
	}
	head->ident = ident_of(head->raw_id, f->context->ident);
	if (!head->ident) {
		fail(e, "the id '%.*s' is not a number of 1..%d digits above zero",
			(int)(head->raw_id.len < 40 ? head->raw_id.len : 40),
			head->raw_id.len ? head->raw_id.at : "", ID_MAX);
		return RESULT_NO_IDENT;
	}
	return RESULT_MESSAGE;
}

enum frame_result frame_decode(struct str bytes, const struct frame_context *context,
	struct message *m, struct frame_head *head, struct error *e)
{
	struct fields f;
	message_clear(m);
	*head = (struct frame_head){0};
	if (!fields_split(bytes, context, &f) || f.at[0].len != 2) {
		fail(e, "the frame does not begin with '*', two letters and a comma");
		return RESULT_BAD_LAYOUT;
	}
	enum frame_result result = read_head(&f, head, e);
	if (result != RESULT_MESSAGE)
		return result;
	const struct frame_type *type = find_type(head->type);
	if (!type && !context->terminated && f.count == TYPE + 1) {
		fail(e, "the frame is cut within its type word '%.*s'", STR_PRINT(head->type));
		return RESULT_NO_TYPE;
	}
	if (type && f.count < type->fields) {
		fail(e, "%s has %d fields, it needs at least %d", type->type, f.count,
			type->fields);
		return RESULT_TOO_SHORT;
	}
	result = type ? type->decode(&f, m, e) : RESULT_UNKNOWN;
	if (result != RESULT_MESSAGE && result != RESULT_UNKNOWN) {
		message_clear(m);
		return result;
	}
	message_number(m, PARAM_IDENT, (int64_t)head->ident);
	message_text(m, PARAM_MESSAGE_TYPE, head->type);
	message_text(m, PARAM_VENDOR_CODE, f.at[0]);
	message_number(m, PARAM_SERVER_TIMESTAMP, context->now_us);
	if (!message_has(m, PARAM_TIMESTAMP))
		message_number(m, PARAM_TIMESTAMP, context->now_us);
	return result;
}

const char *frame_result_name(enum frame_result result)
{
	static const char *const names[RESULT_COUNT] = {
		[RESULT_MESSAGE] = "decoded",
		[RESULT_UNKNOWN] = "unknown_type",
		[RESULT_IGNORED] = "ignored",
		[RESULT_NO_IDENT] = "no_ident",
		[RESULT_NO_TYPE] = "no_type",
		[RESULT_TOO_SHORT] = "too_short",
		[RESULT_BAD_LAYOUT] = "bad_layout",
	};
	return names[result];
}
