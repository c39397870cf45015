/* Commands and their answers: the input is "payload\nframe". */
#include "fuzz.h"

#include "cantrack/command.h"

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
	struct answer answer;
	if (frame.at && answer_parse(frame, &answer)) {
		const struct str *parts[] = {
			&answer.word, &answer.command_time, &answer.device_time, &answer.text};
		for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
			CHECK(lies_in(*parts[i], frame));
		(void)answer_matches(&answer, payload);
	}
	return 0;
}
