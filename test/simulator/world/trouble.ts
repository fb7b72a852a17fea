import type { EngineState } from '../../../agent/core/engine/state.ts';
import { conditionOf } from '../../../agent/core/engine/condition.ts';
import type { UplinkLook } from '../../../agent/core/engine/uplinkState.ts';
import type { SignLook } from '../../../agent/core/engine/signState.ts';
import type { HostCondition } from '../../../agent/protocol/hostCondition.ts';
import type { Host } from './host.ts';
import type { Site } from './site.ts';
import type { StepOf } from './verbs.ts';
import type { World } from './world.ts';

/** As in agent/service/uplinkWatch.ts. */
export const UPLINKS_EVERY_MS = 2000;
/** Every VM of the world is on the same bridge of its host, below which lies one card. */
const BRIDGE = 'br0';

/** Only where the scenario needs it is there something to look at: looks are inputs of the engine, and cost time. */
export function beginTrouble({ scenario, sites }: Pick<World, 'scenario' | 'sites'>): void {
  for (const { host } of sites) {
    if (scenario.steps.some((step) => step.do === 'uplink-cut')) host.uplink = 'up';
    if (scenario.steps.some((step) => step.do === 'hardware-fails')) host.hardware = 'fine';
  }
}

/** What an agent sees of its host's bridge. */
export function uplinkLook(host: Host, engine: EngineState | null): Omit<UplinkLook, 'nowMs'> {
  const uplink = host.uplink ?? 'unknown';
  const vms = (engine?.view?.config?.vms ?? []).map(({ vm }) => ({ vm, bridges: [BRIDGE] }));
  return { kind: 'uplinks', bridges: [{ bridge: BRIDGE, uplink }], vms };
}

/** As in agent/signs/signWatch.ts. */
export const SIGNS_EVERY_MS = 60_000;

export function signLook({ hardware }: Host): Omit<SignLook, 'nowMs'> {
  if (hardware === null) return { kind: 'signs', readings: [] };
  const evidence =
    hardware === 'failing' ? 'sda: it says of itself that it fails' : 'sda: passes its own test';
  return { kind: 'signs', readings: [{ sign: 'disk', level: hardware, evidence }] };
}

/** What its heartbeats say of it. */
export function toldCondition({ host, agent }: Site): HostCondition | null {
  const isLooked = host.uplink !== null || host.hardware !== null;
  return agent.engine === null || !isLooked ? null : conditionOf(agent.engine, host.nowMs);
}

export function onHardware(
  world: World,
  { host }: Site,
  step: StepOf<'hardware-fails' | 'hardware-heals'>,
): void {
  mark(world, `hardware ${host.slot}`, step.do === 'hardware-fails');
  host.hardware = step.do === 'hardware-fails' ? 'failing' : 'fine';
  world.tell(
    host.slot,
    step.do === 'hardware-fails'
      ? 'Its disk says of itself that it fails.'
      : 'Its disk was replaced and is well.',
  );
}

export function onUplink(world: World, site: Site, step: StepOf<'uplink-cut' | 'uplink-heal'>): void {
  const { host } = site;
  mark(world, `uplink ${host.slot}`, step.do === 'uplink-cut');
  host.uplink = step.do === 'uplink-cut' ? 'down' : 'up';
  world.tell(
    host.slot,
    step.do === 'uplink-cut'
      ? 'The cable of its bridge is pulled: nobody reaches its guests.'
      : 'The cable of its bridge is in again.',
  );
}

/** As long as it lasts, and a while longer, hosts may move VMs by themselves. */
function mark(world: World, key: string, isOn: boolean): void {
  world.calm.happened('host', world.queue.nowMs);
  if (isOn) world.calm.begin('host', key, world.queue.nowMs);
  else world.calm.end(key, world.queue.nowMs);
}
