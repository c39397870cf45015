#include "app/datadir.h"

#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 512 };

static bool file_path(
	const struct datadir *d, const char *name, char out[PATH_BYTES], struct error *e)
{
	int len = snprintf(out, PATH_BYTES, "%s/%s", d->path, name);
	return (len > 0 && len < PATH_BYTES) || fail(e, "the path '%s' is too long", d->path);
}

static bool make_directory(const char *path, struct error *e)
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

static bool take_lock(struct datadir *d, struct error *e)
{
	char path[PATH_BYTES];
	if (!file_path(d, "lock", path, e))
		return false;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(e, "cannot open '%s': %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		d->lock = fd;
		return true;
	}
	int error = errno;
	close(fd);
	if (error == EWOULDBLOCK)
		return fail(e,
			"another cantrack is using the data directory '%s'; end it or choose "
			"another with --data",
			d->path);
	return fail(e, "cannot lock '%s': %s", path, strerror(error));
}

/* ---- the token ---- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

static bool read_token(struct datadir *d, const char *path, int fd, struct error *e)
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
	memcpy(d->token, text, DATADIR_TOKEN_CHARS);
	return true;
}

/* Complete or not there at all: written beside and renamed. */
static bool write_token(struct datadir *d, const char *path, struct error *e)
{
	char beside[PATH_BYTES], text[DATADIR_TOKEN_CHARS + 2];
	if (!file_path(d, "admin.token.new", beside, e))
		return false;
	for (int i = 0; i < DATADIR_TOKEN_CHARS; i++)
		d->token[i] = alphabet[randombytes_uniform(sizeof alphabet - 1)];
	d->is_new_token = true;
	int len = snprintf(text, sizeof text, "%s\n", d->token);
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool written = fd >= 0 && write(fd, text, (size_t)len) == len && fsync(fd) == 0;
	if (fd >= 0 && close(fd) != 0)
		written = false;
	if (!written || rename(beside, path) != 0)
		return fail(e, "cannot write '%s': %s", path, strerror(errno));
	return true;
}

static bool open_token(struct datadir *d, struct error *e)
{
	char path[PATH_BYTES];
	if (!file_path(d, "admin.token", path, e))
		return false;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return write_token(d, path, e);
	if (fd < 0)
		return fail(e, "cannot open '%s': %s", path, strerror(errno));
	bool done = read_token(d, path, fd, e);
	close(fd);
	return done;
}

bool datadir_open(struct datadir *d, const char *path, struct error *e)
{
	*d = (struct datadir){.path = path};
	if (sodium_init() < 0)
		return fail(e, "the system gives no random numbers");
	return make_directory(path, e) && take_lock(d, e) && open_token(d, e);
}

void datadir_close(struct datadir *d)
{
	if (d->lock)
		close(d->lock);
	d->lock = 0;
	sodium_memzero(d->token, sizeof d->token);
}
