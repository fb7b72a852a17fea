import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pathsUnder } from '../paths.ts';
import { DemoHypervisor } from './demo.ts';
import { writeDemoVm } from './demoDefinitions.ts';
import { readState } from './demoVmState.ts';
import type { HypervisorReport } from './hypervisor.ts';

const VM = '7d8f3c52-0a1b-4c2d-8e3f-000000000001';
const BOOT = '7d8f3c52-0a1b-4c2d-8e3f-0000000000bb';
const DEADLINE_MS = 15_000;
const MAIN = join(import.meta.dirname, '..', 'main.ts');

let root: string;
let hypervisor: DemoHypervisor;
let reports: HypervisorReport[];

function open(): DemoHypervisor {
  const opened = new DemoHypervisor({
    root,
    paths: pathsUnder(root),
    hostName: 'demo1',
    bootId: BOOT,
    areaPath: join(root, 'store', 'area'),
    self: [process.execPath, MAIN],
    nowMs: () => 1000,
  });
  reports = [];
  opened.start((report) => reports.push(report));
  return opened;
}

function gate(text: string): void {
  const { gateFile } = pathsUnder(root);
  mkdirSync(dirname(gateFile), { recursive: true });
  writeFileSync(gateFile, text);
}

const heard = (state: string, reason: string): Promise<boolean> =>
  vi.waitUntil(
    () =>
      reports.some((one) => one.kind === 'domain' && one.fact.state === state && one.fact.reason === reason),
    { timeout: DEADLINE_MS },
  );

const records = (): readonly { seq: number }[] =>
  readFileSync(join(root, 'store', 'demo-disks', 'web.log'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { seq: number });

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-demo-'));
  await writeDemoVm(root, { name: 'web', vm: VM, memoryMiB: 64 });
  hypervisor = open();
  gate(`${BOOT}\n${VM} 1 1 2000\n`);
});

afterEach(async () => {
  await hypervisor.destroy(VM, DEADLINE_MS);
  await hypervisor.stop();
  rmSync(root, { recursive: true });
});

test('a VM writes nothing until it is resumed, outlives its agent, and is found again', async () => {
  await hypervisor.createPaused(VM, DEADLINE_MS);
  await heard('paused', 'user');
  expect(() => records()).toThrow('ENOENT');
  await hypervisor.resume(VM, DEADLINE_MS);
  await vi.waitUntil(() => records().length > 1, { timeout: DEADLINE_MS });
  await hypervisor.stop();
  hypervisor = open();
  await vi.waitUntil(() => reports.length > 0, { timeout: DEADLINE_MS });
  expect(reports[0]).toMatchObject({ kind: 'domains', domains: [{ vm: VM, state: 'running' }] });
});

test('a shutdown, a kill and a destroy are told apart', async () => {
  await hypervisor.createPaused(VM, DEADLINE_MS);
  await hypervisor.resume(VM, DEADLINE_MS);
  await hypervisor.shutdown(VM);
  expect(await heard('stopped', 'shutdown')).toBe(true);
  await hypervisor.createPaused(VM, DEADLINE_MS);
  // A process that is only being started counts as failed too: what was heard before the kill does not count.
  reports.length = 0;
  process.kill(readState(root, VM)?.pid ?? 0, 'SIGKILL');
  expect(await heard('stopped', 'failed')).toBe(true);
  await hypervisor.createPaused(VM, DEADLINE_MS);
  await hypervisor.destroy(VM, DEADLINE_MS);
  expect(await heard('stopped', 'destroyed')).toBe(true);
});

test.each([
  ['no gate file of this boot', `${VM}\n${VM} 1 1 2000\n`],
  ['no entry for the VM', `${BOOT}\n`],
  ['an entry that has run out', `${BOOT}\n${VM} 1 1 900\n`],
])('%s refuses the start', async (_name, text) => {
  gate(text);
  await expect(hypervisor.createPaused(VM, DEADLINE_MS)).rejects.toMatchObject({
    failure: { code: 'hypervisor.refused' },
    certain: true,
  });
});

test('a definition that is taken away is told as gone', async () => {
  await vi.waitUntil(() => reports.length > 0, { timeout: DEADLINE_MS });
  await hypervisor.undefine(VM);
  await vi.waitUntil(() => reports.some((one) => one.kind === 'gone'), { timeout: DEADLINE_MS });
  expect(await hypervisor.definition(VM)).toBeNull();
});
