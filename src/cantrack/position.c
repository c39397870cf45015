/* V1, V2 and the position form of V5; the position in a V4.  SPEC 3.2, 4.3, 4.5, 4.6.
 *
 *   *HQ,865205030330012,V2,150421,A,2240.55841,N,11358.33462,E,2.06,0,100815,FFFFFBFF#
 *    0  1               2  3      4 5          6 7           8 9    10 11     12
 */
#include "cantrack/fields.h"

enum { TIME = 3, VALIDITY = 4, EAST = 8, DATE = 11 };

static bool is_validity_mark(struct str s)
{
	return s.len == 0 || s.len == 1;
}

/* A and B (Beidou) are fixes; a digit, HuaSunTeK's coding scheme, stands for one too. */
static bool is_fix(struct str s)
{
	return s.len == 1 && (s.at[0] == 'A' || s.at[0] == 'B' || is_digit(s.at[0]));
}

static struct str field(const struct fields *f, int i)
{
	return i < f->count ? f->at[i] : (struct str){"", 0};
}

/* The last field of an unterminated frame may have lost its end: a number is not to be trusted. */
static bool is_whole(const struct fields *f, int i)
{
	return i < f->count && (f->context->terminated || i < f->count - 1);
}

static void speed_and_direction(const struct fields *f, int at, struct message *m)
{
	int64_t knots, direction;
	struct str speed = field(f, at), course = field(f, at + 1);
	if (is_whole(f, at)) {
		if (speed.len == 0)
			message_number(m, PARAM_POSITION_SPEED, 0);
		else if (fixed_point(speed, 6, &knots))
			message_number(m, PARAM_POSITION_SPEED, (knots * 1852 + 500000) / 1000000);
	}
	if (is_whole(f, at + 1)) {
		if (course.len == 0)
			message_number(m, PARAM_POSITION_DIRECTION, 0);
		else if (fixed_point(course, 2, &direction) && direction <= 36000)
			message_number(m, PARAM_POSITION_DIRECTION, direction % 36000);
	}
}

bool position_decode(const struct fields *f, int at, struct message *m, struct error *e)
{
	struct str validity = field(f, at), north = field(f, at + 2), east = field(f, at + 4);
	if (!is_validity_mark(validity))
		return fail(e, "validity is '%.*s', not one letter", STR_PRINT(validity));
	if (north.len > 1 || east.len > 1)
		return fail(e, "hemisphere is '%.*s', not one letter",
			STR_PRINT(north.len > 1 ? north : east));
	bool fix = is_fix(validity);
	int64_t latitude, longitude;
	bool usable = coordinate(field(f, at + 1), north, 'N', 'S', 90, &latitude) &&
		      coordinate(field(f, at + 3), east, 'E', 'W', 180, &longitude);
	message_number(m, PARAM_POSITION_VALID, fix && usable);
	if (usable && !fix && latitude == 0 && longitude == 0)
		return true; /* no fix yet: nothing but zeros */
	if (usable) {
		message_number(m, PARAM_POSITION_LATITUDE, latitude);
		message_number(m, PARAM_POSITION_LONGITUDE, longitude);
	}
	speed_and_direction(f, at + 5, m);
	return true;
}

/* Where the date stands: some units put one more short number before it. */
static int date_index(const struct fields *f)
{
	struct str here = field(f, DATE), next = field(f, DATE + 1);
	bool shifted = here.len >= 1 && here.len <= 3 && all_digits(here) && next.len == 6 &&
		       all_digits(next);
	return shifted ? DATE + 1 : DATE;
}

enum frame_result decode_position(const struct fields *f, struct message *m, struct error *e)
{
	if (!is_whole(f, EAST) && f->at[EAST].len == 0) {
		fail(e, "%.*s ends within its position", STR_PRINT(f->at[2]));
		return RESULT_TOO_SHORT;
	}
	if (!position_decode(f, VALIDITY, m, e))
		return RESULT_BAD_LAYOUT;
	tail_decode(f, TIME, date_index(f), m);
	return RESULT_MESSAGE;
}
