/*
 * witness DISK VM HOST ACK-ADDRESS ACK-PORT: the lab guest's only job, to leave evidence.
 *
 * Every 100 ms it appends one 512-byte text record to a ring on the shared DISK, with O_DIRECT and O_DSYNC, and when the
 * write has returned it acknowledges the record by UDP. Record number N lives in slot N modulo the number of slots.
 * Before each write it reads its own last record and the slot it is about to overwrite again: a record there that it
 * can't have written, from this lap, is a second writer, and is counted as a conflict in every later record of this
 * boot. test/lab/oracle.ts judges the disk afterwards. It also answers HTTP on port 80:
 *
 *   /          its state as JSON
 *   /fail      from now on every answer is a 500
 *   /hang      stops writing and answering, the kernel goes on
 *   /panic     crashes the guest's kernel
 *   /poweroff  shuts the guest down from inside
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { RECORD_BYTES = 512, SCAN_BYTES = 65536, PERIOD_MS = 100 };

static char boot_id[40];
static const char *vm_name, *host_name;
static unsigned long long slots, sequence, first_sequence, conflicts, errors;
static long long last_write_ms, longest_gap_ms;
static atomic_int failing, hung;
static int ack_socket;
static struct sockaddr_in ack_address;

static long long clock_ms(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static char *aligned(size_t size) {
  void *memory = NULL;
  if (posix_memalign(&memory, 4096, size) != 0) abort();
  return memory;
}

static unsigned long long sequence_of(const char *record) {
  const char *field = strstr(record, " seq=");
  return strncmp(record, "LAB1 ", 5) == 0 && field ? strtoull(field + 5, NULL, 10) : 0;
}

static off_t slot_offset(unsigned long long number) {
  return (off_t)(number % slots) * RECORD_BYTES;
}

/* Finds the highest record on the disk, whoever wrote it. The ring fills from its start, so an empty block ends it. */
static void find_last_record(int disk, unsigned long long size) {
  char *block = aligned(SCAN_BYTES);
  for (unsigned long long offset = 0; offset < size; offset += SCAN_BYTES) {
    ssize_t length = pread(disk, block, SCAN_BYTES, (off_t)offset);
    int found = 0;
    for (ssize_t at = 0; at + RECORD_BYTES <= length; at += RECORD_BYTES) {
      char record[RECORD_BYTES + 1];
      memcpy(record, block + at, RECORD_BYTES);
      record[RECORD_BYTES] = 0;
      unsigned long long number = sequence_of(record);
      if (number > 0) found = 1;
      if (number > sequence) sequence = number;
    }
    if (!found) break;
  }
  free(block);
}

static void format_record(char *record, unsigned long long number) {
  memset(record, ' ', RECORD_BYTES);
  int length = snprintf(record, RECORD_BYTES,
                        "LAB1 vm=%s boot=%s host=%s seq=%llu first=%llu conflicts=%llu errors=%llu mono=%lld real=%lld",
                        vm_name, boot_id, host_name, number, first_sequence, conflicts, errors,
                        clock_ms(CLOCK_MONOTONIC), clock_ms(CLOCK_REALTIME));
  record[length] = ' ';
  record[RECORD_BYTES - 1] = '\n';
}

static void acknowledge(unsigned long long number) {
  char text[256];
  int length = snprintf(text, sizeof text, "LAB1 vm=%s boot=%s host=%s seq=%llu", vm_name, boot_id, host_name, number);
  if (ack_socket >= 0) sendto(ack_socket, text, length, MSG_DONTWAIT, (void *)&ack_address, sizeof ack_address);
}

static void report(const char *what, unsigned long long number, const char *record) {
  fprintf(stderr, "%s at %llu: %.200s\n", what, number, record ? record : strerror(errno));
}

/* A record of this lap in the slot that is about to be written comes from a second writer, or from an own failed try. */
static int is_foreign(const char *record, unsigned long long number) {
  return sequence_of(record) >= number && !strstr(record, boot_id);
}

/* `own` holds the last record that was written, `draft` the one that is tried, `seen` what the disk has. */
static void write_next(int disk, char *own, char *draft, char *seen) {
  unsigned long long number = sequence + 1;
  if (number > first_sequence) {
    if (pread(disk, seen, RECORD_BYTES, slot_offset(sequence)) != RECORD_BYTES) {
      errors++;
    } else if (memcmp(seen, own, RECORD_BYTES) != 0) {
      conflicts++;
      report("own record overwritten", sequence, seen);
    }
  }
  if (pread(disk, seen, RECORD_BYTES, slot_offset(number)) == RECORD_BYTES && is_foreign(seen, number)) {
    conflicts++;
    report("foreign record", number, seen);
  }
  format_record(draft, number);
  if (pwrite(disk, draft, RECORD_BYTES, slot_offset(number)) != RECORD_BYTES) {
    if (errors++ == 0) report("write failed", number, NULL);
    return;
  }
  memcpy(own, draft, RECORD_BYTES);
  sequence = number;
  long long now = clock_ms(CLOCK_MONOTONIC);
  if (last_write_ms > 0 && now - last_write_ms > longest_gap_ms) longest_gap_ms = now - last_write_ms;
  last_write_ms = now;
  acknowledge(number);
}

static void *write_records(void *path) {
  int disk = open(path, O_RDWR | O_DIRECT | O_DSYNC);
  unsigned long long size = 0;
  if (disk < 0 || ioctl(disk, BLKGETSIZE64, &size) < 0) {
    report("no disk", 0, NULL);
    errors++;
    return NULL;
  }
  slots = size / RECORD_BYTES;
  char *own = aligned(RECORD_BYTES), *draft = aligned(RECORD_BYTES), *seen = aligned(RECORD_BYTES + 1);
  seen[RECORD_BYTES] = 0;
  find_last_record(disk, size);
  first_sequence = sequence + 1;
  long long next = clock_ms(CLOCK_MONOTONIC);
  while (!atomic_load(&hung)) {
    write_next(disk, own, draft, seen);
    next += PERIOD_MS;
    long long wait = next - clock_ms(CLOCK_MONOTONIC);
    if (wait > 0) usleep((useconds_t)wait * 1000);
    else next = clock_ms(CLOCK_MONOTONIC);
  }
  return NULL;
}

static void trigger(const char *path, const char *text) {
  int file = open(path, O_WRONLY);
  if (file >= 0 && write(file, text, strlen(text)) < 0) report(path, 0, NULL);
}

static void obey(const char *request) {
  if (strncmp(request, "GET /fail", 9) == 0) atomic_store(&failing, 1);
  if (strncmp(request, "GET /heal", 9) == 0) atomic_store(&failing, 0);
  if (strncmp(request, "GET /hang", 9) == 0) atomic_store(&hung, 1);
  if (strncmp(request, "GET /panic", 10) == 0) trigger("/proc/sysrq-trigger", "c");
  if (strncmp(request, "GET /poweroff", 13) == 0 && fork() == 0) execl("/sbin/shutdown", "shutdown", (char *)NULL);
}

static void answer(int client) {
  struct timeval limit = {.tv_sec = 1};
  setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  char request[1024] = {0}, body[512], response[800];
  if (read(client, request, sizeof request - 1) <= 0) return;
  obey(request);
  long long age = last_write_ms > 0 ? clock_ms(CLOCK_MONOTONIC) - last_write_ms : -1;
  snprintf(body, sizeof body,
           "{\"vm\":\"%s\",\"boot\":\"%s\",\"host\":\"%s\",\"seq\":%llu,\"lastWriteAgeMs\":%lld,\"longestGapMs\":%lld,"
           "\"conflicts\":%llu,\"errors\":%llu,\"uptimeMs\":%lld}\n",
           vm_name, boot_id, host_name, sequence, age, longest_gap_ms, conflicts, errors, clock_ms(CLOCK_BOOTTIME));
  int length = snprintf(response, sizeof response,
                        "HTTP/1.0 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                        atomic_load(&failing) ? "500 Failing" : "200 OK", strlen(body), body);
  if (write(client, response, length) < 0) return;
  shutdown(client, SHUT_WR);
}

static void serve(void) {
  int one = 1, server = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(80)};
  setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(server, (void *)&address, sizeof address) < 0 || listen(server, 16) < 0) report("no port", 80, NULL);
  for (;;) {
    int client = accept(server, NULL, NULL);
    if (client < 0) {
      usleep(PERIOD_MS * 1000);
      continue;
    }
    while (atomic_load(&hung)) pause();
    answer(client);
    close(client);
  }
}

int main(int count, char **arguments) {
  if (count != 6) return 2;
  vm_name = arguments[2];
  host_name = arguments[3];
  signal(SIGPIPE, SIG_IGN);
  signal(SIGCHLD, SIG_IGN);
  FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");
  if (!file || fscanf(file, "%39s", boot_id) != 1) return 1;
  fclose(file);
  ack_socket = socket(AF_INET, SOCK_DGRAM, 0);
  ack_address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(arguments[5]))};
  inet_pton(AF_INET, arguments[4], &ack_address.sin_addr);
  pthread_t writer;
  pthread_create(&writer, NULL, write_records, arguments[1]);
  serve();
}
