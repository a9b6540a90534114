// Makes the k-th change of a file fail, or the process die at it: loaded with LD_PRELOAD into the program under test (Tests/Faults/faults.py).
//
//   FAULT_FOLDER  only files below this folder count
//   FAULT_AT      which of the calls, from 1; 0 for none
//   FAULT_KIND    kill: SIGKILL before it; torn: half of a write, then SIGKILL; EIO or ENOSPC: that error, from it on until FAULT_FOR calls have failed
//   FAULT_FOR     how many calls fail (1 unless given)
//   FAULT_COUNT   a file that gets the number of calls when the process ends
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;
static long fault_at, fault_for;
static const char *folder, *kind, *count_path;
static size_t folder_length;

__attribute__((constructor)) static void begin(void) {
  // It is one program that is disturbed, not the converters and readers that it starts.
  unsetenv("LD_PRELOAD");
  folder = getenv("FAULT_FOLDER");
  folder_length = folder ? strlen(folder) : 0;
  kind = getenv("FAULT_KIND");
  count_path = getenv("FAULT_COUNT");
  const char *at = getenv("FAULT_AT"), *times = getenv("FAULT_FOR");
  fault_at = at ? atol(at) : 0;
  fault_for = times ? atol(times) : 1;
}

__attribute__((destructor)) static void end(void) {
  if (!count_path) return;
  FILE *file = fopen(count_path, "w");
  if (!file) return;
  fprintf(file, "%ld\n", (long)calls);
  fclose(file);
}

static int is_inside(const char *path) {
  if (!folder) return 0;
  if (path[0] == '/') return strncmp(path, folder, folder_length) == 0;
  char absolute[2 * PATH_MAX + 2], here[PATH_MAX];
  if (!getcwd(here, sizeof here)) return 0;
  snprintf(absolute, sizeof absolute, "%s/%s", here, path);
  return strncmp(absolute, folder, folder_length) == 0;
}

static int is_watched(int descriptor) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return is_inside(path);
}

// 0 to go on, an error number to fail with, -1 for half of it.
static int fault(void) {
  long number = atomic_fetch_add(&calls, 1) + 1;
  if (!fault_at || number < fault_at || number >= fault_at + fault_for || !kind) return 0;
  if (!strcmp(kind, "kill")) kill(getpid(), SIGKILL);
  if (!strcmp(kind, "torn")) return -1;
  return !strcmp(kind, "ENOSPC") ? ENOSPC : EIO;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define FAIL_OR(half, call)                        \
  do {                                             \
    int error = is_watched(descriptor) ? fault() : 0; \
    if (error < 0) {                               \
      half;                                        \
      kill(getpid(), SIGKILL);                     \
    }                                              \
    if (error) {                                   \
      errno = error;                               \
      return -1;                                   \
    }                                              \
    return call;                                   \
  } while (0)

ssize_t write(int descriptor, const void *data, size_t count) {
  FAIL_OR((void)!REAL(write)(descriptor, data, count / 2), REAL(write)(descriptor, data, count));
}

ssize_t pwrite(int descriptor, const void *data, size_t count, off_t offset) {
  FAIL_OR((void)!REAL(pwrite)(descriptor, data, count / 2, offset), REAL(pwrite)(descriptor, data, count, offset));
}

ssize_t pwrite64(int descriptor, const void *data, size_t count, off64_t offset) {
  FAIL_OR((void)!REAL(pwrite64)(descriptor, data, count / 2, offset), REAL(pwrite64)(descriptor, data, count, offset));
}

int fsync(int descriptor) { FAIL_OR((void)0, REAL(fsync)(descriptor)); }
int fdatasync(int descriptor) { FAIL_OR((void)0, REAL(fdatasync)(descriptor)); }
int ftruncate(int descriptor, off_t length) { FAIL_OR((void)0, REAL(ftruncate)(descriptor, length)); }
int ftruncate64(int descriptor, off64_t length) { FAIL_OR((void)0, REAL(ftruncate64)(descriptor, length)); }

static int path_fault(const char *path) {
  int error = is_inside(path) ? fault() : 0;
  if (error < 0) kill(getpid(), SIGKILL);
  if (error) errno = error;
  return error;
}

int rename(const char *from, const char *to) { return path_fault(to) ? -1 : REAL(rename)(from, to); }
int unlink(const char *path) { return path_fault(path) ? -1 : REAL(unlink)(path); }

static int open_file(const char *path, int flags, mode_t mode) {
  if ((flags & O_CREAT) && path_fault(path)) return -1;
  return REAL(open64)(path, flags, mode);
}

#define OPEN(name)                          \
  int name(const char *path, int flags, ...) { \
    mode_t mode = 0;                        \
    if (flags & (O_CREAT | O_TMPFILE)) {    \
      va_list list;                         \
      va_start(list, flags);                \
      mode = va_arg(list, mode_t);          \
      va_end(list);                         \
    }                                       \
    return open_file(path, flags, mode);    \
  }

OPEN(open)
OPEN(open64)
