import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** The calls that an atomic write makes, so that a test can let the machine die at each of them. */
export interface FileCalls {
  open(path: string, flags: string, mode: number): number;
  write(descriptor: number, data: Buffer, offset: number): number;
  sync(descriptor: number): void;
  close(descriptor: number): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
}

const realCalls: FileCalls = {
  open: (path, flags, mode) => openSync(path, flags, mode),
  write: (descriptor, data, offset) => writeSync(descriptor, data, offset),
  sync: (descriptor) => fsyncSync(descriptor),
  close: (descriptor) => closeSync(descriptor),
  rename: (from, to) => renameSync(from, to),
  remove: (path) => unlinkSync(path),
};

/**
 * Replaces a file so that after a crash at any instant it holds either the old text or the new one, whole: a new file
 * beside it (mode 0600), written and synced, then renamed over it, then the directory synced. Throws what the
 * system says; the old file is then untouched.
 */
export function writeFileAtomically(path: string, text: string, calls: FileCalls = realCalls): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.tmp`;
  const data = Buffer.from(text);
  const descriptor = calls.open(temporary, 'w', 0o600);
  try {
    for (let offset = 0; offset < data.length; ) offset += calls.write(descriptor, data, offset);
    calls.sync(descriptor);
  } catch (fault) {
    calls.close(descriptor);
    calls.remove(temporary);
    throw fault;
  }
  calls.close(descriptor);
  calls.rename(temporary, path);
  const folder = calls.open(dirname(path), 'r', 0);
  try {
    calls.sync(folder);
  } finally {
    calls.close(folder);
  }
}
