import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Status } from '../../../agent/protocol/control.ts';
import { openAckLog, type AckLog } from '../ackLog.ts';
import { guestDiskFile, startGuest, waitForGuest } from '../guests.ts';
import { guestName, type GuestOptions } from '../guestXml.ts';
import { openLab, type Lab, type LabHost } from '../lab.ts';
import { storePath } from '../layout.ts';
import { judge } from '../oracle.ts';
import { waitFor } from '../run.ts';
import { type LabConsole, openConsole } from './consoleRun.ts';

/** A host dies for good, another machine takes its place, and the VM survives the death of the first one too. */

const guest: GuestOptions = { number: 1 };
const protectedWithinMs = 120_000;
const movedWithinMs = 90_000;

let lab: Lab;
let acks: AckLog;
let understudy: LabConsole;
const folder = mkdtempSync(join(tmpdir(), 'understudy-replace-lab-'));
const watchdog = (host: string): string[] => ['--watchdog', `${host}=/dev/watchdog:/run/labwd`];

beforeAll(async () => {
  lab = await openLab({ hosts: ['h1', 'h2', 'h3'] });
  acks = await openAckLog();
  understudy = openConsole(lab, join(folder, 'inventory.json'));
  for (const host of lab.hosts) expect(await understudy.add(host, 'root')).toMatchObject({ code: null });
});
afterAll(async () => {
  acks.close();
  rmSync(folder, { recursive: true, force: true });
  await lab.down();
});

async function untilProtected(...hosts: readonly LabHost[]): Promise<void> {
  for (const host of hosts) {
    await waitFor(`${host.name} to see the guest protected`, protectedWithinMs, async () => {
      const result = await host.run('understudy status --json', { deadlineMs: 10_000 });
      if (result.code !== 0) return false;
      const status = JSON.parse(result.stdout) as Status;
      return status.vms.some(({ name, readiness }) => name === 'vm1' && readiness.level === 'protected');
    });
  }
}

test('the place of a dead host is taken by another machine, which then takes over', async () => {
  const [h1, h2, h3] = ['h1', 'h2', 'h3'].map((name) => lab.host(name as 'h1'));
  if (h1 === undefined || h2 === undefined || h3 === undefined) throw new Error('The lab lacks a host.');
  await understudy.must('install', 'h1', 'h2');
  const places = ['--hosts', 'h1,h2', ...watchdog('h1'), ...watchdog('h2'), '--store', storePath];
  await understudy.must('group', 'create', 'shop', ...places, '--profile', 'swift');
  await startGuest(h1, guest);
  await understudy.must('protect', guestName(guest));
  await untilProtected(h1, h2);
  const { boot } = await waitForGuest(guest.number);

  await understudy.must('install', 'h3');
  const replace = ['group', 'replace-host', 'shop', 'h2', 'h3', ...watchdog('h3')];
  expect(await understudy.run(...replace)).toMatchObject({ exitCode: 1, code: 'config.host-alive' });
  await h2.off();
  await waitFor('the dead host to be let go', movedWithinMs, async () => {
    const answer = await understudy.run(...replace);
    if (answer.exitCode !== 0) expect(answer.code).toBe('config.host-alive');
    return answer.exitCode === 0;
  });
  await untilProtected(h1, h3);
  expect((await waitForGuest(guest.number)).boot).toBe(boot);

  await h1.off();
  const after = await waitForGuest(guest.number, { host: 'h3', notBoot: boot, deadlineMs: movedWithinMs });
  await h2.on();
  await h2.waitForBoot();
  await waitFor('the old host to find itself out of the group', protectedWithinMs, async () => {
    const { stdout } = await h2.run('understudy status --json', { deadlineMs: 10_000 });
    return stdout.includes('keeper.not-in-group');
  });
  expect((await waitForGuest(guest.number)).boot).toBe(after.boot);
  expect(judge(readFileSync(guestDiskFile(guest)), acks.boots(guestName(guest))).violations).toEqual([]);
});
