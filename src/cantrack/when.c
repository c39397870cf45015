#include "cantrack/when.h"

/* Days are counted in years that begin in March, so that the leap day is a year's last. */
int64_t when_to_seconds(const struct when *w)
{
	int64_t year = w->month > 2 ? w->year : w->year - 1;
	int64_t month = w->month > 2 ? w->month - 3 : w->month + 9;
	int64_t days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 +
		       w->day - 1 - 719468;
	return ((days * 24 + w->hour) * 60 + w->minute) * 60 + w->second;
}

struct when when_of_seconds(int64_t seconds)
{
	int64_t days = seconds / 86400, rest = seconds % 86400;
	if (rest < 0) {
		rest += 86400;
		days--;
	}
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t day = days - era * 146097;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	day -= 365 * year + year / 4 - year / 100;
	int64_t month = (5 * day + 2) / 153;
	day -= (153 * month + 2) / 5;
	return (struct when){
		.year = (int)(year + era * 400 + (month > 9)),
		.month = (int)(month < 10 ? month + 3 : month - 9),
		.day = (int)day + 1,
		.hour = (int)(rest / 3600),
		.minute = (int)(rest / 60 % 60),
		.second = (int)(rest % 60),
	};
}

bool when_is_legal(const struct when *w)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	if (w->year < 1 || w->year > 9999 || w->month < 1 || w->month > 12 || w->day < 1)
		return false;
	bool leap = (w->year % 4 == 0 && w->year % 100 != 0) || w->year % 400 == 0;
	int length = lengths[w->month - 1] + (leap && w->month == 2);
	return w->day <= length && w->hour >= 0 && w->hour < 24 && w->minute >= 0 &&
	       w->minute < 60 && w->second >= 0 && w->second < 60;
}
