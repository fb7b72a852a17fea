import { readiness } from '../../../agent/core/engine/readiness.ts';
import type { Vm } from './guests.ts';
import type { ReadinessLevel } from './result.ts';
import type { Site } from './site.ts';

const LEVELS: readonly ReadinessLevel[] = ['protected', 'degraded', 'unprotected'];

/** As the agent that answers for the VM says now: its holder's, else the worst of the others'; null: nobody says. */
export function readinessOf(vm: Vm, sites: readonly Site[]): ReadinessLevel | null {
  let worst: ReadinessLevel | null = null;
  for (const { agent, host } of sites) {
    const { engine } = agent;
    const entry = engine?.view?.config?.vms.find((one) => one.vm === vm.uuid);
    if (engine === null || !agent.process.isListening || entry === undefined) continue;
    const { level } = readiness(engine, entry, host.nowMs);
    if (engine.view?.tokens.find((one) => one.token === entry.token)?.mine === true) return level;
    if (worst === null || LEVELS.indexOf(level) > LEVELS.indexOf(worst)) worst = level;
  }
  return worst;
}
