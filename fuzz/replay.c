/* What stands in for libFuzzer where the compiler has none: feeds the target with every file that
 * is named on the command line, or lies in a folder that is. Ends with 1 when nothing was fed. */
#include "fuzz.h"

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

static unsigned long fed;

static int feed(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)walk;
	if (type != FTW_F)
		return 0;
	FILE *file = fopen(path, "rb");
	size_t size = (size_t)status->st_size;
	uint8_t *data = malloc(size ? size : 1); /* exact: a sanitizer sees a byte too far */
	if (!file || !data || fread(data, 1, size, file) != size) {
		perror(path);
		return 1;
	}
	fclose(file);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	fed++;
	return 0;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (nftw(argv[i], feed, 8, FTW_PHYS) != 0)
			return 1;
	printf("%lu inputs\n", fed);
	return fed ? 0 : 1;
}
