/*
 * labwd MOUNTPOINT COMMAND...: a watchdog device as a FUSE file, which runs COMMAND when it expires.
 *
 *   MOUNTPOINT/watchdog  the device: opening it arms and pets, a write pets, 'V' before the close disarms, and the
 *                        ioctls of linux/watchdog.h work (libfuse answers EFAULT to WDIOC_KEEPALIVE with NULL)
 *   MOUNTPOINT/status    reading it tells the state as one line of JSON
 *   MOUNTPOINT/control   writing "fail" makes a watchdog that never fires, "work" one that does
 *   MOUNTPOINT/timeout, state, nowayout, identity, timeleft, options
 *                        as in the kernel's /sys/class/watchdog/watchdog0; reading them does not pet
 *
 * It runs outside its host, so freezing or killing the host does not stop it, as with hardware.
 */
#define FUSE_USE_VERSION 35
#define _GNU_SOURCE
#include <errno.h>
#include <fuse.h>
#include <linux/watchdog.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TICK_NS = 10 * 1000 * 1000, DEFAULT_TIMEOUT_S = 60, REOPEN_TRIES = 10 };

static const struct watchdog_info INFO = {
    .options = WDIOF_SETTIMEOUT | WDIOF_KEEPALIVEPING | WDIOF_MAGICCLOSE,
    .identity = "Lab watchdog",
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int armed, is_open, may_disarm, fails, expired;
static int timeout_s = DEFAULT_TIMEOUT_S;
static unsigned long long pets;
static long long last_pet_ms;
static char **command;

static long long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void pause_tick(void) {
  struct timespec tick = {.tv_nsec = TICK_NS};
  nanosleep(&tick, NULL);
}

static long long left_ms(void) {
  return last_pet_ms + timeout_s * 1000LL - now_ms();
}

static void pet(void) {
  last_pet_ms = now_ms();
  pets++;
}

static void *watch(void *unused) {
  (void)unused;
  for (;;) {
    pause_tick();
    pthread_mutex_lock(&lock);
    int fire = armed && !fails && left_ms() <= 0;
    if (fire) {
      armed = 0;
      expired++;
    }
    pthread_mutex_unlock(&lock);
    if (!fire) continue;
    fprintf(stderr, "labwd: expired after %d s\n", timeout_s);
    if (fork() == 0) {
      execvp(command[0], command);
      _exit(127);
    }
  }
  return NULL;
}

static void *wd_init(struct fuse_conn_info *connection, struct fuse_config *config) {
  (void)connection;
  config->direct_io = 1;
  config->attr_timeout = 0;
  pthread_t thread;
  pthread_create(&thread, NULL, watch, NULL);
  return NULL;
}

/* ---- the files ---- */

static int tell_status(char *text, size_t size) {
  return snprintf(text, size,
                  "{\"armed\":%s,\"open\":%s,\"fails\":%s,\"timeoutS\":%d,\"leftMs\":%lld,\"pets\":%llu,"
                  "\"expired\":%d}\n",
                  armed ? "true" : "false", is_open ? "true" : "false", fails ? "true" : "false", timeout_s, left_ms(),
                  pets, expired);
}

static int tell_timeout(char *text, size_t size) {
  return snprintf(text, size, "%d\n", timeout_s);
}

static int tell_state(char *text, size_t size) {
  return snprintf(text, size, "%s\n", armed ? "active" : "inactive");
}

static int tell_nowayout(char *text, size_t size) {
  return snprintf(text, size, "0\n");
}

static int tell_identity(char *text, size_t size) {
  return snprintf(text, size, "%s\n", INFO.identity);
}

static int tell_timeleft(char *text, size_t size) {
  return snprintf(text, size, "%lld\n", armed ? left_ms() / 1000 : 0);
}

static int tell_options(char *text, size_t size) {
  return snprintf(text, size, "0x%x\n", INFO.options);
}

static const struct file {
  const char *name;
  mode_t mode;
  int (*tell)(char *text, size_t size);
} FILES[] = {
    {"watchdog", 0600, NULL},          {"control", 0600, NULL},           {"status", 0444, tell_status},
    {"timeout", 0444, tell_timeout},   {"state", 0444, tell_state},       {"nowayout", 0444, tell_nowayout},
    {"identity", 0444, tell_identity}, {"timeleft", 0444, tell_timeleft}, {"options", 0444, tell_options},
};
enum { FILE_COUNT = sizeof FILES / sizeof *FILES };

static const struct file *find_file(const char *path) {
  for (int at = 0; at < FILE_COUNT; at++) {
    if (strcmp(path + 1, FILES[at].name) == 0) return &FILES[at];
  }
  return NULL;
}

static int is_device(const char *path) {
  return strcmp(path, "/watchdog") == 0;
}

static int wd_getattr(const char *path, struct stat *st, struct fuse_file_info *info) {
  (void)info;
  memset(st, 0, sizeof *st);
  const struct file *file = find_file(path);
  int is_root = strcmp(path, "/") == 0;
  if (!is_root && !file) return -ENOENT;
  st->st_mode = is_root ? S_IFDIR | 0755 : S_IFREG | file->mode;
  st->st_nlink = is_root ? 2 : 1;
  return 0;
}

static int wd_readdir(const char *path, void *out, fuse_fill_dir_t fill, off_t offset, struct fuse_file_info *info,
                      enum fuse_readdir_flags flags) {
  (void)path, (void)offset, (void)info, (void)flags;
  for (int at = 0; at < FILE_COUNT; at++) fill(out, FILES[at].name, NULL, 0, 0);
  return 0;
}

static int wd_open(const char *path, struct fuse_file_info *info) {
  info->direct_io = 1;
  info->nonseekable = 1;
  if (!is_device(path)) return 0;
  int result = 0;
  pthread_mutex_lock(&lock);
  /* FUSE reports a close only after close() has returned: who closes and opens again must not meet itself. */
  for (int tries = 0; is_open && tries < REOPEN_TRIES; tries++) {
    pthread_mutex_unlock(&lock);
    pause_tick();
    pthread_mutex_lock(&lock);
  }
  if (is_open) {
    result = -EBUSY;
  } else {
    is_open = 1;
    armed = 1;
    may_disarm = 0;
    pet();
  }
  pthread_mutex_unlock(&lock);
  return result;
}

static int wd_read(const char *path, char *out, size_t size, off_t offset, struct fuse_file_info *info) {
  (void)info;
  const struct file *file = find_file(path);
  if (!file || !file->tell) return -EINVAL;
  char text[256];
  pthread_mutex_lock(&lock);
  int length = file->tell(text, sizeof text);
  pthread_mutex_unlock(&lock);
  if (offset >= length) return 0;
  size_t rest = (size_t)(length - offset);
  size_t part = rest < size ? rest : size;
  memcpy(out, text + offset, part);
  return (int)part;
}

static int wd_write(const char *path, const char *data, size_t size, off_t offset, struct fuse_file_info *info) {
  (void)offset, (void)info;
  pthread_mutex_lock(&lock);
  if (strcmp(path, "/control") == 0) {
    fails = size >= 4 && memcmp(data, "fail", 4) == 0;
  } else if (is_device(path)) {
    may_disarm = memchr(data, 'V', size) != NULL;
    pet();
  }
  pthread_mutex_unlock(&lock);
  return (int)size;
}

static int wd_release(const char *path, struct fuse_file_info *info) {
  (void)info;
  if (!is_device(path)) return 0;
  pthread_mutex_lock(&lock);
  is_open = 0;
  if (may_disarm) armed = 0;
  else pet();
  pthread_mutex_unlock(&lock);
  return 0;
}

static int wd_truncate(const char *path, off_t size, struct fuse_file_info *info) {
  (void)path, (void)size, (void)info;
  return 0;
}

static int answer_ioctl(unsigned request, void *data) {
  int *value = data;
  switch (request) {
    case WDIOC_GETSUPPORT:
      memcpy(data, &INFO, sizeof INFO);
      return 0;
    case WDIOC_GETSTATUS:
    case WDIOC_GETBOOTSTATUS:
      *value = 0;
      return 0;
    case WDIOC_KEEPALIVE:
      pet();
      return 0;
    case WDIOC_SETTIMEOUT:
      if (*value < 1) return -EINVAL;
      timeout_s = *value;
      pet();
      return 0;
    case WDIOC_GETTIMEOUT:
      *value = timeout_s;
      return 0;
    case WDIOC_GETTIMELEFT:
      *value = (int)(left_ms() / 1000);
      return 0;
    default:
      return -ENOTTY;
  }
}

static int wd_ioctl(const char *path, unsigned request, void *argument, struct fuse_file_info *info, unsigned flags,
                    void *data) {
  (void)argument, (void)info, (void)flags;
  if (!is_device(path)) return -ENOTTY;
  pthread_mutex_lock(&lock);
  int result = answer_ioctl(request, data);
  pthread_mutex_unlock(&lock);
  return result;
}

static const struct fuse_operations OPERATIONS = {
    .init = wd_init,
    .getattr = wd_getattr,
    .readdir = wd_readdir,
    .open = wd_open,
    .read = wd_read,
    .write = wd_write,
    .release = wd_release,
    .truncate = wd_truncate,
    .ioctl = wd_ioctl,
};

int main(int count, char **arguments) {
  if (count < 3) {
    fprintf(stderr, "usage: labwd MOUNTPOINT COMMAND...\n");
    return 2;
  }
  command = arguments + 2;
  signal(SIGCHLD, SIG_IGN);
  char options[] = "allow_other,fsname=understudy-lab-watchdog,max_threads=10";
  char *fuse_arguments[] = {arguments[0], arguments[1], "-f", "-o", options};
  return fuse_main(5, fuse_arguments, &OPERATIONS, NULL);
}
