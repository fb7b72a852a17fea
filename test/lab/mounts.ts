import { readFileSync } from 'node:fs';
import { run } from './run.ts';

function mountPoints(): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => (line.split(' ')[4] ?? '').replaceAll('\\040', ' '));
}

export function isMountPoint(path: string): boolean {
  return mountPoints().includes(path);
}

/** Mount points below a folder, deepest first. */
export function mountsBelow(folder: string): readonly string[] {
  return mountPoints()
    .filter((path) => path === folder || path.startsWith(`${folder}/`))
    .toReversed();
}

/** Detaches whatever is mounted here, even while it is in use: its users are dead or dying. */
export async function unmount(path: string): Promise<void> {
  while (isMountPoint(path)) {
    if ((await run('umount', ['-l', path])).code !== 0) return;
  }
}
