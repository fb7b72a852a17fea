import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLab } from './lab.ts';
import { cgroupRoot, hostPaths, machineDir, netns, outsideInterface, runDir } from './layout.ts';
import { labOwner } from './lock.ts';
import { mountsBelow } from './mounts.ts';
import { mustRun } from './run.ts';
import { labDaemons } from './sweep.ts';

test('what a crashed lab left behind is swept by the next one, and down leaves nothing', async () => {
  const crashed = await openLab({ hosts: ['h1'] });
  const h1 = crashed.host('h1');
  await h1.setStore('stall');
  void h1.run('ls /srv/store');
  // The notes of its daemons are gone, and the store is a dead mount with a process hanging in it.
  for (const name of readdirSync(hostPaths('h1').dir).filter((file) => file.endsWith('.pid'))) {
    rmSync(join(hostPaths('h1').dir, name));
  }
  await crashed.release();

  const next = await openLab({ hosts: ['h1'] });
  expect(await next.host('h1').must('ls /srv/store')).toContain('images');
  await next.down();

  expect(mountsBelow(runDir)).toEqual([]);
  expect(existsSync(runDir)).toBe(false);
  expect(existsSync(cgroupRoot)).toBe(false);
  expect(labOwner()).toBeNull();
  expect(labDaemons()).toEqual([]);
  expect(await mustRun('ip', ['netns', 'list'])).not.toContain(netns);
  expect(await mustRun('ip', ['-brief', 'link'])).not.toContain(outsideInterface);
  expect(await mustRun('losetup', ['--list'])).not.toContain(runDir);
  expect(readFileSync('/proc/net/route', 'utf8')).not.toContain(outsideInterface);
});

test('only one process has the lab at a time, and the next learns who', async () => {
  const lab = await openLab({ hosts: [] });
  await expect(openLab({ hosts: [], waitMs: 50 })).rejects.toMatchObject({
    code: 'lab-in-use',
    message: expect.stringContaining(`process ${process.pid}`),
  });
  await lab.down();
  expect(existsSync(join(machineDir, 'owner'))).toBe(false);
});
