/* Streams by chance. */
#include "property.h"

#include <stdio.h>

static struct buf stream;

static void put(char c)
{
	HOLDS(buf_add_char(&stream, c));
}

static void put_bytes(struct str bytes)
{
	HOLDS(buf_add_str(&stream, bytes));
}

static void put_chance(size_t count)
{
	while (count--)
		put(chance_byte());
}

static void put_changed_read(void)
{
	size_t begin = stream.len;
	put_bytes(golden_read());
	size_t len = stream.len - begin;
	for (size_t changes = 1 + chance_below(4); len && changes; changes--)
		stream.at[begin + chance_below(len)] = chance_byte();
	if (chance() & 1) /* cut */
		stream.len -= chance_below(len + 1);
}

static void put_record(void)
{
	static const size_t lengths[] = {32, 42, 45, 46, 47, 48, 51};
	put('$');
	for (int i = 0; i < 11; i++)
		put((char)(chance_below(10) << 4 | chance_below(10)));
	put_chance(lengths[chance_below(sizeof lengths / sizeof *lengths)] - 12);
}

static void put_escaped(char c)
{
	if (c == 0x7e || c == 0x7d) {
		put(0x7d);
		c = c == 0x7d ? 1 : 2;
	}
	put(c);
}

static void put_jt808(void)
{
	size_t attributes = (chance_below(4) << 13) | chance_below(chance_below(8) ? 60 : 0x400);
	size_t header = (attributes & 0x4000 ? 17U : 12U) + (attributes & 0x2000 ? 4U : 0U);
	put(0x7e);
	put((char)chance_below(16));
	put_escaped(chance_byte());
	put_escaped((char)(attributes >> 8));
	put_escaped((char)attributes);
	for (size_t left = header - 4 + (attributes & 0x3ff) + 1; left; left--)
		put_escaped(chance_byte());
	put(0x7e);
}

static void put_gt06(void)
{
	bool wide = chance() & 1;
	size_t len = 5 + chance_below(wide && !chance_below(8) ? FRAME_MAX - 5 : 60);
	put(wide ? 'y' : 'x');
	put(wide ? 'y' : 'x');
	if (wide)
		put((char)(len >> 8));
	put((char)len);
	put_chance(wide ? len : (unsigned char)len);
	put('\r');
	put('\n');
}

static void put_long_run(void)
{
	static const char heads[][16] = {"*HQ,1,SMS,",
		"$\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11", "~\x01\x02\x03\xff", "yy\x07", ""};
	put_bytes(str_of(heads[chance_below(sizeof heads / sizeof *heads)]));
	char c = chance_byte();
	for (size_t count = FRAME_MAX - 20 + chance_below(40); count; count--)
		put(c);
}

struct str chance_stream(void)
{
	if (!stream.max)
		buf_init(&stream, 1 << 20);
	stream.len = 0;
	for (size_t pieces = 1 + chance_below(8); pieces; pieces--) {
		switch (chance_below(12)) {
		case 0: put_record(); break;
		case 1: put_jt808(); break;
		case 2: put_gt06(); break;
		case 3: put_chance(chance_below(80)); break;
		case 4: put_bytes(str_of("\r\n")); break;
		case 5: put_bytes(chance_frame()); break;
		case 6: put_changed_read(); break;
		case 7:
			if (!chance_below(8))
				put_long_run();
			break;
		default: put_bytes(golden_read()); break;
		}
	}
	return buf_str(&stream);
}

struct str chance_frame(void)
{
	static const char types[][8] = {
		"V0", "V1", "V2", "V3", "V4", "V5", "HTBT", "ICCID", "XT", "TIME", "NBR", ""};
	static char frame[FRAME_MAX];
	size_t len = (size_t)snprintf(frame, sizeof frame, "*HQ,%llu,%s",
		(unsigned long long)(chance() >> chance_below(64)),
		types[chance_below(sizeof types / sizeof *types)]);
	for (size_t end = len + chance_below(chance_below(16) ? 150 : FRAME_MAX - len - 1);
		len < end; len++)
		frame[len] = chance_byte();
	frame[len++] = '#';
	return (struct str){frame, len};
}
