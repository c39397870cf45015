/* How fast an expression is evaluated on a decoded V1 message, on one core: the filter of readers and
 * subscriptions. Prints `name value unit` lines. Evaluating may not allocate: malloc and its kin are
 * replaced by counting ones, and a single call fails the run.
 *
 * Seconds are seconds of CPU, and a figure is the best of seven slices.
 *
 * usage: bench_expression [MILLISECONDS per figure, default 300] */
#include "cantrack/frame.h"
#include "counted.h"
#include "model/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SLICES = 7, EVALUATIONS = 1000 };

/* ---- the measurement ---- */

static struct message message;
static uint64_t passed; /* keeps the work alive */

static bool decode(void)
{
	static const char frame[] = "*HQ,865205030330012,V1,145452,A,2240.55181,N,11358.32389,E,"
				    "40.00,180,100815,FFFFFFFF#";
	const struct frame_context context = {
		.now_us = INT64_C(1753160000000000), .terminated = true};
	struct frame_head head;
	struct error e;
	return frame_decode((struct str){frame, sizeof frame - 1}, &context, &message, &head, &e) ==
	       RESULT_MESSAGE;
}

/* Microseconds of this thread on a core, so that what other programs take does not count. */
static int64_t cpu_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static double evaluations_per_second(const struct filter *f, int64_t budget_us)
{
	double best = 0;
	for (int i = 0; i < SLICES; i++) {
		uint64_t count = 0;
		int64_t start = cpu_us(), spent;
		do {
			for (int n = 0; n < EVALUATIONS; n++)
				passed += filter_message(f, &message);
			count += EVALUATIONS;
			spent = cpu_us() - start;
		} while (spent < budget_us / SLICES);
		double rate = (double)count * 1e6 / (double)(spent ? spent : 1);
		best = rate > best ? rate : best;
	}
	return best;
}

static bool measure(const char *name, const char *text, int64_t budget_us)
{
	struct error e;
	struct filter *f = filter_parse(str_of(text), &e);
	if (!f || !filter_message(f, &message)) {
		fprintf(stderr, "bench_expression: %s: %s\n", text, f ? "false" : e.text);
		return false;
	}
	unsigned long before = allocations;
	double rate = evaluations_per_second(f, budget_us);
	unsigned long allocated = allocations - before;
	printf("expression.%s %.0f evaluations/s\n", name, rate);
	if (allocated)
		fprintf(stderr, "bench_expression: %lu allocations while evaluating %s\n",
			allocated, text);
	filter_free(f);
	return !allocated;
}

int main(int argc, char **argv)
{
	uint64_t ms = 300;
	if (argc > 2 || (argc == 2 && !str_to_u64(str_of(argv[1]), &ms))) {
		fputs("usage: bench_expression [MILLISECONDS]\n", stderr);
		return 2;
	}
	unsigned long probe = allocations;
	free(malloc(1));
	if (allocations == probe || !decode()) {
		fputs("bench_expression: the allocation counter does not count, or the frame is no "
		      "message\n",
			stderr);
		return 1;
	}
	bool good = measure("moving", "position.speed>60&&$engine.ignition.status",
			    (int64_t)ms * 1000) &&
		    measure("mask", "ident~\"8652*\"&&message.type==\"V1\"", (int64_t)ms * 1000);
	return good && passed ? 0 : 1;
}
