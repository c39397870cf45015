#include "simulate/report.h"

#include <string.h>

const char *say_name(enum say say)
{
	static const char *const names[SAY_COUNT] = {
		"V0", "HTBT", "V1", "V2", "V3", "V5", "ICCID", "XT", "TIME"};
	return say < SAY_COUNT ? names[say] : "?";
}

/* ---- what to say ---- */

enum say report_choose(struct track *t)
{
	static const struct {
		enum say say;
		uint16_t below; /* of 1000, cumulated */
	} moving[] = {{SAY_V1, 880}, {SAY_V2, 930}, {SAY_HTBT, 965}, {SAY_V3, 985}, {SAY_XT, 990},
		{SAY_ICCID, 995}, {SAY_TIME, 1000}},
	  parked[] = {{SAY_HTBT, 600}, {SAY_V3, 750}, {SAY_V5, 850}, {SAY_V1, 960}, {SAY_XT, 985},
		  {SAY_ICCID, 990}, {SAY_TIME, 1000}};
	uint32_t dice = track_below(t, 1000);
	unsigned i = 0;
	if (t->drive != DRIVE_PARKED) {
		while (moving[i].below <= dice)
			i++;
		return moving[i].say;
	}
	while (parked[i].below <= dice)
		i++;
	return parked[i].say == SAY_V5 && !(t->traits & TRAIT_WIFI) ? SAY_V3 : parked[i].say;
}

static uint32_t mix(uint32_t a, uint32_t b)
{
	uint64_t z = ((uint64_t)a << 32 | b) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(z >> 32 ^ z >> 11);
}

/* Cells belong to squares of about 2 km: who stands still hears the same ones. */
static void hear_cells(struct track *t, struct report *r)
{
	const int32_t square = TRACK_DEGREE / 50;
	uint32_t north = (uint32_t)(t->lat / square), east = (uint32_t)(t->lon / square);
	r->network = regions[t->region].network;
	r->count = (uint8_t)(1 + track_below(t, REPORT_CELLS));
	for (uint32_t i = 0; i < r->count; i++) {
		uint32_t id = mix(north + i % 3, east + i / 3);
		r->cells[i].id = 1 + id % 65534;
		r->cells[i].lac = (uint16_t)(1 + mix(north / 16, east / 16) % 65000);
		r->cells[i].strength = (uint8_t)(160 - i * 6 - track_below(t, 6));
	}
}

static void hear_wifi(struct track *t, struct report *r)
{
	uint32_t north = (uint32_t)(t->lat / 4000), east = (uint32_t)(t->lon / 4000);
	r->count = (uint8_t)track_below(t, REPORT_WIFI + 1);
	for (uint32_t i = 0; i < r->count; i++) {
		r->wifi[i].mac = (uint64_t)0xF09FC2 << 24 | mix(north + i, east) >> 8;
		r->wifi[i].strength = (uint8_t)(45 + track_below(t, 50));
	}
}

/* 19 digits that follow from the ident, and their check digit. */
static void sim_card(struct report *r)
{
	memcpy(r->iccid, "8955", 4);
	uint64_t rest = r->ident * 1000 + 7;
	unsigned sum = 0;
	for (int i = ICCID_DIGITS - 2; i >= 4; i--, rest /= 10)
		r->iccid[i] = (char)('0' + rest % 10);
	for (int i = ICCID_DIGITS - 2, twice = 1; i >= 0; i--, twice = !twice) {
		unsigned digit = (unsigned)(r->iccid[i] - '0') << twice;
		sum += digit > 9 ? digit - 9 : digit;
	}
	r->iccid[ICCID_DIGITS - 1] = (char)('0' + (10 - sum % 10) % 10);
}

void report_make(struct track *t, enum say say, unsigned liberties, struct report *out)
{
	out->say = say;
	out->ident = t->ident;
	out->liberties = liberties ? liberties & (unsigned)track_random(t) : 0;
	track_fix(t, &out->fix);
	out->has_percent = t->traits & TRAIT_PERCENT;
	out->percent = t->battery;
	out->voltage_raw = (uint16_t)(0x260 + t->battery * 0xA0 / 100);
	out->count = 0;
	if (say == SAY_V3)
		hear_cells(t, out);
	else if (say == SAY_V5)
		hear_wifi(t, out);
	else if (say == SAY_ICCID)
		sim_card(out);
}

/* ---- the bytes ---- */

static char *put_char(char *at, char c)
{
	*at = c;
	return at + 1;
}

static char *put_text(char *at, const char *text)
{
	size_t len = strlen(text);
	memcpy(at, text, len);
	return at + len;
}

/* `width` digits with leading zeros. */
static char *put_digits(char *at, uint64_t value, int width)
{
	for (int i = width - 1; i >= 0; i--, value /= 10)
		at[i] = (char)('0' + value % 10);
	return at + width;
}

static char *put_number(char *at, uint64_t value)
{
	int width = 1;
	for (uint64_t bound = 10; value >= bound && width < 19; bound *= 10)
		width++;
	return put_digits(at, value, width);
}

static char *put_hex(char *at, uint64_t value, int width, bool lower)
{
	const char *digits = lower ? "0123456789abcdef" : "0123456789ABCDEF";
	for (int i = width - 1; i >= 0; i--, value >>= 4)
		at[i] = digits[value & 15];
	return at + width;
}

size_t report_head(uint64_t ident, char *out)
{
	memcpy(out, "*HQ,", 4);
	char *end = put_number(out + 4, ident);
	*end = ',';
	return (size_t)(end + 1 - out);
}

char *report_clock(int64_t time_s, char *at)
{
	uint32_t second = (uint32_t)(time_s % 86400);
	at = put_digits(at, second / 3600, 2);
	at = put_digits(at, second / 60 % 60, 2);
	return put_digits(at, second % 60, 2);
}

/* DDMMYY. Counts days in years that begin in March, so that the leap day comes last. */
static char *put_date(char *at, int64_t time_s)
{
	uint32_t days = (uint32_t)(time_s / 86400) + 719468; /* since 1 March of year 0 */
	uint32_t era = days / 146097, rest = days % 146097;
	uint32_t year = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
	uint32_t day = rest - (365 * year + year / 4 - year / 100);
	uint32_t month = (5 * day + 2) / 153;
	at = put_digits(at, day - (153 * month + 2) / 5 + 1, 2);
	at = put_digits(at, month < 10 ? month + 3 : month - 9, 2);
	return put_digits(at, (year + era * 400 + (month >= 10)) % 100, 2);
}

/* `width` digits of degrees, then MM.MMMMM. */
static char *put_angle(char *at, uint32_t angle, int width, bool is_short)
{
	uint32_t degrees = angle / TRACK_DEGREE, minutes = angle % TRACK_DEGREE;
	if (!is_short)
		at = put_digits(at, degrees, width);
	else if (degrees)
		at = put_number(at, degrees);
	at = put_digits(at, minutes / 100000, 2);
	*at++ = '.';
	return put_digits(at, minutes % 100000, 5);
}

static uint32_t size_of(int32_t angle)
{
	return (uint32_t)(angle < 0 ? -angle : angle);
}

static char *put_motion(const struct fix *fix, unsigned liberties, char *at)
{
	if (fix->speed || !(liberties & LIBERTY_EMPTY_ZERO)) {
		if (liberties & LIBERTY_PADDED_SPEED && fix->speed < 10000)
			at = put_text(at, fix->speed < 1000 ? "  " : " ");
		at = put_number(at, fix->speed / 100u);
		*at++ = '.';
		at = put_digits(at, fix->speed % 100u, 2);
	}
	*at++ = ',';
	if (fix->course || !(liberties & LIBERTY_EMPTY_ZERO))
		at = put_number(at, fix->course);
	return at;
}

static char *put_status(char *at, uint32_t status, unsigned liberties)
{
	if (liberties & LIBERTY_BLANK_STATUS)
		*at++ = ' ';
	return put_hex(at, status, 8, liberties & LIBERTY_LOWER_CASE);
}

char *report_position(const struct fix *fix, unsigned liberties, char *at)
{
	at = put_text(at, fix->valid ? ",A," : ",V,");
	at = put_angle(at, size_of(fix->lat), 2, false);
	at = put_text(at, fix->lat < 0 ? ",S," : ",N,");
	at = put_angle(at, size_of(fix->lon), 3, liberties & LIBERTY_SHORT_LON);
	at = put_text(at, fix->lon < 0 ? ",W," : ",E,");
	at = put_motion(fix, liberties, at);
	*at++ = ',';
	at = put_date(at, fix->time_s);
	*at++ = ',';
	return put_status(at, fix->status, liberties);
}

/* The five fields that V3 ends with; V5 has the first and the last two of them. */
static char *put_tail(const struct report *r, char *at)
{
	at = put_hex(at, r->voltage_raw, 4, false);
	at = put_text(at, r->say == SAY_V3 ? ",0,X," : ",");
	at = put_date(at, r->fix.time_s);
	*at++ = ',';
	return put_status(at, r->fix.status, r->liberties);
}

static char *put_cells(const struct report *r, char *at)
{
	*at++ = ',';
	at = put_text(at, r->network);
	*at++ = ',';
	at = put_digits(at, r->count, 2);
	for (unsigned i = 0; i < r->count; i++) {
		const struct cell *c = &r->cells[i];
		*at++ = ',';
		at = put_digits(at, c->lac, 6);
		*at++ = ',';
		at = put_digits(at, c->id, 6);
		*at++ = ',';
		at = put_number(at, c->strength);
		at = put_text(at, i ? "," : ",-");
		if (i == 0)
			at = put_number(at, 220u - c->strength);
	}
	return put_tail(r, put_char(at, ','));
}

static char *put_wifi(const struct report *r, char *at)
{
	*at++ = ',';
	at = put_number(at, r->count);
	for (unsigned i = 0; i < r->count; i++) {
		at = put_hex(put_char(at, ','), r->wifi[i].mac, 12, false);
		at = put_digits(at, r->wifi[i].strength, 2);
	}
	return put_tail(r, put_char(at, ','));
}

size_t report_write(const struct report *r, char *out)
{
	char *at = put_text(out + report_head(r->ident, out), say_name(r->say));
	switch (r->say) {
	case SAY_HTBT:
		if (r->has_percent)
			at = put_number(put_char(at, ','), r->percent);
		break;
	case SAY_ICCID:
		*at++ = ',';
		memcpy(at, r->iccid, ICCID_DIGITS);
		at += ICCID_DIGITS;
		break;
	case SAY_V1:
	case SAY_V2:
		at = report_position(
			&r->fix, r->liberties, report_clock(r->fix.time_s, put_char(at, ',')));
		break;
	case SAY_V3: at = put_cells(r, report_clock(r->fix.time_s, put_char(at, ','))); break;
	case SAY_V5: at = put_wifi(r, report_clock(r->fix.time_s, put_char(at, ','))); break;
	case SAY_V0:
	case SAY_XT:
	case SAY_TIME:
	case SAY_COUNT: break;
	}
	/* a heartbeat is echoed as it came, so it keeps its form */
	if (r->liberties & LIBERTY_BLANK_END && r->say >= SAY_V1 && r->say <= SAY_V5)
		*at++ = ' ';
	*at++ = '#';
	return (size_t)(at - out);
}
