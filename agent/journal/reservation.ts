import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../wholeFile.ts';

/** Event numbers reserved in one go. After a crash the log goes on behind the reservation, with a gap. */
export const RESERVED_AT_ONCE = 10_000;

/** Numbers up to this one may have been given out by an earlier run; 0 when there is no (readable) file. */
export async function readReservation(dir: string): Promise<number> {
  const text = await readFile(join(dir, 'reserved'), 'utf8').catch(() => '');
  return /^[0-9]{1,15}\n$/.test(text) ? Number(text) : 0;
}

/** Writes the reservation and waits until it is on the disk. */
export const writeReservation = (dir: string, upTo: number): Promise<void> =>
  writeWhole(join(dir, 'reserved'), `${upTo}\n`);
