import { beforeEach, expect, test, vi } from 'vitest';
import { createEngine } from '../core/engine/state.ts';
import { FakeGroup } from '../core/engine/testing/fakeGroup.ts';
import type { EngineEvent } from '../core/engine/types.ts';
import type { Drills } from '../drill/drills.ts';
import type { Definitions } from '../definitions/definitions.ts';
import { type Hypervisor, HypervisorError } from '../hypervisor/hypervisor.ts';
import { controlHandlers } from './controlHandlers.ts';
import type { NotifyDesk } from '../notify/desk.ts';
import { EngineShell } from './engineShell.ts';
import { type KeeperLink, KeeperRefusal } from './keeperLink.ts';

const request = vi.fn<KeeperLink['request']>();
const inspect = vi.fn<Hypervisor['inspect']>();
const announce = vi.fn<Hypervisor['announce']>();
const changed = vi.fn<() => void>();
let events: EngineEvent[];
let shell: EngineShell;
let group: FakeGroup;

/** Only what these tests reach. */
function parts(): { hypervisor: Hypervisor; definitions: Definitions } {
  const hypervisor: Partial<Hypervisor> = { inspect, announce };
  const definitions: Partial<Definitions> = {
    perform: () => Promise.reject(new Error('the disk is full')),
  };
  return { hypervisor: hypervisor as Hypervisor, definitions: definitions as Definitions };
}

beforeEach(() => {
  vi.resetAllMocks();
  events = [];
  group = new FakeGroup(2, []);
  shell = new EngineShell({
    engine: createEngine({ slot: 0, hostName: 'h1', needsRealTime: true, memory: null, definitions: [] }),
    nowMs: () => group.nowMs,
    keeper: { request },
    moves: { migrate: () => Promise.resolve(), cancel: () => {} },
    ...parts(),
    tell: (event) => events.push(event),
    remember: () => {},
    changed,
  });
  const web = {
    vm: '7d8f3c52-0a1b-4c2d-8e3f-000000000001',
    name: 'web',
    state: 'stopped',
    reason: 'unknown',
  } as const;
  shell.feed({ kind: 'hypervisor', version: '9.0.0', domains: [web] });
  shell.feed({ kind: 'view', view: group.viewOf(group.host('h1')) });
});

const screenshot = vi.fn<Hypervisor['screenshot']>();
const handlers = () =>
  controlHandlers({
    shell,
    screenshot: (vm) => screenshot(vm, 1000),
    pullPlug: null,
    checkLive: () => Promise.resolve([]),
    leave: () => Promise.resolve(),
    notify: {
      show: vi.fn<NotifyDesk['show']>(),
      set: vi.fn<NotifyDesk['set']>(),
      test: vi.fn<NotifyDesk['test']>(),
    },
    drills: {
      begin: vi.fn<Drills['begin']>(),
      stop: vi.fn<Drills['stop']>(),
      show: vi.fn<Drills['show']>(),
      picture: vi.fn<Drills['picture']>(),
    },
  });

test('a command goes through the engine, and the refusal of a part becomes the refusal of the command', async () => {
  const failure = { code: 'hypervisor.refused', message: 'libvirt: no.' };
  inspect.mockRejectedValueOnce(new HypervisorError(failure, true));
  await expect(handlers().checkVm({ vm: 'web' })).rejects.toMatchObject({ failure });
});

test('findings come back as they were found', async () => {
  const description = { ...group.description, hostDevices: ['hostdev'] };
  inspect.mockResolvedValueOnce({ description, places: { bridges: ['br0'], networks: [] } });
  const { findings } = await handlers().checkVm({ vm: 'web' });
  expect(findings.map((finding) => finding.failure.code)).toEqual(['vm.host-device']);
});

test("the keeper's refusal of a configuration reaches the one who asked", async () => {
  const failure = { code: 'config.contended', message: 'Later.' };
  request.mockRejectedValueOnce(new KeeperRefusal(failure, true));
  await expect(handlers()['group.profile']({ profile: 'steady' })).rejects.toMatchObject({ failure });
  expect(request.mock.calls[0]?.[0]).toMatchObject({ kind: 'proposeConfig', config: { profile: 'steady' } });
});

test('inputs that arise while one is being worked on are worked on in their order, each once', () => {
  let inner = 0;
  changed.mockClear();
  changed.mockImplementation(() => {
    inner += 1;
    if (inner === 1) shell.feed({ kind: 'tick' });
  });
  shell.feed({ kind: 'tick' });
  expect(changed).toHaveBeenCalledTimes(2);
});

test('a real host does not have its plug pulled', async () => {
  await expect(handlers()['demo.pullPlug']({})).rejects.toMatchObject({
    failure: { code: 'demo.real-host' },
  });
});

test('a host without a keeper refuses every command and says why', async () => {
  shell.feed({ kind: 'keeperLost' });
  await expect(handlers()['vm.start']({ vm: 'web' })).rejects.toMatchObject({
    failure: { code: 'keeper.gone' },
  });
  expect(events.map((event) => event.code)).toEqual(['hypervisor.connected']);
});

test('switches that could not be told where a VM runs are an event, and the VM runs', async () => {
  const failing = new FakeGroup(2, [{}]).settle('h1');
  const [vm] = failing.config.vms;
  const taker = failing.host('h2');
  const activity = () => taker.engine.vms.get(vm?.vm ?? '')?.activity ?? null;
  failing.host('h1').powerOff();
  for (let steps = 0; activity()?.step !== 'endStart' && steps < 1000; steps += 1) failing.run(50);
  const told: string[] = [];
  const other = new EngineShell({
    engine: taker.engine,
    nowMs: () => failing.nowMs,
    keeper: { request },
    moves: { migrate: () => Promise.resolve(), cancel: () => {} },
    ...parts(),
    tell: ({ code }) => told.push(code),
    remember: () => {},
    changed,
  });
  const no = new HypervisorError({ code: 'hypervisor.refused', message: 'No.' }, true);
  inspect.mockRejectedValue(no);
  announce.mockRejectedValueOnce(no);
  const operation = activity()?.operation ?? 0;
  other.feed({ kind: 'result', operation, outcome: { kind: 'done', value: { kind: 'nothing' } } });
  await vi.waitFor(() => expect(told).toEqual(expect.arrayContaining(['vm.started', 'vm.announce-failed'])));
  expect(announce).toHaveBeenCalledWith(vm?.vm, expect.any(Number));
  expect(other.engine.vms.get(vm?.vm ?? '')?.activity).toBeNull();
});
