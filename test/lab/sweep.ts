import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupRoot, hostNames, labDir, machineName, runDir } from './layout.ts';
import { disclaimLab } from './lock.ts';
import { mountsBelow, unmount } from './mounts.ts';
import { removeNetwork } from './network.ts';
import { power, removeCgroup } from './power.ts';
import { LabError, run } from './run.ts';

/** Ids of the lab's daemons, also of those of which a crash left no note: told by the files of the lab that they run on. */
export function labDaemons(): readonly number[] {
  const programs = join(labDir, 'cache', 'bin');
  const isDaemon = (command: string): boolean =>
    command.startsWith(`${programs}/`) || command.startsWith(`ipmi_sim\0-c\0${runDir}/`);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return isDaemon(readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
      } catch {
        return false;
      }
    });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}

async function detachLoops(): Promise<void> {
  const listing = (await run('losetup', ['--list', '--noheadings', '--output', 'NAME,BACK-FILE'])).stdout;
  for (const line of listing.split('\n')) {
    const [device, file] = line.trim().split(/\s+/, 2);
    if (device !== undefined && file?.startsWith(`${runDir}/`)) await run('losetup', ['-d', device]);
  }
}

/**
 * Removes everything that a lab in this folder left on the machine, whatever state a crash left it in: it is told by
 * its names and places. Keeps the caches.
 */
export async function sweep(): Promise<void> {
  // Before the hosts: processes that hang in the store can't die while it exists.
  labDaemons().forEach(kill);
  if (existsSync(cgroupRoot)) {
    for (const host of hostNames) await power.off(host);
  }
  await removeNetwork();
  await detachLoops();
  removeCgroup(cgroupRoot);
  for (const path of mountsBelow(runDir)) await unmount(path);
  if (mountsBelow(runDir).length > 0) {
    throw new LabError('still-mounted', `Something is still mounted below ${runDir}; nothing was deleted.`);
  }
  rmSync(runDir, { recursive: true, force: true });
  for (const host of hostNames)
    rmSync(`/run/systemd/nspawn/propagate/${machineName(host)}`, { recursive: true, force: true });
  disclaimLab();
}
