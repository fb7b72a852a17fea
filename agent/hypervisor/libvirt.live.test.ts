import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, lookupDomainByUuid, setMetadata } from '../node-libvirt/index.ts';
import { type PrivateDaemon, startPrivateDaemon } from '../node-libvirt/testing/daemon.ts';
import { EventLog } from '../node-libvirt/testing/eventLog.ts';
import { guestXml } from '../node-libvirt/testing/guests.ts';
import { HypervisorError, type HypervisorReport } from './hypervisor.ts';
import { LibvirtHypervisor } from './libvirt.ts';

const DEADLINE_MS = 60_000;
const VM = '7d8f3c52-0a1b-4c2d-8e3f-000000000001';

let daemon: PrivateDaemon;
let hypervisor: LibvirtHypervisor;
const log = new EventLog<HypervisorReport>();

beforeAll(async () => {
  daemon = await startPrivateDaemon('hypervisor');
  hypervisor = new LibvirtHypervisor({ areaPath: `${daemon.directory}/area`, socketPath: daemon.socketPath });
  hypervisor.start(log.hear);
  await log.waitFor((report) => report.kind === 'domains');
});

afterAll(async () => {
  await hypervisor?.stop();
  await daemon?.stop();
});

const xml = guestXml({ name: 'guest', devices: `<video><model type='vga'/></video>` }).replace(
  '<name>',
  `<uuid>${VM}</uuid><name>`,
);

/** The first of these states, with its reason, that is reported from here on. */
async function nextState(...states: readonly string[]): Promise<string> {
  const named = (one: HypervisorReport): string =>
    one.kind === 'domain' ? `${one.fact.state} ${one.fact.reason}` : one.kind;
  const found = named(await log.waitFor((one) => states.includes(named(one))));
  log.all.length = 0;
  return found;
}

function killQemu(): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    let line = '';
    try {
      line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
      continue;
    }
    if (line.startsWith('/usr/bin/qemu') && line.includes(VM)) process.kill(Number(pid), 'SIGKILL');
  }
}

test('a definition is stored with autostart off, and found again', async () => {
  expect(await hypervisor.definition(VM, DEADLINE_MS)).toBeNull();
  await hypervisor.define(VM, xml, DEADLINE_MS);
  expect(await hypervisor.definition(VM, DEADLINE_MS)).toMatchObject({ autostart: false, isActive: false });
  await log.waitFor((one) => one.kind === 'domain' && one.happening?.kind === 'defined');
  const { description } = await hypervisor.inspect(VM, DEADLINE_MS);
  expect(description).toMatchObject({ vm: VM, name: 'guest', memoryMiB: 32 });
});

test('a new title is told as a change of the definition', async () => {
  log.all.length = 0;
  const connection = await connect({ socketPath: daemon.socketPath });
  const domain = await lookupDomainByUuid(connection, VM);
  await setMetadata(connection, domain, { kind: 'title' }, 'Web', { config: true });
  const told = await log.waitFor((one) => one.kind === 'domain' && one.happening?.kind === 'defined');
  expect(told).toMatchObject({ fact: { vm: VM } });
  await connection.close();
});

test('what no event tells is found once: here autostart', async () => {
  expect(await hypervisor.changed([VM], DEADLINE_MS)).toEqual([]);
  await hypervisor.setAutostart(VM, true, DEADLINE_MS);
  expect(await hypervisor.changed([VM], DEADLINE_MS)).toEqual([VM]);
  expect(await hypervisor.changed([VM], DEADLINE_MS)).toEqual([]);
  await hypervisor.setAutostart(VM, false, DEADLINE_MS);
  expect((await hypervisor.inspect(VM, DEADLINE_MS)).running).toBeNull();
});

test('a start is paused until it is resumed; a kill is told as a failure, a destroy as destroyed', async () => {
  log.all.length = 0;
  await hypervisor.createPaused(VM, DEADLINE_MS);
  expect(await nextState('paused user')).toBe('paused user');
  await hypervisor.resume(VM, DEADLINE_MS);
  expect(await nextState('running unpaused')).toBe('running unpaused');
  killQemu();
  expect(await nextState('stopped failed', 'stopped destroyed')).toBe('stopped failed');
  await hypervisor.createPaused(VM, DEADLINE_MS);
  await hypervisor.destroy(VM, DEADLINE_MS);
  expect(await nextState('stopped failed', 'stopped destroyed')).toBe('stopped destroyed');
  await hypervisor.destroy(VM, DEADLINE_MS);
});

test('a call that libvirt refuses was certainly not carried out', async () => {
  const refusal = await hypervisor.resume(VM, DEADLINE_MS).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(HypervisorError);
  expect(refusal).toMatchObject({ certain: true, failure: { code: 'hypervisor.refused' } });
});

test('the screen of a running guest comes as a PNG that fits a message, one at a time', async () => {
  await hypervisor.createPaused(VM, DEADLINE_MS);
  await hypervisor.resume(VM, DEADLINE_MS);
  const first = hypervisor.screenshot(VM, DEADLINE_MS);
  const second = hypervisor.screenshot(VM, DEADLINE_MS);
  await expect(second).rejects.toMatchObject({ failure: { code: 'hypervisor.busy' } });
  const { png, width, height } = await first;
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect(width).toBeGreaterThan(100);
  expect(height).toBeGreaterThan(100);
  await hypervisor.destroy(VM, DEADLINE_MS);
  await expect(hypervisor.screenshot(VM, DEADLINE_MS)).rejects.toMatchObject({
    failure: { code: 'hypervisor.refused' },
  });
});

test('a killed daemon is reported lost, its VM goes on, and both are found again', async () => {
  await hypervisor.createPaused(VM, DEADLINE_MS);
  await hypervisor.resume(VM, DEADLINE_MS);
  log.all.length = 0;
  await daemon.kill();
  await log.waitFor((one) => one.kind === 'lost');
  await daemon.start();
  const found = await log.waitFor((one) => one.kind === 'domains');
  expect(found).toMatchObject({ domains: [{ vm: VM, state: 'running' }] });
  await hypervisor.destroy(VM, DEADLINE_MS);
});

test('a frozen daemon is noticed, and calls end at their deadlines', async () => {
  log.all.length = 0;
  daemon.setFrozen(true);
  await expect(hypervisor.createPaused(VM, 500)).rejects.toBeInstanceOf(HypervisorError);
  await log.waitFor((one) => one.kind === 'lost');
  daemon.setFrozen(false);
  await log.waitFor((one) => one.kind === 'domains');
  await hypervisor.destroy(VM, DEADLINE_MS);
});

test('a definition that is taken away is told as gone', async () => {
  log.all.length = 0;
  await hypervisor.undefine(VM, DEADLINE_MS);
  const gone = await log.waitFor((one) => one.kind === 'gone');
  expect(gone).toMatchObject({ vm: VM });
});
