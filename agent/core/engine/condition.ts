import type { HostCondition } from '../../protocol/hostCondition.ts';
import { hardwareTold } from './signs.ts';
import type { EngineState } from './state.ts';
import { uplinksTold } from './uplinks.ts';

/** What this host tells the others of itself; null: it knows nothing that they could go by. */
export function conditionOf(
  state: Pick<EngineState, 'uplinks' | 'signs'>,
  nowMs: number,
): HostCondition | null {
  const uplinks = uplinksTold(state, nowMs);
  const hardware = hardwareTold(state, nowMs);
  if (uplinks === null && hardware === null) return null;
  const { up, down } = uplinks ?? { up: [], down: [] };
  return { uplinksUp: up, uplinksDown: down, ...(hardware === null ? {} : { hardware }) };
}
