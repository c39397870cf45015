/* Commands and their answers: the input is "payload\nframe". */
#include "fuzz.h"

#include "cantrack/catalogue.h"
#include "cantrack/command.h"

/* A value that passes makes a payload that may be sent, and that is what its row says. */
static void check_properties(struct str value)
{
	for (size_t i = 0; i < command_type_count; i++) {
		const struct command_type *type = &command_types[i];
		struct str values[COMMAND_PROPERTIES_MAX] = {{NULL, 0}};
		struct buf out;
		struct error e = {0};
		size_t time_at;
		for (size_t p = 0; p < type->property_count; p++)
			values[p] = property_check(&type->properties[p], value, &e)
					    ? value
					    : (struct str){NULL, 0};
		buf_init(&out, 4096);
		if (command_payload(type, values, &out, &time_at, &e)) {
			CHECK(command_payload_check(buf_str(&out), &e));
			CHECK(type->risk != RISK_FUEL ||
				payload_nature(buf_str(&out)).risk == RISK_FUEL);
		} else {
			CHECK(e.text[0] && out.len == 0);
		}
		buf_clear(&out);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str frame = {(const char *)data, size};
	struct str payload = str_cut(&frame, '\n');
	struct buf out;
	struct error e = {0};
	buf_init(&out, COMMAND_MAX);
	if (command_make((struct str)STR("HQ"), (struct str)STR("0865205030330012"), payload, &out,
		    &e)) {
		CHECK(out.len <= COMMAND_MAX && out.at[out.len - 1] == '#');
		CHECK(!memchr(out.at, '#', out.len - 1) && !memchr(out.at, '\n', out.len));
	} else {
		CHECK(e.text[0]);
	}
	buf_clear(&out);
	struct command_nature nature = payload_nature(payload);
	CHECK(nature.risk <= RISK_FUEL && nature.answer <= ANSWER_OPEN);
	CHECK((nature.risk == RISK_FUEL) == (nature.proof == PROOF_CUT));
	struct answer answer;
	if (frame.at && answer_parse(frame, &answer)) {
		const struct str *parts[] = {
			&answer.word, &answer.command_time, &answer.device_time, &answer.text};
		for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
			CHECK(lies_in(*parts[i], frame));
		(void)answer_matches(&answer, payload);
		CHECK(answer_says(&answer, payload) <= SAYS_FAILED);
	}
	if (frame.at) {
		(void)plain_answer_matches(frame, payload);
		CHECK(plain_answer_says(frame) <= SAYS_FAILED);
	}
	check_properties(payload);
	return 0;
}
