#include "client/outcome.h"

#include "client/plain.h"

#include <string.h>

static const char *text(const json_t *result, const char *member)
{
	const char *value = json_string_value(json_object_get(result, member));
	return value ? value : "";
}

/* A gateway that tells no state tells whether it was executed. */
static const char *state_of(const json_t *result)
{
	const char *state = text(result, "state");
	if (*state)
		return state;
	return json_is_true(json_object_get(result, "executed")) ? "done" : "failed";
}

bool outcome_is_done(const json_t *result)
{
	return !strcmp(state_of(result), "done");
}

/* When the gateway has no words for it. */
static const char *sentence_of(const json_t *result)
{
	static const struct {
		const char *state, *unsent, *sent;
	} rows[] = {
		{"done", "there was nothing to answer", "there was nothing to answer"},
		{"failed", "it could not be sent", "the tracker did not answer"},
		{"expired", "its time was over before it could be sent",
			"its time was over before an answer came"},
		{"canceled", "it was taken out of the queue",
			"it was taken out of the queue when it had been sent already"},
	};
	bool sent = json_integer_value(json_object_get(result, "attempts")) > 0;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!strcmp(state_of(result), rows[i].state))
			return sent ? rows[i].sent : rows[i].unsent;
	return "no more is known";
}

void outcome_print(const json_t *result, FILE *out)
{
	const char *response = text(result, "response"), *reply = text(result, "reply");
	json_int_t attempts = json_integer_value(json_object_get(result, "attempts"));
	const json_t *confirmed = json_object_get(result, "confirmed_by_status");
	plain_print(out, state_of(result));
	fputs(": ", out);
	plain_print(out, *response ? response : sentence_of(result));
	if (attempts > 1 && !outcome_is_done(result))
		fprintf(out, " (sent %" JSON_INTEGER_FORMAT " times)", attempts);
	fputc('\n', out);
	if (*reply) {
		fputs("reply: ", out);
		plain_print(out, reply);
		fputc('\n', out);
	}
	if (json_is_true(confirmed))
		fputs("confirmed by the status word\n", out);
	else if (json_is_false(confirmed))
		fputs("not confirmed: the status word shows the opposite\n", out);
}
