/* A disk that is full for one file and no other, for a process that loads this before its C
   library (LD_PRELOAD). A write fails if it begins with the text that lies in the file that
   PLIMSOLL_FULL names: while a file is written it has a temporary name. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_full(int file, const void *bytes, size_t length) {
  char text[256];
  struct stat facts;
  const char *path = getenv("PLIMSOLL_FULL");
  if (!path || fstat(file, &facts) || !S_ISREG(facts.st_mode)) return 0;
  int from = open(path, O_RDONLY | O_CLOEXEC);
  if (from < 0) return 0;
  ssize_t known = read(from, text, sizeof text);
  close(from);
  return known > 0 && (size_t)known <= length && !memcmp(bytes, text, known);
}

ssize_t write(int file, const void *bytes, size_t length) {
  static ssize_t (*next)(int, const void *, size_t);
  if (!next) next = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
  if (is_full(file, bytes, length)) {
    errno = ENOSPC;
    return -1;
  }
  return next(file, bytes, length);
}
