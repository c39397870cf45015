/* V5, WiFi access points around a tracker that has no fix; cousins send a position under the same
 * type.  SPEC 4.5.
 *
 *   *HQ,869731054158803,V5,145725,2,F09FC2AABB0177,F09FC2AABB0263,0256,160324,FFFFEBFF#
 *    0  1               2  3      4 5                             | battery, date, status
 * The time may be missing; the count is not trusted.
 */
#include "cantrack/fields.h"

enum { TIME = 3, ITEM_CHARS = 14, MAC_CHARS = 12, BATTERY_CHARS = 4, TAIL = 3 };

static bool is_validity(struct str s)
{
	return s.len == 1 && (s.at[0] == 'A' || s.at[0] == 'V' || s.at[0] == 'B');
}

static bool is_count(struct str s)
{
	return (s.len == 1 || s.len == 2) && all_digits(s);
}

struct access_point {
	int64_t mac, strength;
};

/* Two digits are a negative dBm without its sign; with a hex letter it is a signed byte. */
static bool access_point(struct str s, struct access_point *out)
{
	uint64_t mac, byte;
	if (s.len != ITEM_CHARS || !str_to_hex(str_upto(s, MAC_CHARS), &mac))
		return false;
	struct str strength = str_from(s, MAC_CHARS);
	if (!str_to_hex(strength, &byte))
		return false;
	out->mac = (int64_t)mac;
	out->strength = all_digits(strength)
				? -((strength.at[0] - '0') * 10 + (strength.at[1] - '0'))
				: (int8_t)byte;
	return true;
}

static void access_points(const struct fields *f, int first, int end, struct message *m)
{
	struct access_point points[100];
	unsigned count = 0;
	for (int i = first; i < end && count < 100; i++)
		count += access_point(f->at[i], &points[count]);
	if (!count)
		return;
	message_number(m, PARAM_WIFI_MAC_ADDRESS, points[0].mac);
	message_number(m, PARAM_WIFI_SIGNAL_STRENGTH, points[0].strength);
	for (unsigned i = index_next(0, count - 1); i; i = index_next(i, count - 1))
		message_more(m, PARAM_WIFI_MAC_ADDRESS, i, points[i].mac);
	for (unsigned i = index_next(0, count - 1); i; i = index_next(i, count - 1))
		message_more(m, PARAM_WIFI_SIGNAL_STRENGTH, i, points[i].strength);
}

/* The battery stands behind the access points, which are longer; where it is empty, the tail is
 * found from the end. Answers f->count when there is no tail. */
static int find_battery(const struct fields *f, int first)
{
	for (int i = first; i < f->count; i++)
		if (f->at[i].len == BATTERY_CHARS)
			return i;
	int battery = f->count - TAIL;
	return f->context->terminated && battery >= first ? battery : f->count;
}

enum frame_result decode_v5(const struct fields *f, struct message *m, struct error *e)
{
	if (f->count > 8 && is_validity(f->at[TIME + 1]))
		return decode_position(f, m, e);
	int time = !is_count(f->at[TIME]) ? TIME : -1;
	int count = time >= 0 ? TIME + 1 : TIME;
	if (!is_count(f->at[count])) {
		fail(e, "V5 is neither a list of access points nor a position");
		return RESULT_BAD_LAYOUT;
	}
	int battery = find_battery(f, count + 1);
	access_points(f, count + 1, battery, m);
	if (battery == f->count)
		return RESULT_MESSAGE;
	battery_decode(f->at[battery], m);
	tail_decode(f, time, battery + 1, m);
	return RESULT_MESSAGE;
}
