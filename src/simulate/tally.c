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

void watch_tally_peek(struct watch_tally *sum, const struct watch_tally *of)
{
#define WATCH(member, key, words) sum->member += __atomic_load_n(&of->member, __ATOMIC_RELAXED);
	WATCHES(WATCH)
#undef WATCH
	sum->up += __atomic_load_n(&of->up, __ATOMIC_RELAXED);
}

void watch_tally_merge(struct watch_tally *sum, const struct watch_tally *of)
{
	watch_tally_peek(sum, of);
	histogram_merge(&sum->latency, &of->latency);
}

bool summary_is_clean(const struct summary *s)
{
	const struct watch_tally *w = &s->watched;
	return s->total.trackers == s->devices && !s->total.lost && !s->total.wrong &&
	       w->watchers == s->watchers && !w->closed && !s->missing && !w->disordered &&
	       !w->doubled && !w->strange;
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

static void text_latency(const struct histogram *h, const char *words, FILE *out)
{
	if (!h->count)
		return;
	fprintf(out, "        %s, ms:", words);
	for (unsigned i = 0; i < MARKS; i++)
		fprintf(out, " %s %.3f", marks[i].name,
			milliseconds(histogram_at(h, marks[i].per_mille)));
	fprintf(out, " max %.3f\n", milliseconds(h->max_us));
}

static void text_watched(const struct summary *s, FILE *out)
{
#define WATCH(member, key, words)                                                                  \
	if (s->watched.member)                                                                     \
		fprintf(out, "%12llu %s\n", (unsigned long long)s->watched.member, words);
	WATCHES(WATCH)
#undef WATCH
	if (s->missing)
		fprintf(out, "%12llu messages that never came\n", (unsigned long long)s->missing);
	fprintf(out, "%12.0f seen/s\n", s->seen_rate);
	text_latency(&s->watched.latency, "time to the watchers", out);
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
	text_latency(&s->total.latency, "time to the reply", out);
	if (s->watchers)
		text_watched(s, out);
}

static void json_latency(const struct histogram *h, FILE *out)
{
	fputs("\"latency_ms\":{", out);
	for (unsigned i = 0; i < MARKS; i++)
		fprintf(out, "\"%s\":%.3f,", marks[i].name,
			milliseconds(histogram_at(h, marks[i].per_mille)));
	fprintf(out, "\"max\":%.3f}", milliseconds(h->max_us));
}

static void json_watched(const struct summary *s, FILE *out)
{
	fprintf(out, ",\"watched\":{\"wanted\":%llu,\"missing\":%llu,\"seen_per_second\":%.1f",
		(unsigned long long)s->watchers, (unsigned long long)s->missing, s->seen_rate);
#define WATCH(member, key, words)                                                                  \
	fprintf(out, ",\"" key "\":%llu", (unsigned long long)s->watched.member);
	WATCHES(WATCH)
#undef WATCH
	fputc(',', out);
	json_latency(&s->watched.latency, out);
	fputc('}', out);
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
		"\"answered_per_second\":%.1f,\"cpu_seconds\":%.3f,",
		s->seconds, s->connect_seconds, s->sent_rate, s->answered_rate, s->cpu_seconds);
	json_latency(&s->total.latency, out);
	if (s->watchers)
		json_watched(s, out);
	fputs("}\n", out);
}
