import type { ScenarioVm } from '../scenario/scenario.ts';
import type { Random } from '../world/random.ts';
import type { Plan } from './plan.ts';

/** Hosts that lose their way out, or say of themselves that they fail: what sends VMs away although nothing is lost. */

const TROUBLED_SHARE = 0.2;
const MOST_SPELLS = 3;
/** Beyond the 10 s after which a bridge counts as dead and the 60 s after which it is back; a sign counts after 2 minutes. */
const UPLINK_DOWN_S = [5, 15, 40, 90] as const;
const HARDWARE_FAILS_S = [30, 200] as const;

/** Draws from a stream of its own, so that worlds without it are what they were. Its VMs have a policy for it. */
export function addTrouble(plan: Plan, random: Random): readonly ScenarioVm[] {
  if (!random.chance(TROUBLED_SHARE)) return plan.vms;
  for (let left = random.between(1, MOST_SPELLS); left > 0; left -= 1) {
    const host = plan.hosts[random.between(0, plan.hosts.length - 1)] ?? '';
    const at = random.next() * plan.healAt;
    if (random.chance(0.7)) {
      const lastsS = random.pick(UPLINK_DOWN_S);
      plan.spell(at, { do: 'uplink-cut', host }, { do: 'uplink-heal', host }, lastsS);
    } else {
      const lastsS = random.pick(HARDWARE_FAILS_S);
      plan.spell(at, { do: 'hardware-fails', host }, { do: 'hardware-heals', host }, lastsS);
    }
  }
  return plan.vms.map((vm) => ({
    ...vm,
    policy: {
      ...vm.policy,
      onIsolation: random.pick(['tell', 'live', 'move', 'move']),
      onDegraded: random.pick(['tell', 'live', 'move']),
    },
  }));
}
