import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PrivateDaemon, startPrivateDaemon } from '../node-libvirt/testing/daemon.ts';
import { EventLog } from '../node-libvirt/testing/eventLog.ts';
import { guestXml } from '../node-libvirt/testing/guests.ts';
import type { HypervisorReport } from './hypervisor.ts';
import { LibvirtHypervisor } from './libvirt.ts';
import { LibvirtMover } from './libvirtMover.ts';

/** What libvirt itself says to the questions that are asked before a live move; the target is the same daemon. */

const DEADLINE_MS = 60_000;
const VM = '7d8f3c52-0a1b-4c2d-8e3f-000000000002';
const log = new EventLog<HypervisorReport>();
const CPU = "<cpu mode='custom' match='exact' check='none'><model fallback='forbid'>qemu64</model></cpu>";

let daemon: PrivateDaemon;
let hypervisor: LibvirtHypervisor;
let mover: LibvirtMover;

beforeAll(async () => {
  daemon = await startPrivateDaemon('preflight');
  const options = { areaPath: `${daemon.directory}/area`, socketPath: daemon.socketPath };
  hypervisor = new LibvirtHypervisor(options);
  mover = new LibvirtMover(options);
  hypervisor.start(log.hear);
  await log.waitFor((report) => report.kind === 'domains');
  const plain = guestXml({ name: 'mover', devices: '' });
  await hypervisor.define(VM, plain.replace('<name>', `<uuid>${VM}</uuid>${CPU}<name>`), DEADLINE_MS);
  await hypervisor.createPaused(VM, DEADLINE_MS);
  await hypervisor.resume(VM, DEADLINE_MS);
});

afterAll(async () => {
  await hypervisor?.destroy(VM, DEADLINE_MS);
  await hypervisor?.stop();
  await daemon?.stop();
});

const codes = async (change: (xml: string) => string, hostCpu: string | null = null): Promise<string[]> => {
  const { xml } = await mover.departure(VM);
  const against = await mover.arrival({ xml: change(xml), hostCpu, hostName: 'beta' });
  return against.map(({ code }) => code);
};

test('a guest may go to a host that is like its own', async () => {
  const { against, hostCpu } = await mover.departure(VM);
  expect([against, hostCpu]).toEqual([[], null]);
  expect(await codes((xml) => xml)).toEqual([]);
});

test.each<[string, (xml: string) => string, string]>([
  [
    'an emulator',
    (xml) => xml.replace(/<emulator>[^<]*/, '<emulator>/usr/bin/qemu-none'),
    'vm.emulator-not-there',
  ],
  [
    'a machine type',
    (xml) => xml.replace(/machine='[^']*'/, "machine='pc-i440fx-99.9'"),
    'vm.machine-not-there',
  ],
  [
    'a bridge',
    (xml) =>
      xml.replace('</devices>', "<interface type='bridge'><source bridge='nobr9'/></interface></devices>"),
    'vm.bridge-not-there',
  ],
  [
    'a network',
    (xml) =>
      xml.replace('</devices>', "<interface type='network'><source network='none9'/></interface></devices>"),
    'vm.network-not-there',
  ],
])('%s that is not there is named', async (_what, change, code) => {
  expect(await codes(change)).toEqual([code]);
});

test('the processor of another host is compared with this one', async () => {
  const other = '<cpu><arch>x86_64</arch><model>486</model></cpu>';
  expect(await codes((xml) => xml, other)).toEqual([]);
  const newer =
    "<cpu><arch>x86_64</arch><model>486</model><feature name='amx-tile'/><feature name='la57'/><feature name='svm'/><feature name='vmx'/></cpu>";
  expect(await codes((xml) => xml, newer)).toEqual(['vm.cpu-not-there']);
});

test('a guest that is not here can not be asked about', async () => {
  await expect(mover.departure('7d8f3c52-0a1b-4c2d-8e3f-0000000000ff')).rejects.toMatchObject({
    failure: { code: 'hypervisor.no-domain' },
  });
});
