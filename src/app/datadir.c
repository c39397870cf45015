#include "app/datadir.h"

#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 512 };

static bool file_path(const char *directory, const char *name, char *out, struct error *e)
{
	int len = snprintf(out, PATH_BYTES, "%s/%s", directory, name);
	return (len > 0 && len < PATH_BYTES) || fail(e, "the path '%s' is too long", directory);
}

bool datadir_make(const char *path, struct error *e)
{
	struct stat info;
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return fail(e, "cannot create the data directory '%s': %s", path, strerror(errno));
	if (stat(path, &info) != 0)
		return fail(e, "cannot look at the data directory '%s': %s", path, strerror(errno));
	if (!S_ISDIR(info.st_mode))
		return fail(e, "the data directory '%s' is not a directory", path);
	if (access(path, R_OK | W_OK | X_OK) != 0)
		return fail(
			e, "the data directory '%s' is not writable: %s", path, strerror(errno));
	return true;
}

/* ---- the token ---- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

static bool read_token(const char *path, int fd, char *out, struct error *e)
{
	char text[DATADIR_TOKEN_CHARS + 2];
	ssize_t len = read(fd, text, sizeof text);
	if (len < 0)
		return fail(e, "cannot read '%s': %s", path, strerror(errno));
	if (len == DATADIR_TOKEN_CHARS + 1 && text[DATADIR_TOKEN_CHARS] == '\n')
		len--;
	bool sound = len == DATADIR_TOKEN_CHARS;
	for (ssize_t i = 0; i < len && sound; i++)
		sound = is_letter(text[i]) || is_digit(text[i]);
	if (!sound)
		return fail(e,
			"'%s' is damaged: it should hold %d letters and digits; remove it and a "
			"new token will be made",
			path, DATADIR_TOKEN_CHARS);
	memcpy(out, text, DATADIR_TOKEN_CHARS);
	out[DATADIR_TOKEN_CHARS] = '\0';
	return true;
}

/* Complete or not there at all: written beside and renamed. */
static bool write_token(const char *beside, const char *path, char *out, struct error *e)
{
	for (int i = 0; i < DATADIR_TOKEN_CHARS; i++)
		out[i] = alphabet[randombytes_uniform(sizeof alphabet - 1)];
	out[DATADIR_TOKEN_CHARS] = '\0';
	char text[DATADIR_TOKEN_CHARS + 2];
	int len = snprintf(text, sizeof text, "%s\n", out);
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool written = fd >= 0 && write(fd, text, (size_t)len) == len && fsync(fd) == 0;
	if (fd >= 0 && close(fd) != 0)
		written = false;
	if (!written || rename(beside, path) != 0)
		return fail(e, "cannot write '%s': %s", path, strerror(errno));
	return true;
}

bool datadir_token(
	const char *directory, char *out, int64_t *made_us, bool *is_new, struct error *e)
{
	char path[PATH_BYTES], beside[PATH_BYTES];
	struct stat info;
	if (!file_path(directory, "admin.token", path, e) ||
		!file_path(directory, "admin.token.new", beside, e))
		return false;
	if (sodium_init() < 0)
		return fail(e, "the system gives no random numbers");
	*is_new = access(path, F_OK) != 0 && errno == ENOENT;
	if (*is_new && !write_token(beside, path, out, e))
		return false;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(e, "cannot open '%s': %s", path, strerror(errno));
	bool done = read_token(path, fd, out, e);
	*made_us = fstat(fd, &info) == 0 ? (int64_t)info.st_mtim.tv_sec * 1000000 : 0;
	close(fd);
	return done;
}
