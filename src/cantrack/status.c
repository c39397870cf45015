/* The end of V1, V2, V3 and V5: date and status word; battery of V3 and V5.  SPEC 3.1, 4.4, 5. */
#include "cantrack/fields.h"

enum { IGNITION = 10, VIBRATION = 11, LOW_BATTERY = 12, DISPLACEMENT = 25, REMOVAL = 26 };

/* A bit of the status word that is 0 is active; the ignition bit alone reads as it is. */
static void status_word(struct str field, bool extended, struct message *m)
{
	uint64_t bits;
	if (field.len != 8 || !str_to_hex(field, &bits))
		return;
	message_number(m, PARAM_ENGINE_IGNITION_STATUS, bits >> IGNITION & 1);
	message_text(m, PARAM_VEHICLE_STATE, field);
	message_number(m, PARAM_VEHICLE_STATE_BITMASK, (int64_t)bits);
	if (!extended)
		return;
	bool in_place = (bits >> REMOVAL & 1) && (bits >> DISPLACEMENT & 1);
	message_number(m, PARAM_BATTERY_LOW_ALARM, !(bits >> LOW_BATTERY & 1));
	message_number(m, PARAM_VIBRATION_ALARM, !(bits >> VIBRATION & 1));
	message_number(m, PARAM_DISPLACEMENT_ALARM, !in_place);
}

void tail_decode(const struct fields *f, int time, int date, struct message *m)
{
	struct str day = date < f->count ? f->at[date] : (struct str){"", 0};
	struct str status = date + 1 < f->count ? f->at[date + 1] : (struct str){"", 0};
	if (day.len == 14 && all_digits(str_upto(day, 6))) { /* some leave the comma out */
		status = str_from(day, 6);
		day = str_upto(day, 6);
	}
	int64_t us;
	if (time >= 0 && device_time(f->at[time], day, f->context->now_us, &us))
		message_number(m, PARAM_TIMESTAMP, us);
	status_word(status, f->context->extended, m);
}

/* 10-bit converter, 2.8 V reference, divider by two: volts = raw * 5.6 / 1024. */
void battery_decode(struct str field, struct message *m)
{
	uint64_t raw;
	if (field.len == 4 && str_to_hex(field, &raw) && raw < 1024)
		message_number(m, PARAM_BATTERY_VOLTAGE, (int64_t)((raw * 5600 + 512) / 1024));
}
