import { readFileSync, statSync } from 'node:fs';

/**
 * A file that people name, or that something else may have written: only a regular file, and no larger than it can be.
 * A device would be read without end, and a pipe waited for without end. Throws what is wrong with it.
 */
export function readBoundedFile(path: string, maxBytes: number): Buffer {
  const stat = statSync(path);
  if (!stat.isFile()) throw new Error('it is not a regular file');
  if (stat.size > maxBytes)
    throw new Error(`it has ${stat.size} bytes; ${maxBytes} are the most there can be`);
  return readFileSync(path);
}
