import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Duplex, duplexPair } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { SwitchoverHow } from '../../../agent/protocol/group.ts';
import type { LogEvent } from '../../../agent/protocol/event.ts';
import { groupId, hostName, status } from '../../../test/renderer/samples.ts';
import type { CallName } from '../../ipc/contract.ts';
import { App } from '../app.ts';
import { dispatch } from '../dispatch.ts';

const soon = { timeout: 5_000, interval: 20 };
let folder: string;
let app: App;
/** What the agents were asked, beyond what watching asks. */
let asked: [host: string, method: string, params: unknown][];
/** Answers other than the usual one, by method. */
let answers: Map<string, unknown>;
let streams: Duplex[];
let journal: LogEvent[];
const faults: unknown[] = [];

/** An agent that does as it is told, on the other end of a stream. */
function agent(slot: number): Duplex {
  const [near, far] = duplexPair();
  streams.push(far);
  far.setEncoding('utf8');
  far.on('data', (text: string) => {
    for (const line of text.split('\n').filter((part) => part !== '')) answer(far, slot, JSON.parse(line));
  });
  return near;
}

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: unknown;
}

function answer(far: Duplex, slot: number, { id, method, params }: Request): void {
  const usual: Record<string, unknown> = {
    subscribe: { status: status(slot) },
    status: status(slot),
    events: { events: slot === 0 ? journal : [], lastSeq: journal.length, firstSeq: 1 },
    checkVm: { findings: [] },
    'vm.screenshot': { png: 'iVBORw==', width: 2, height: 1 },
  };
  if (usual[method] === undefined || method.startsWith('vm.') || method === 'checkVm') {
    asked.push([hostName(slot), method, params]);
  }
  const refusal = answers.get(method);
  const body =
    refusal === undefined
      ? { result: usual[method] ?? { text: 'Done.' } }
      : { error: { code: -32000, message: 'no', data: refusal } };
  far.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...body })}\n`);
}

function open(): App {
  const hosts = [0, 1].map((slot) => ({
    name: hostName(slot),
    address: '10.0.0.1',
    open: async () => agent(slot),
  }));
  return new App({
    info: { version: 'test', transport: 'browser', lacks: null },
    preferencesPath: join(folder, 'preferences.json'),
    inventoryPath: join(folder, 'inventory.json'),
    demo: {
      refused: null,
      standIns: '',
      start: async () => ({
        source: { id: groupId, kind: 'demo', name: 'Head office', hosts },
        populate: () => Promise.resolve(),
        pullPlug: () => undefined,
        powerOn: () => undefined,
        output: () => '',
        close: () => undefined,
      }),
    },
    onFault: (fault) => faults.push(fault),
  });
}

const call = (name: CallName, input: unknown): Promise<unknown> =>
  dispatch(app.handlers, name, input, (fault) => faults.push(fault));
const vmId = '5f000000-0000-4000-8000-000000000000';
const vm = { groupId, vmId };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-daily-'));
  asked = [];
  answers = new Map();
  streams = [];
  journal = [];
  faults.length = 0;
  app = open();
  await app.handlers['groups.startDemo']({});
  await vi.waitFor(() => {
    expect(app.feeds.latest('groups.views')?.[0]?.hosts.map(({ console }) => console.kind)).toEqual([
      'connected',
      'connected',
    ]);
  }, soon);
});
afterEach(() => {
  app.close();
  rmSync(folder, { recursive: true });
  expect(faults).toEqual([]);
});

test.each<[CallName, object, [string, string, object]]>([
  [
    'vm.setPolicy',
    { ...vm, policy: { order: 3 } },
    ['alpha', 'vm.policy', { vm: 'web-shop', policy: { order: 3 } }],
  ],
  ['vm.start', vm, ['alpha', 'vm.start', { vm: 'web-shop' }]],
  ['vm.stop', vm, ['alpha', 'vm.stop', { vm: 'web-shop' }]],
  ['vm.unprotect', vm, ['alpha', 'unprotect', { vm: 'web-shop' }]],
  ['maintenance.disarm', { groupId, forMs: 60_000 }, ['alpha', 'group.disarm', { forMs: 60_000 }]],
  ['maintenance.arm', { groupId }, ['alpha', 'group.arm', {}]],
  [
    'maintenance.begin',
    { groupId, host: 'beta', forMs: null, bringBack: false, how: 'shutdown' },
    ['alpha', 'maintenance.on', { host: 'beta', forMs: null }],
  ],
  [
    'maintenance.begin',
    { groupId, host: 'beta', forMs: null, bringBack: true, how: 'live' },
    ['alpha', 'maintenance.on', { host: 'beta', forMs: null, bringBack: true, how: 'live' }],
  ],
  ['maintenance.end', { groupId, host: 'beta' }, ['alpha', 'maintenance.off', { host: 'beta' }]],
  ['timing.choose', { groupId, profile: 'steady' }, ['alpha', 'group.profile', { profile: 'steady' }]],
])('%s asks the host that can do it', async (name, input, expected) => {
  expect(await call(name, input)).toEqual({ ok: true, value: null });
  expect(asked).toEqual([expected]);
});

test('a refusal of the agent reaches the page as it was said', async () => {
  const failure = { code: 'group.busy', message: 'Another change is under way.' };
  answers.set('group.disarm', failure);
  expect(await call('maintenance.disarm', { groupId, forMs: null })).toEqual({ ok: false, failure });
});

test.each<[CallName, unknown, string]>([
  ['maintenance.disarm', { groupId, forMs: 5 }, 'forMs'],
  ['maintenance.begin', { groupId, host: 'beta', forMs: null, bringBack: false, how: 'soon' }, 'how'],
  ['maintenance.begin', { groupId, host: '../etc', forMs: null, bringBack: false, how: 'live' }, 'host'],
  ['vm.setPolicy', { ...vm, policy: { maxRestarts: -1 } }, 'policy.maxRestarts'],
  ['vm.screenshot', { groupId }, 'vmId'],
  ['vms.switchOver', { ...vm, to: 'beta' }, 'how'],
  ['vms.switchOver', { ...vm, to: 'beta', how: 'teleport' }, 'how'],
])('%s with %j names the field and asks nobody', async (name, input, field) => {
  expect(await call(name, input)).toMatchObject({ ok: false, failure: { code: 'input.invalid', field } });
  expect(asked).toEqual([]);
});

test('a screenshot comes from the host that runs the VM, as an image that a page may show', async () => {
  expect(await call('vm.screenshot', vm)).toMatchObject({
    ok: true,
    value: { dataUrl: 'data:image/png;base64,iVBORw==', host: 'alpha', width: 2 },
  });
});

test('a switchover is planned with fresh checks, followed, and stopped on the host that it leaves', async () => {
  expect(await call('switchOver.plan', { ...vm, to: null })).toMatchObject({
    ok: true,
    value: {
      from: 'alpha',
      to: 'beta',
      mayBegin: true,
      live: { refused: expect.stringMatching(/^A demo VM/) },
    },
  });
  expect(asked).toEqual([['alpha', 'checkVm', { vm: 'web-shop' }]]);
  const { runId } = await app.handlers['vms.switchOver']({ ...vm, to: 'beta', how: 'shutdown' });
  expect(app.feeds.latest('runs.recent')?.find(({ id }) => id === runId)?.expectedPauseMs ?? 19_500).toBe(
    19_500,
  );
  expect(await call('switchOver.stop', { runId })).toEqual({ ok: true, value: null });
  expect(asked.at(-1)).toEqual(['alpha', 'vm.cancel', { vm: 'web-shop' }]);
  expect(await call('switchOver.stop', { runId: vmId })).toMatchObject({ failure: { code: 'run.unknown' } });
});

test.each<[SwitchoverHow, object]>([
  ['shutdown', { vm: 'web-shop', to: 'beta' }],
  ['live', { vm: 'web-shop', to: 'beta', how: 'live' }],
  ['live-or-shutdown', { vm: 'web-shop', to: 'beta', how: 'live-or-shutdown' }],
])(
  'a switchover by %s is asked for so that agents of one way only understand theirs',
  async (how, params) => {
    const { runId } = await app.handlers['vms.switchOver']({ ...vm, to: 'beta', how });
    await vi.waitFor(() => expect(asked).toEqual([['alpha', 'switchover', params]]), soon);
    await vi.waitFor(() => {
      const run = app.feeds.latest('runs.recent')?.find(({ id }) => id === runId);
      expect(run).toMatchObject({
        isLive: how !== 'shutdown',
        expectedPauseMs: how === 'shutdown' ? 19_500 : 1_000,
      });
    }, soon);
  },
);

test('what would happen, and what is set here, is there from the first view on', async () => {
  await vi.waitFor(
    () => expect(app.feeds.latest('daily.groups')?.[0]?.ifHostDied[0]?.moves).toHaveLength(2),
    soon,
  );
  await vi.waitFor(
    () =>
      expect(app.feeds.latest('settings.values')).toMatchObject({
        startAtLogin: false,
        closeToTray: false,
        refused: { startAtLogin: expect.stringContaining('browser'), closeToTray: expect.any(String) },
      }),
    soon,
  );
  const notifications = { failover: true, protection: false, links: false };
  await call('settings.change', { notifications });
  await vi.waitFor(
    () => expect(app.feeds.latest('settings.values')?.notifications).toEqual(notifications),
    soon,
  );
  await call('app.setTheme', { theme: 'contrast' });
  expect(JSON.parse(readFileSync(join(folder, 'preferences.json'), 'utf8'))).toMatchObject({
    theme: 'contrast',
    notifications,
  });
});

test('a report holds what each host says of itself, and the demo group is not updated', async () => {
  const shown = await app.handlers['diagnostics.preview']({ groupId });
  expect(shown.files.map(({ name }) => name)).toEqual([
    'app.json',
    'incidents.json',
    'Head_office-view.json',
    'Head_office-alpha-status.json',
    'Head_office-alpha-events.json',
    'Head_office-beta-status.json',
    'Head_office-beta-events.json',
  ]);
  expect(shown.files.every(({ preview }) => !/[0-9a-f]{64}/.test(preview))).toBe(true);
  expect(await call('updates.rollOut', { groupId })).toMatchObject({ failure: { code: 'updates.demo' } });
});
