import type { LiveGroup, LiveVm } from '../store/live.ts';
import { standbysOf } from '../text/en.ts';

/** Why no switchover can be asked for at present; null when one can. One place, so that every button says the same. */
export function switchOverRefusal(
  { disarmed, standing }: Pick<LiveGroup, 'disarmed' | 'standing'>,
  vm: LiveVm,
): string | null {
  if (disarmed) return 'Protection is paused for the group.';
  if (vm.activity !== null) return `${vm.name} is busy: ${vm.activity.step}.`;
  if (vm.place.kind === 'not-known') return `Where ${vm.name} runs is not known now.`;
  if (vm.place.kind !== 'running') return `${vm.name} is not running.`;
  const standbys = standing.filter(({ name }) => standbysOf(vm).includes(name));
  if (standbys.length === 0) return `${vm.name} has no other host.`;
  if (!standbys.some(({ up }) => up)) return 'No other host of this VM is up.';
  return null;
}
