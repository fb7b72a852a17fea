import type { ReadinessReason } from '../../agent/protocol/readiness.ts';
import type { VmActivityView, VmPlace, VmView, Word } from '../ipc/views.ts';
import { listed } from '../ipc/words.ts';
import type { Reporter, VmWord } from './hostSnapshot.ts';
import { isLiveStep, stepText } from './stepText.ts';

type Names = ReadonlyMap<number, string>;
const named = (names: Names, slot: number | null): string | null =>
  slot === null ? null : (names.get(slot) ?? `slot ${slot}`);

/** Whose word counts: of those that answer, the highest generation; there the holder's own; then the freshest. */
function authority(words: readonly [VmWord, ...VmWord[]]): VmWord {
  const fresh = words.filter(({ from }) => from.fresh);
  const isHolder = ({ from, vm }: VmWord): number => Number(vm.holder === from.slot);
  const ranked = (fresh.length > 0 ? fresh : words).toSorted(
    (a, b) => b.vm.generation - a.vm.generation || isHolder(b) - isHolder(a) || a.from.ageMs - b.from.ageMs,
  );
  return ranked[0] ?? words[0];
}

/** The shortest time in which an answering host says that it, or another, may take over from this slot. */
function takeableInMs(reporters: readonly Reporter[], slot: number | null): number | null {
  const times = reporters.flatMap(({ fresh, status, ageMs }) => {
    const host = fresh ? status.hosts.find((known) => known.slot === slot) : undefined;
    if (host === undefined || host.takeableInMs === null) return [];
    return [Math.max(0, host.takeableInMs - ageMs)];
  });
  return times.length === 0 ? null : Math.min(...times);
}

/** An answering host sees this one alive. One look at the store that came just too early for its next sign changes nothing. */
function isSeenAlive(reporters: readonly Reporter[], slot: number | null): boolean {
  return reporters
    .filter(({ fresh }) => fresh)
    .flatMap(({ status }) => status.hosts.filter((known) => known.slot === slot))
    .some(({ state, lease }) => state === 'alive' || (state === 'late' && lease === 'fresh'));
}

const isPresent = (here: VmWord['vm']['here']): here is 'running' | 'paused' | 'frozen' | 'starting' =>
  here === 'running' || here === 'paused' || here === 'frozen' || here === 'starting';

function placeOf(
  words: readonly [VmWord, ...VmWord[]],
  main: VmWord,
  reporters: readonly Reporter[],
  names: Names,
): VmPlace {
  const fresh = words.filter(({ from }) => from.fresh);
  const holder = named(names, main.vm.holder);
  if (fresh.length === 0) {
    const last = words.find(({ vm }) => isPresent(vm.here))?.from.name ?? holder;
    return { kind: 'not-known', lastOn: last };
  }
  const running = fresh.filter(({ vm }) => vm.here === 'running');
  if (running.length > 1) return { kind: 'twice', hosts: running.map(({ from }) => from.name) };
  const present = running[0] ?? fresh.find(({ vm }) => isPresent(vm.here));
  if (present !== undefined && isPresent(present.vm.here)) {
    const { from, vm } = present;
    const forMs = vm.runningSinceMs === null ? null : from.status.nowMs - vm.runningSinceMs + from.ageMs;
    return { kind: present.vm.here, host: from.name, forMs };
  }
  if (main.vm.desired === 'stopped') return { kind: 'stopped' };
  const lastHostAnswers = reporters.some(({ fresh: answers, slot }) => answers && slot === main.vm.holder);
  if (!lastHostAnswers && isSeenAlive(reporters, main.vm.holder) && holder !== null)
    return { kind: 'held', host: holder };
  return {
    kind: 'waiting',
    lastOn: holder,
    lastHostAnswers,
    takeoverInMs: lastHostAnswers ? null : takeableInMs(reporters, main.vm.holder),
  };
}

function activityOf(words: readonly VmWord[], names: Names): VmActivityView | null {
  const all = words.filter(({ from, vm }) => from.fresh && vm.activity !== null);
  // While a guest moves both hosts are at it. The one that it leaves knows where to, and can stop it.
  const busy = all.find(({ vm }) => vm.activity?.step !== 'receive') ?? all[0];
  const activity = busy?.vm.activity;
  if (busy === undefined || activity === null || activity === undefined) return null;
  return {
    kind: activity.kind,
    step: stepText(activity.step),
    forMs: Math.max(0, busy.from.status.nowMs - activity.sinceMs + busy.from.ageMs),
    on: busy.from.name,
    to: named(names, activity.to),
    mayStop: activity.mayStop ?? false,
    isLive: isLiveStep(activity.step),
    progress: activity.progress ?? null,
  };
}

/** Nothing but a maintenance that somebody asked for keeps it from being failed over. */
function isPausedByMaintenance({ reasons }: VmView['readiness']): boolean {
  const grave = reasons.filter(({ weight }) => weight === 'unprotected');
  return grave.length > 0 && grave.every(({ code }) => code === 'ready.standby-in-maintenance');
}

function wordOf(
  place: VmPlace,
  readiness: VmView['readiness'],
  level: VmView['readiness']['level'],
  busy: boolean,
  disarmed: boolean,
): Word {
  if (place.kind === 'not-known') return 'not-known';
  if (place.kind === 'twice') return 'not-protected';
  if (busy) return 'working';
  if (disarmed) return 'paused';
  if (place.kind === 'waiting') return place.takeoverInMs === null ? 'not-protected' : 'working';
  if (isPausedByMaintenance(readiness)) return 'paused';
  const words: Record<typeof level, Word> = {
    protected: 'protected',
    degraded: 'at-risk',
    unprotected: 'not-protected',
  };
  return words[level];
}

/** Standbys that answer but go by an older decision or intent: were they to act now, they would act on that. */
function behind(words: readonly VmWord[], main: VmWord): readonly ReadinessReason[] {
  const late = words.filter(
    ({ from, vm }) =>
      from.fresh &&
      (vm.generation < main.vm.generation || vm.desired !== main.vm.desired) &&
      vm.hosts.includes(from.slot),
  );
  if (late.length === 0) return [];
  const names = listed(late.map(({ from }) => from.name));
  const message = `${names} has not read the newest state of ${main.vm.name} from the store yet.`;
  return [{ code: 'ready.standby-behind', weight: 'degraded', message }];
}

/** One VM as it is shown, from all that the hosts say about it. */
export function vmView(
  words: readonly [VmWord, ...VmWord[]],
  reporters: readonly Reporter[],
  names: Names,
  disarmed: boolean,
): VmView {
  const main = authority(words);
  const { vm, from } = main;
  const place = placeOf(words, main, reporters, names);
  const activity = activityOf(words, names);
  const late = behind(words, main);
  const level = late.length > 0 && vm.readiness.level === 'protected' ? 'degraded' : vm.readiness.level;
  const configured = from.status.group?.vms.find(({ token }) => token === vm.token);
  return {
    id: vm.vm,
    name: vm.name,
    token: vm.token,
    generation: vm.generation,
    holder: named(names, vm.holder),
    place,
    desired: vm.desired,
    readiness: { level, reasons: [...vm.readiness.reasons, ...late] },
    word: wordOf(place, vm.readiness, level, activity !== null, disarmed),
    activity,
    hosts: vm.hosts.map((slot) => named(names, slot) ?? `slot ${slot}`),
    memoryMiB: configured?.memoryMiB ?? null,
    policy: vm.policy,
    health: vm.health ?? null,
    definitionInSync: vm.definitionInSync,
    reportedBy: from.name,
    ageMs: from.ageMs,
    fresh: from.fresh,
  };
}
