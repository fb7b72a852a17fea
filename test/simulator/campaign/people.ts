import type { Act, Plan, Weighted } from './plan.ts';

/** What administrators do, mostly at the worst moment. */
export const adminFaults: readonly Weighted[] = [
  [5, switchover],
  [2, (plan, at) => plan.onVm(at, (vm) => ({ do: 'admin', command: 'stop', vm }))],
  [3, (plan, at) => plan.onVm(at, (vm) => ({ do: 'admin', command: 'start', vm }))],
  [2, byHand],
  [2, maintenance],
  [2, (plan, at) => plan.spell(at, { do: 'admin', command: 'disarm' }, { do: 'admin', command: 'arm' })],
  [1, changeProfile],
  [1, unprotect],
  [2, twoPeople],
];

function switchover(plan: Plan, at: number): void {
  const to = plan.random.chance(0.7) ? plan.host() : undefined;
  plan.onVm(at, (vm) => ({ do: 'admin', command: 'switchover', vm, ...(to === undefined ? {} : { to }) }));
}

/** Past the agent, also on the wrong host. */
function byHand(plan: Plan, at: number): void {
  const command = plan.random.pick(['start', 'start', 'stop'] as const);
  plan.onVm(at, (vm) => ({ do: 'admin', command, vm, host: plan.host(), with: 'virsh' }));
}

function maintenance(plan: Plan, at: number): void {
  const about = plan.random.chance(0.7) ? { host: plan.host() } : { vm: plan.vm() ?? undefined };
  if ('vm' in about && about.vm === undefined) return;
  plan.spell(
    at,
    { do: 'admin', command: 'maintenance-on', ...about },
    { do: 'admin', command: 'maintenance-off', ...about },
  );
}

function changeProfile(plan: Plan, at: number): void {
  const profile = plan.random.pick(['swift', 'steady', 'patient'] as const);
  plan.add(at, { do: 'admin', command: 'profile', profile, host: plan.host() });
}

/** And protected again, sometimes at once. */
function unprotect(plan: Plan, at: number): void {
  const vm = plan.vm();
  if (vm !== null)
    plan.spell(at, { do: 'admin', command: 'unprotect', vm }, { do: 'admin', command: 'protect', vm });
}

/** Two administrators change the group at once, each at another host. */
function twoPeople(plan: Plan, at: number): void {
  for (const host of plan.hosts.slice(0, 3)) {
    plan.add(at + plan.random.next() * plan.random.pick([0.005, 0.03, 0.5]), groupCommand(plan, host));
  }
}

export function groupCommand(plan: Plan, host: string): Act {
  const command = plan.random.pick([
    'disarm',
    'arm',
    'profile',
    'maintenance-on',
    'maintenance-off',
  ] as const);
  if (command === 'profile')
    return { do: 'admin', command, host, profile: plan.random.pick(['swift', 'steady'] as const) };
  return { do: 'admin', command, host };
}
