/* The faults of one host's path to the store: see labfs.c for the modes. */
#define FUSE_USE_VERSION 35
#define _GNU_SOURCE
#include "storeFault.h"

#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum mode { OK, READ_ONLY, EIO_ALL, EIO_WRITE, STALL, STALL_DETACHED, TORN };

static const char *const MODE_NAMES[] = {"ok", "ro", "eio", "eio-write", "stall", "stall-detached", "torn"};

static char control[PATH_MAX];
static char applied[PATH_MAX + 16];
static sigset_t control_signals;
static atomic_int current_mode;
static atomic_int delay_ms;
static atomic_int waiting;
static atomic_int detached;

static void pause_ms(long ms) {
  struct timespec span = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
  nanosleep(&span, NULL);
}

static int is_stalled(void) {
  int mode = atomic_load(&current_mode);
  return mode == STALL || mode == STALL_DETACHED;
}

/* ---- control ---- */

static void read_control(void) {
  char text[64] = {0};
  int fd = open(control, O_RDONLY);
  if (fd >= 0) {
    if (read(fd, text, sizeof text - 1) < 0) text[0] = 0;
    close(fd);
  }
  text[strcspn(text, "\n")] = 0;
  int mode = OK;
  for (int at = 0; at <= TORN; at++) {
    if (strcmp(text, MODE_NAMES[at]) == 0) mode = at;
  }
  atomic_store(&delay_ms, strncmp(text, "delay ", 6) == 0 ? atoi(text + 6) : 0);
  atomic_store(&current_mode, mode);
}

/* Written beside and renamed, so that a reader never sees half of it. */
static void write_applied(const char *text) {
  char draft[PATH_MAX + 24];
  snprintf(draft, sizeof draft, "%s.new", applied);
  FILE *file = fopen(draft, "w");
  if (!file) return;
  fputs(text, file);
  fclose(file);
  rename(draft, applied);
}

static void *control_thread(void *unused) {
  (void)unused;
  char last[128] = "";
  for (;;) {
    char now[128];
    int delay = atomic_load(&delay_ms);
    char mode[32];
    if (delay > 0) snprintf(mode, sizeof mode, "delay %d", delay);
    else snprintf(mode, sizeof mode, "%s", MODE_NAMES[atomic_load(&current_mode)]);
    snprintf(now, sizeof now, "%s\nwaiting %d\ndetached %d\n", mode, atomic_load(&waiting), atomic_load(&detached));
    if (strcmp(now, last) != 0) {
      write_applied(now);
      strcpy(last, now);
    }
    struct timespec tick = {.tv_nsec = 20000000};
    if (sigtimedwait(&control_signals, NULL, &tick) == SIGUSR1) read_control();
  }
  return NULL;
}

/* ---- the gate that every request passes ---- */

/* Whether the thread that sent the request has been killed (a harmless signal interrupts a request, too). */
static int caller_is_killed(void) {
  char path[64], line[128];
  unsigned long long pending = 0;
  snprintf(path, sizeof path, "/proc/%d/status", (int)fuse_get_context()->pid);
  FILE *file = fopen(path, "r");
  if (!file) return 1;
  while (fgets(line, sizeof line, file)) {
    if (sscanf(line, "SigPnd: %llx", &pending) == 1) break;
  }
  fclose(file);
  return (pending >> (SIGKILL - 1)) & 1;
}

int store_gate(enum change change) {
  if (is_stalled()) {
    atomic_fetch_add(&waiting, 1);
    while (is_stalled()) {
      pause_ms(5);
      if (atomic_load(&current_mode) == STALL_DETACHED && fuse_interrupted() && caller_is_killed()) {
        atomic_fetch_sub(&waiting, 1);
        return -EINTR;
      }
    }
    atomic_fetch_sub(&waiting, 1);
  }
  int delay = atomic_load(&delay_ms);
  if (delay > 0) pause_ms(delay);
  int mode = atomic_load(&current_mode);
  if (mode == EIO_ALL) return -EIO;
  if (change == CHANGES && mode == EIO_WRITE) return -EIO;
  if (change == CHANGES && mode == READ_ONLY) return -EROFS;
  return 0;
}

/* A write whose process is gone, kept until the store works again. */
struct late_write {
  int fd;
  off_t offset;
  size_t size;
  char data[];
};

static void *land_late(void *argument) {
  struct late_write *late = argument;
  while (is_stalled()) pause_ms(5);
  if (atomic_load(&current_mode) == OK && pwrite(late->fd, late->data, late->size, late->offset) < 0) perror("late");
  close(late->fd);
  free(late);
  atomic_fetch_sub(&detached, 1);
  return NULL;
}

static void detach_write(int fd, const char *data, size_t size, off_t offset) {
  struct late_write *late = malloc(sizeof *late + size);
  if (!late) return;
  *late = (struct late_write){.fd = dup(fd), .offset = offset, .size = size};
  memcpy(late->data, data, size);
  atomic_fetch_add(&detached, 1);
  pthread_t thread;
  if (pthread_create(&thread, NULL, land_late, late) == 0) pthread_detach(thread);
}

ssize_t store_write(int fd, const char *data, size_t size, off_t offset) {
  int refused = store_gate(CHANGES);
  if (refused == -EINTR) detach_write(fd, data, size, offset);
  if (refused) return refused;
  int torn = TORN;
  if (atomic_compare_exchange_strong(&current_mode, &torn, OK)) {
    if (pwrite(fd, data, size / 2, offset) < 0) perror("torn");
    return -EIO;
  }
  ssize_t written = pwrite(fd, data, size, offset);
  return written < 0 ? -errno : written;
}

int store_faults_prepare(const char *control_path) {
  if (!realpath(control_path, control)) return -1;
  snprintf(applied, sizeof applied, "%s.applied", control);
  sigemptyset(&control_signals);
  sigaddset(&control_signals, SIGUSR1);
  read_control();
  return pthread_sigmask(SIG_BLOCK, &control_signals, NULL);
}

int store_faults_start(void) {
  pthread_t thread;
  return pthread_create(&thread, NULL, control_thread, NULL);
}
