/* Preloaded into a process (LD_PRELOAD): each fsync takes SLOW_FSYNC_US microseconds more, as on a slower disk. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void wait_more(void) {
  const char *text = getenv("SLOW_FSYNC_US");
  long us = text == NULL ? 0 : atol(text);
  struct timespec more = { us / 1000000, us % 1000000 * 1000 };
  nanosleep(&more, NULL);
}

int fsync(int file) {
  wait_more();
  return syscall(SYS_fsync, file);
}

int fdatasync(int file) {
  wait_more();
  return syscall(SYS_fdatasync, file);
}
