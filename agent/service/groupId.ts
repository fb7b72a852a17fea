import { readFileSync } from 'node:fs';

/** The number of a group in /etc/group; null when this host has no such group. */
export function groupIdOf(name: string): number | null {
  try {
    const line = readFileSync('/etc/group', 'utf8')
      .split('\n')
      .find((one) => one.startsWith(`${name}:`));
    const id = Number(line?.split(':')[2] ?? Number.NaN);
    return Number.isInteger(id) ? id : null;
  } catch {
    return null;
  }
}
