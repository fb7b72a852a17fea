import type { EngineState } from '../../../agent/core/engine/state.ts';
import { conditionOf } from '../../../agent/core/engine/uplinks.ts';
import type { UplinkLook } from '../../../agent/core/engine/uplinkState.ts';
import type { HostCondition } from '../../../agent/protocol/hostCondition.ts';
import type { Host } from './host.ts';
import type { Site } from './site.ts';
import type { StepOf } from './verbs.ts';
import type { World } from './world.ts';

/** As in agent/service/uplinkWatch.ts. */
export const UPLINKS_EVERY_MS = 2000;
/** Every VM of the world is on the same bridge of its host, below which lies one card. */
const BRIDGE = 'br0';

/** What an agent sees of its host's bridge. */
export function uplinkLook(host: Host, engine: EngineState | null): Omit<UplinkLook, 'nowMs'> {
  const uplink = host.uplink ?? 'unknown';
  const vms = (engine?.view?.config?.vms ?? []).map(({ vm }) => ({ vm, bridges: [BRIDGE] }));
  return { kind: 'uplinks', bridges: [{ bridge: BRIDGE, uplink }], vms };
}

/** What its heartbeats say of it. */
export function toldCondition({ host, agent }: Site): HostCondition | null {
  return agent.engine === null ? null : conditionOf(agent.engine, host.nowMs);
}

export function onUplink(world: World, site: Site, step: StepOf<'uplink-cut' | 'uplink-heal'>): void {
  const { host } = site;
  world.calm.happened('host', world.queue.nowMs);
  host.uplink = step.do === 'uplink-cut' ? 'down' : 'up';
  world.tell(
    host.slot,
    step.do === 'uplink-cut'
      ? 'The cable of its bridge is pulled: nobody reaches its guests.'
      : 'The cable of its bridge is in again.',
  );
}
