import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pathsUnder } from '../../agent/paths.ts';
import { layOutDemo, type DemoHostPlan, type DemoPlan } from './demoFiles.ts';
import { DemoHost } from './demoHost.ts';
import { createDemoFolder, removeDemoFolder } from './demoFolder.ts';
import { MARK } from './markedProcesses.ts';

/** In place of the agent: starts a child of its own, as an agent starts a VM, and stays. */
const PROGRAM = `
if (process.argv[2] === 'child') setInterval(() => {}, 1000);
else { require('node:child_process').spawn(process.execPath, [__filename, 'child'], { stdio: 'ignore' }); setInterval(() => {}, 1000); }
`;

let folder: string;
let plan: DemoPlan;
let host: DemoHost;

function processesOf({ root }: DemoHostPlan): number {
  return readdirSync('/proc').filter((name) => {
    try {
      return (
        /^[0-9]+$/.test(name) &&
        readFileSync(`/proc/${name}/environ`, 'latin1').split('\0').includes(`${MARK}=${root}`)
      );
    } catch {
      return false;
    }
  }).length;
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-unit-'));
  plan = await layOutDemo(folder, [40_001, 40_002, 40_003, 40_004]);
  const agent = join(folder, 'agent.cjs');
  writeFileSync(agent, PROGRAM);
  const [first] = plan.hosts;
  if (first === undefined) throw new Error('The demo has no host.');
  host = new DemoHost({ plan: first, node: process.execPath, agent, onChange: () => undefined });
});

afterEach(() => {
  host.pullPlug();
  rmSync(folder, { recursive: true, force: true });
});

/** A shell as leader, keeper, agent, their two loops, and the two children. */
const running = async (): Promise<void> =>
  vi.waitFor(() => expect(processesOf(host.plan)).toBeGreaterThanOrEqual(7), { timeout: 15_000 });

test('pulling the plug ends every process of the host, its grandchildren too', async () => {
  host.powerOn();
  expect(host.power).toBe('on');
  await running();
  host.pullPlug();
  expect(host.power).toBe('off');
  await vi.waitFor(() => expect(processesOf(host.plan)).toBe(0), { timeout: 5_000 });
});

test('each power-on is a new boot with an empty run folder', async () => {
  const paths = pathsUnder(host.plan.root);
  host.powerOn();
  const first = readFileSync(paths.bootIdFile, 'utf8');
  writeFileSync(join(paths.runDir, 'left-over'), '');
  host.pullPlug();
  host.powerOn();
  expect(readFileSync(paths.bootIdFile, 'utf8')).not.toBe(first);
  expect(existsSync(join(paths.runDir, 'left-over'))).toBe(false);
});

test('when the app dies without a word, its hosts die with it', async () => {
  const script = `
    import { DemoHost } from ${JSON.stringify(new URL('./demoHost.ts', import.meta.url).href)};
    const host = new DemoHost(${JSON.stringify({ plan: host.plan, node: process.execPath, agent: join(folder, 'agent.cjs') })});
    Object.assign(host, {});
    host.powerOn();
  `.replace('"});', '", onChange() {} });');
  const app = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], { stdio: 'ignore' });
  await running();
  app.kill('SIGKILL');
  await vi.waitFor(() => expect(processesOf(host.plan)).toBe(0), { timeout: 5_000 });
});

test('a folder left behind by an app that is gone is swept; one of a living app is not', () => {
  const abandoned = createDemoFolder();
  const mine = createDemoFolder();
  writeFileSync(join(abandoned, 'owner.json'), JSON.stringify({ pid: process.pid, startTicks: '1' }));
  const third = createDemoFolder();
  expect([abandoned, mine, third].map((path) => existsSync(path))).toEqual([false, true, true]);
  removeDemoFolder(mine);
  removeDemoFolder(third);
});

test('the layout is one that an installer could have made: a store both hosts know, and different slots', () => {
  const settings = plan.hosts.map(({ root }) =>
    JSON.parse(readFileSync(pathsUnder(root).hostSettings, 'utf8')),
  );
  expect(settings.map(({ slot }) => slot)).toEqual([0, 1]);
  expect(new Set(settings.map(({ areaPath }) => areaPath)).size).toBe(1);
  expect(new Set(settings.map(({ hardwareId }) => hardwareId)).size).toBe(2);
});
