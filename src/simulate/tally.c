#include "simulate/tally.h"

void tally_peek(struct tally *sum, const struct tally *of)
{
#define TALLY(member, key, words) sum->member += __atomic_load_n(&of->member, __ATOMIC_RELAXED);
	TALLIES(TALLY)
#undef TALLY
	sum->up += __atomic_load_n(&of->up, __ATOMIC_RELAXED);
	sum->reports += __atomic_load_n(&of->reports, __ATOMIC_RELAXED);
}

void tally_merge(struct tally *sum, const struct tally *of)
{
	tally_peek(sum, of);
	histogram_merge(&sum->latency, &of->latency);
}

bool summary_is_clean(const struct summary *s)
{
	return s->total.trackers == s->devices && !s->total.lost && !s->total.wrong;
}

static const struct {
	const char *name;
	unsigned per_mille;
} marks[] = {{"p50", 500}, {"p90", 900}, {"p99", 990}, {"p99.9", 999}};
enum { MARKS = sizeof marks / sizeof *marks };

static double milliseconds(uint64_t us)
{
	return (double)us / 1000;
}

void summary_text(const struct summary *s, FILE *out)
{
	fprintf(out, "%12llu trackers\n", (unsigned long long)s->devices);
#define TALLY(member, key, words)                                                                  \
	if (s->total.member)                                                                       \
		fprintf(out, "%12llu %s\n", (unsigned long long)s->total.member, words);
	TALLIES(TALLY)
#undef TALLY
	fprintf(out, "%12.1f seconds (%.1f to connect), %.0f sent/s, %.0f answered/s\n", s->seconds,
		s->connect_seconds, s->sent_rate, s->answered_rate);
	if (!s->total.latency.count)
		return;
	fputs("        time to the reply, ms:", out);
	for (unsigned i = 0; i < MARKS; i++)
		fprintf(out, " %s %.3f", marks[i].name,
			milliseconds(histogram_at(&s->total.latency, marks[i].per_mille)));
	fprintf(out, " max %.3f\n", milliseconds(s->total.latency.max_us));
}

void summary_json(const struct summary *s, FILE *out)
{
	fprintf(out, "{\"devices\":%llu", (unsigned long long)s->devices);
#define TALLY(member, key, words)                                                                  \
	fprintf(out, ",\"" key "\":%llu", (unsigned long long)s->total.member);
	TALLIES(TALLY)
#undef TALLY
	fprintf(out,
		",\"seconds\":%.3f,\"connect_seconds\":%.3f,\"sent_per_second\":%.1f,"
		"\"answered_per_second\":%.1f,\"cpu_seconds\":%.3f,\"latency_ms\":{",
		s->seconds, s->connect_seconds, s->sent_rate, s->answered_rate, s->cpu_seconds);
	for (unsigned i = 0; i < MARKS; i++)
		fprintf(out, "\"%s\":%.3f,", marks[i].name,
			milliseconds(histogram_at(&s->total.latency, marks[i].per_mille)));
	fprintf(out, "\"max\":%.3f}}\n", milliseconds(s->total.latency.max_us));
}
