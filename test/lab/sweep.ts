import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupMount, cgroupRoot, hostNames, labDir, machineName, runDir } from './layout.ts';
import { stopBmc } from './bmc.ts';
import { disclaimLab } from './lock.ts';
import { mountsBelow, unmount } from './mounts.ts';
import { removeNetwork } from './network.ts';
import { power, removeCgroup } from './power.ts';
import { LabError, run } from './run.ts';

/** Processes whose program lies in the lab's own folder: daemons whose note was lost in a crash. */
function strayDaemons(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith(join(labDir, 'cache', 'bin'));
      } catch {
        return false;
      }
    })
    .map(Number);
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
  if (existsSync(cgroupRoot)) {
    for (const host of hostNames) await power.off(host);
  }
  for (const host of hostNames) await stopBmc(host);
  for (const pid of strayDaemons()) process.kill(pid, 'SIGKILL');
  await removeNetwork();
  await detachLoops();
  removeCgroup(cgroupRoot);
  for (const path of mountsBelow(runDir)) await unmount(path);
  if (mountsBelow(runDir).length > 0) {
    throw new LabError(
      'still-mounted',
      `Something is still mounted below ${cgroupMount}/..; nothing was deleted.`,
    );
  }
  rmSync(runDir, { recursive: true, force: true });
  for (const host of hostNames)
    rmSync(`/run/systemd/nspawn/propagate/${machineName(host)}`, { recursive: true, force: true });
  disclaimLab();
}
