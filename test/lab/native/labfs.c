/*
 * labfs SOURCE MOUNTPOINT CONTROL: one host's path to the shared store, as a FUSE file system that can fail.
 *
 * Every host of the lab mounts the same SOURCE directory through its own labfs. CONTROL is a file with one word:
 *
 *   ok               everything works
 *   ro               changes fail with EROFS
 *   eio              everything fails with EIO, and nothing lands later
 *   eio-write        changes fail with EIO, reading works
 *   stall            everything hangs until another mode is set; a killed process stays until then
 *   stall-detached   like stall, but a killed process goes away at once and its write lands when another mode is
 *                    set, as the NFS client does with direct I/O
 *   torn             the next write lands only in its first half and fails with EIO, then ok
 *   delay MS         everything takes MS milliseconds longer
 *
 * SIGUSR1 makes it read CONTROL again. CONTROL.applied always tells the mode in force and how many requests wait.
 *
 * File locks are deliberately not shared between the hosts (the kernel keeps them per mount): a shared lock would
 * hide a double run from the tests, and many real stores have none. Nothing is synced to the machine's disk either:
 * the power cut of a lab host kills processes, it does not lose the machine's page cache.
 */
#define FUSE_USE_VERSION 35
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "storeFault.h"

/* In a stall every request keeps a thread, and one must be left to read that a caller was killed. */
enum { MAX_REQUESTS = 200 };

static char source[PATH_MAX];

#define PASS(change)              \
  do {                            \
    int refused = store_gate(change);   \
    if (refused) return refused;  \
  } while (0)
#define BACKING(name, path) \
  char name[PATH_MAX * 2];  \
  snprintf(name, sizeof name, "%s%s", source, path)
#define RESULT(call) ((call) == -1 ? -errno : 0)

static void give_to_caller(const char *path) {
  struct fuse_context *context = fuse_get_context();
  if (context->uid || context->gid) {
    if (lchown(path, context->uid, context->gid) < 0) perror("chown");
  }
}

static int fs_getattr(const char *path, struct stat *st, struct fuse_file_info *info) {
  PASS(READS);
  if (info) return RESULT(fstat(info->fh, st));
  BACKING(real, path);
  return RESULT(lstat(real, st));
}

static int fs_opendir(const char *path, struct fuse_file_info *info) {
  PASS(READS);
  BACKING(real, path);
  DIR *dir = opendir(real);
  info->fh = (uintptr_t)dir;
  return dir ? 0 : -errno;
}

static int fs_readdir(const char *path, void *out, fuse_fill_dir_t fill, off_t offset, struct fuse_file_info *info,
                      enum fuse_readdir_flags flags) {
  (void)path, (void)offset, (void)flags;
  PASS(READS);
  DIR *dir = (DIR *)(uintptr_t)info->fh;
  rewinddir(dir);
  struct dirent *entry;
  while ((entry = readdir(dir))) {
    struct stat st = {.st_ino = entry->d_ino, .st_mode = entry->d_type << 12};
    if (fill(out, entry->d_name, &st, 0, 0)) break;
  }
  return 0;
}

static int fs_releasedir(const char *path, struct fuse_file_info *info) {
  (void)path;
  closedir((DIR *)(uintptr_t)info->fh);
  return 0;
}

static int fs_mkdir(const char *path, mode_t mode) {
  PASS(CHANGES);
  BACKING(real, path);
  int result = RESULT(mkdir(real, mode));
  if (result == 0) give_to_caller(real);
  return result;
}

static int fs_unlink(const char *path) {
  PASS(CHANGES);
  BACKING(real, path);
  return RESULT(unlink(real));
}

static int fs_rmdir(const char *path) {
  PASS(CHANGES);
  BACKING(real, path);
  return RESULT(rmdir(real));
}

static int fs_rename(const char *from, const char *to, unsigned flags) {
  PASS(CHANGES);
  BACKING(real_from, from);
  BACKING(real_to, to);
  return RESULT(renameat2(AT_FDCWD, real_from, AT_FDCWD, real_to, flags));
}

static int fs_link(const char *from, const char *to) {
  PASS(CHANGES);
  BACKING(real_from, from);
  BACKING(real_to, to);
  return RESULT(link(real_from, real_to));
}

static int fs_symlink(const char *target, const char *path) {
  PASS(CHANGES);
  BACKING(real, path);
  return RESULT(symlink(target, real));
}

static int fs_readlink(const char *path, char *out, size_t size) {
  PASS(READS);
  BACKING(real, path);
  ssize_t length = readlink(real, out, size - 1);
  if (length < 0) return -errno;
  out[length] = 0;
  return 0;
}

static int fs_chmod(const char *path, mode_t mode, struct fuse_file_info *info) {
  PASS(CHANGES);
  if (info) return RESULT(fchmod(info->fh, mode));
  BACKING(real, path);
  return RESULT(chmod(real, mode));
}

static int fs_chown(const char *path, uid_t uid, gid_t gid, struct fuse_file_info *info) {
  PASS(CHANGES);
  if (info) return RESULT(fchown(info->fh, uid, gid));
  BACKING(real, path);
  return RESULT(lchown(real, uid, gid));
}

static int fs_truncate(const char *path, off_t size, struct fuse_file_info *info) {
  PASS(CHANGES);
  if (info) return RESULT(ftruncate(info->fh, size));
  BACKING(real, path);
  return RESULT(truncate(real, size));
}

static int fs_utimens(const char *path, const struct timespec times[2], struct fuse_file_info *info) {
  PASS(CHANGES);
  if (info) return RESULT(futimens(info->fh, times));
  BACKING(real, path);
  return RESULT(utimensat(AT_FDCWD, real, times, AT_SYMLINK_NOFOLLOW));
}

static int open_backing(const char *path, int flags, mode_t mode, struct fuse_file_info *info) {
  BACKING(real, path);
  int fd = open(real, flags & ~(O_DIRECT | O_SYNC | O_DSYNC | O_NOFOLLOW), mode);
  if (fd < 0) return -errno;
  if (flags & O_CREAT) give_to_caller(real);
  info->fh = fd;
  info->direct_io = 1;
  return 0;
}

static int fs_create(const char *path, mode_t mode, struct fuse_file_info *info) {
  PASS(CHANGES);
  return open_backing(path, info->flags | O_CREAT, mode, info);
}

static int fs_open(const char *path, struct fuse_file_info *info) {
  PASS((info->flags & O_ACCMODE) == O_RDONLY ? READS : CHANGES);
  return open_backing(path, info->flags, 0, info);
}

static int fs_read(const char *path, char *out, size_t size, off_t offset, struct fuse_file_info *info) {
  (void)path;
  PASS(READS);
  ssize_t length = pread(info->fh, out, size, offset);
  return length < 0 ? -errno : length;
}

static int fs_write(const char *path, const char *data, size_t size, off_t offset, struct fuse_file_info *info) {
  (void)path;
  return store_write(info->fh, data, size, offset);
}

static int fs_fsync(const char *path, int data_only, struct fuse_file_info *info) {
  (void)path, (void)data_only, (void)info;
  PASS(CHANGES);
  return 0;
}

static int fs_fallocate(const char *path, int mode, off_t offset, off_t length, struct fuse_file_info *info) {
  (void)path;
  PASS(CHANGES);
  return RESULT(fallocate(info->fh, mode, offset, length));
}

static off_t fs_lseek(const char *path, off_t offset, int whence, struct fuse_file_info *info) {
  (void)path;
  PASS(READS);
  off_t at = lseek(info->fh, offset, whence);
  return at < 0 ? -errno : at;
}

static int fs_release(const char *path, struct fuse_file_info *info) {
  (void)path;
  close(info->fh);
  return 0;
}

static int fs_statfs(const char *path, struct statvfs *st) {
  (void)path;
  PASS(READS);
  return RESULT(statvfs(source, st));
}

static void *fs_init(struct fuse_conn_info *connection, struct fuse_config *config) {
  config->use_ino = 1;
  config->hard_remove = 1;
  config->nullpath_ok = 1;
  config->direct_io = 1;
  /* No caching at all: another host's change must be seen at once. */
  config->entry_timeout = config->attr_timeout = config->negative_timeout = 0;
  connection->max_write = 1 << 20;
  connection->max_background = MAX_REQUESTS;
  store_faults_start();
  return NULL;
}

static const struct fuse_operations OPERATIONS = {
    .init = fs_init,
    .getattr = fs_getattr,
    .opendir = fs_opendir,
    .readdir = fs_readdir,
    .releasedir = fs_releasedir,
    .mkdir = fs_mkdir,
    .unlink = fs_unlink,
    .rmdir = fs_rmdir,
    .rename = fs_rename,
    .link = fs_link,
    .symlink = fs_symlink,
    .readlink = fs_readlink,
    .chmod = fs_chmod,
    .chown = fs_chown,
    .truncate = fs_truncate,
    .utimens = fs_utimens,
    .create = fs_create,
    .open = fs_open,
    .read = fs_read,
    .write = fs_write,
    .fsync = fs_fsync,
    .fallocate = fs_fallocate,
    .lseek = fs_lseek,
    .release = fs_release,
    .statfs = fs_statfs,
};

int main(int count, char **arguments) {
  if (count != 4 || !realpath(arguments[1], source) || store_faults_prepare(arguments[3]) != 0) {
    fprintf(stderr, "usage: labfs SOURCE MOUNTPOINT CONTROL\n");
    return 2;
  }
  umask(0);
  signal(SIGPIPE, SIG_IGN);
  /* libvirt calls a FUSE mount shared storage only when its type is fuse.glusterfs. */
  char options[256];
  snprintf(options, sizeof options,
           "allow_other,default_permissions,fsname=understudy-lab,subtype=glusterfs,max_threads=%d", MAX_REQUESTS);
  char *fuse_arguments[] = {arguments[0], arguments[2], "-f", "-o", options};
  return fuse_main(5, fuse_arguments, &OPERATIONS, NULL);
}
