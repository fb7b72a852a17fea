import { MAX_TOLD_BRIDGES } from '../../protocol/hostCondition.ts';
import { noUplinks, type Uplink, type UplinkLook, type Uplinks } from './uplinkState.ts';
import { protectedVm, tell, type Draft, type EngineState } from './state.ts';

/**
 * The ways out of the bridges that protected VMs use. A guest whose bridge has lost its way out runs on and is reached by
 * nobody, while store and leases are fine: no takeover comes of that, only a planned move (trouble.ts).
 */

/** A card that negotiates anew, or a switch that restarts one port, is back within a few seconds. */
export const UPLINK_DEAD_AFTER_MS = 10_000;
/** A port of a switch with spanning tree passes nothing for twice its forward delay (15 s by default), and links flap. */
export const UPLINK_BACK_AFTER_MS = 60_000;
/** Looks come every 2 s. What was seen before is no ground for a move. */
const LOOK_STALE_AFTER_MS = 10_000;

/** What is known now; nothing while the looks do not come. */
export function uplinksNow(state: Pick<EngineState, 'uplinks'>, nowMs: number): Uplinks {
  return nowMs - state.uplinks.lookedAtMs <= LOOK_STALE_AFTER_MS ? state.uplinks : noUplinks;
}

export function heardUplinks(draft: Draft, look: UplinkLook): void {
  const before = uplinksNow(draft, draft.nowMs).bridges;
  const bridges = new Map<string, Uplink>();
  for (const { bridge, uplink } of look.bridges) {
    const known = before.get(bridge);
    // A bridge that never had a way out is a network inside the host. One that had has lost the card itself.
    if (uplink === 'unknown' || (uplink === 'none' && known === undefined)) continue;
    bridges.set(bridge, settle(known, uplink === 'up' ? 'up' : 'down', draft.nowMs));
  }
  const vms = new Map(look.vms.map(({ vm, bridges: names }) => [vm, names]));
  draft.uplinks = { ...draft.uplinks, lookedAtMs: draft.nowMs, bridges, vms };
  for (const [bridge, { settled }] of bridges) {
    const was = before.get(bridge)?.settled;
    if (settled === 'down' && was !== 'down') tellLost(draft, bridge);
    if (settled === 'up' && was === 'down') tellBack(draft, bridge);
  }
}

function settle(known: Uplink | undefined, seen: 'up' | 'down', nowMs: number): Uplink {
  // At the first look nothing speaks against a link that is up.
  if (known === undefined) return { settled: seen === 'up' ? 'up' : null, seen, sinceMs: nowMs };
  if (known.seen !== seen) return { settled: known.settled, seen, sinceMs: nowMs };
  const waitMs = seen === 'up' ? UPLINK_BACK_AFTER_MS : UPLINK_DEAD_AFTER_MS;
  return nowMs - known.sinceMs >= waitMs ? { ...known, settled: seen } : known;
}

const MAX_NAMED = 5;

function vmsOn(draft: Draft, bridge: string): string {
  const names = [...draft.uplinks.vms].flatMap(([vm, bridges]) =>
    bridges.includes(bridge) ? [protectedVm(draft, vm)?.name ?? vm] : [],
  );
  const rest = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : '';
  return `${names.slice(0, MAX_NAMED).join(', ')}${rest}`;
}

function tellLost(draft: Draft, bridge: string): void {
  const vms = vmsOn(draft, bridge);
  tell(draft, {
    code: 'host.uplink-lost',
    level: 'alarm',
    text: `The bridge "${bridge}" of ${draft.setup.hostName} has lost its way out: VMs on it (${vms}) can't be reached while they run there. Check cable and switch.`,
    facts: { bridge, vms },
  });
}

function tellBack(draft: Draft, bridge: string): void {
  tell(draft, {
    code: 'host.uplink-back',
    level: 'notice',
    text: `The bridge "${bridge}" of ${draft.setup.hostName} has its way out again.`,
    facts: { bridge, vms: vmsOn(draft, bridge) },
  });
}

/** Bridges that are told to the others, by whether they lead out; null: none is known. One that is just changing is neither. */
export function uplinksTold(
  state: Pick<EngineState, 'uplinks'>,
  nowMs: number,
): { readonly up: string[]; readonly down: string[] } | null {
  const { bridges } = uplinksNow(state, nowMs);
  if (bridges.size === 0) return null;
  const named = (is: 'up' | 'down'): string[] =>
    [...bridges]
      .filter(([, { settled, seen }]) => settled === is && seen === is)
      .map(([bridge]) => bridge)
      .slice(0, MAX_TOLD_BRIDGES);
  return { up: named('up'), down: named('down') };
}

/** The VM's bridges on this host that lead, or led, out of it; and those of them that are dead now. */
export function bridgesOf(
  state: Pick<EngineState, 'uplinks'>,
  vm: string,
  nowMs: number,
): { readonly needed: readonly string[]; readonly dead: readonly string[]; readonly sinceMs: number } {
  const { bridges, vms } = uplinksNow(state, nowMs);
  const needed = (vms.get(vm) ?? []).filter((bridge) => bridges.has(bridge));
  const isDead = (bridge: string): boolean => {
    const uplink = bridges.get(bridge);
    return uplink?.settled === 'down' && uplink.seen === 'down';
  };
  const dead = needed.filter(isDead);
  return { needed, dead, sinceMs: Math.max(0, ...dead.map((bridge) => bridges.get(bridge)?.sinceMs ?? 0)) };
}
