import { join } from 'node:path';
import { vi } from 'vitest';
import { type ControlHandlers, serveControl } from '../../../../agent/control/server.ts';
import { FailureError } from '../../../../agent/protocol/failure.ts';
import type { GroupConfig, HostSettings } from '../../../../agent/protocol/group.ts';
import { sampleStatus } from '../../../../agent/control/testing/sampleStatus.ts';
import type { SetupBench } from './setupBench.ts';
import { later, play, type PlayedHost, soon } from './setupBench.ts';

export const groupId = '6d0f7d3e-0000-4000-8000-000000000001';
const areaId = '6d0f7d3e-0000-4000-8000-000000000002';
const areaPath = '/srv/vms/understudy.area';

/** Two installed hosts whose agents speak the real control protocol and decide together, as a test says. */
export interface PlayedGroup {
  config: GroupConfig;
  readonly hosts: readonly [PlayedHost, PlayedHost];
  /** What the agents were asked, in order. */
  readonly asked: { readonly host: string; readonly method: string; readonly params: unknown }[];
  /** Answers in place of success, by method. */
  readonly refusals: Map<string, (params: Readonly<Record<string, unknown>>) => FailureError | null>;
}

const settingsOf = (name: string, slot: number): HostSettings => ({
  version: 1,
  slot,
  hostName: name,
  hardwareId: `${slot}`.repeat(64),
  groupId,
  areaId,
  areaPath,
  hypervisor: 'libvirt',
  watchdogDevice: '/dev/watchdog0',
  watchdogAttributes: null,
});

const firstConfig = (): GroupConfig => ({
  groupId,
  groupName: 'office',
  areaId,
  generation: 1,
  profile: 'steady',
  disarmed: false,
  hosts: ['alpha', 'beta'].map((name, slot) => ({
    slot,
    name,
    hardwareId: `${slot}`.repeat(64),
    links: [{ link: 0, address: `127.0.0.${slot + 1}`, port: 7677 }],
    acceptSoftwareWatchdog: false,
  })),
  vms: [],
});

export async function playGroup(at: string): Promise<PlayedGroup> {
  const asked: PlayedGroup['asked'] = [];
  const refusals: PlayedGroup['refusals'] = new Map();
  const own: { config: GroupConfig } = { config: firstConfig() };
  const begin = async (name: string, slot: number, port: number): Promise<PlayedHost> => {
    const controlSocket = join(at, `${name}.sock`);
    const handlers = handlersOf((method, params) => {
      asked.push({ host: name, method, params });
      const refusal = refusals.get(method)?.(params as Record<string, unknown>) ?? null;
      if (refusal !== null) throw refusal;
      if (method === 'group.show') return { config: own.config };
      if (method === 'group.replaceHost' || method === 'group.addHost')
        own.config = joined(own.config, params);
      if (method === 'group.removeHost') own.config = left(own.config, params);
      return { text: 'done' };
    });
    const control = await serveControl({
      path: controlSocket,
      groupId: null,
      agentVersion: '9.9.9',
      handlers,
      status: () => ({
        ...sampleStatus,
        self: { ...sampleStatus.self, slot, name },
        group: own.config,
        vms: [],
        links: [],
      }),
      readEvents: async () => ({ events: [], firstSeq: 0, lastSeq: 0 }),
      subscribeEvents: () => () => undefined,
      nowMs: () => performance.now(),
    });
    later(() => control.close());
    const host = await play(name, { controlSocket, listen: { address: `127.0.0.${slot + 1}`, port } });
    host.installed = true;
    host.facts.set('hostSettings', JSON.stringify(settingsOf(name, slot)));
    host.intercept = (script) => {
      if (script.includes('cat /etc/understudy/group.json'))
        return { exitCode: 0, stdout: JSON.stringify(own.config) };
      if (script.includes('group.key')) return { exitCode: 0, stdout: 'ab'.repeat(32) };
      return null;
    };
    return host;
  };
  const alpha = await begin('alpha', 0, 0);
  const beta = await begin('beta', 1, alpha.input.port);
  return {
    get config() {
      return own.config;
    },
    set config(config) {
      own.config = config;
    },
    hosts: [alpha, beta],
    asked,
    refusals,
  };
}

/** One function for all methods: what they do is the test's business, how they are called the protocol's. */
function handlersOf(run: (method: string, params: unknown) => unknown): ControlHandlers {
  const answer = (method: string) => async (params: unknown) => run(method, params);
  return new Proxy({}, { get: (_, method) => answer(String(method)) }) as ControlHandlers;
}

type Machine = Omit<GroupConfig['hosts'][number], 'slot'>;

function joined(config: GroupConfig, params: unknown): GroupConfig {
  const { host, by } = params as { host?: string; by?: Machine };
  const machine = by ?? (params as Machine);
  const slot = Math.max(...config.hosts.map((each) => each.slot)) + 1;
  const others = config.hosts.filter(({ name }) => by === undefined || name !== host);
  return { ...config, generation: config.generation + 1, hosts: [...others, { ...machine, slot }] };
}

function left(config: GroupConfig, params: unknown): GroupConfig {
  const { host } = params as { host: string };
  return {
    ...config,
    generation: config.generation + 1,
    hosts: config.hosts.filter(({ name }) => name !== host),
  };
}

/** Connects through the first host, as a person would who confirms both keys. */
export async function connect(bench: SetupBench, group: PlayedGroup): Promise<void> {
  await bench.app.handlers['setup.begin']({ kind: 'connect', resume: null });
  const adding = bench.app.handlers['setup.addHost'](group.hosts[0].input);
  for (const _ of group.hosts) {
    await bench.answer({ kind: 'accept' });
    await bench.answer({ kind: 'secret', secret: 'pw', remember: false });
  }
  await adding;
  const work = await vi.waitFor(() => {
    const found = bench.app.feeds.latest('work.recent')?.find(({ kind }) => kind === 'connect');
    if (found === undefined) throw new Error('it looks for no other host');
    return found;
  }, soon);
  await bench.done(work.id);
}
