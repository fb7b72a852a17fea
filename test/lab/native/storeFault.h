#ifndef UNDERSTUDY_LAB_STORE_FAULT_H
#define UNDERSTUDY_LAB_STORE_FAULT_H

#include <sys/types.h>

enum change { READS, CHANGES };

/* Reads the control file and blocks its signal; to be called before any thread exists. */
int store_faults_prepare(const char *control_path);

/* Starts the thread that follows the control file. */
int store_faults_start(void);

/* Waits while the store hangs; 0 to go on, or the negative errno with which the request fails. */
int store_gate(enum change change);

/* pwrite() through the gate: bytes written, or a negative errno. */
ssize_t store_write(int fd, const char *data, size_t size, off_t offset);

#endif
