import type { RunView } from '../../../electron/ipc/views.ts';
import { age, placeWords } from '../text/en.ts';
import type { LiveDaily, LiveGroup, LiveVm } from './live.ts';
import { useWindow, type WindowState } from './store.ts';

/** Older than this, a value is drawn as old; the same three beats as in the app. */
export const OLD_AFTER_MS = 3_500;

const none: readonly LiveGroup[] = [];

/** The group in the address, else the first that is open. */
export function currentGroup({ groups, route }: WindowState): LiveGroup | null {
  const open = groups ?? none;
  return open.find(({ id }) => id === route.groupId) ?? open[0] ?? null;
}

/** The group that the window shows: the one in the address, else the first that is open. */
export const useGroup = (): LiveGroup | null => useWindow(currentGroup);

/** What is told of a group day by day; null until the app has told it. */
export const useDaily = (groupId: string): LiveDaily | null =>
  useWindow(({ daily }) => daily.find((each) => each.groupId === groupId) ?? null);

/** Whole seconds, so that what counts is drawn again once a second, not at every view. */
const wholeSeconds = (ms: number): number => Math.round(Math.max(0, ms) / 1000) * 1000;

/** How much time has passed since `atMs`: added to every duration that was true then. */
export const useLater = (atMs: number): number => useWindow(({ nowMs }) => wholeSeconds(nowMs - atMs));

/** How old a value is now that was `ageMs` old at `atMs`. */
export const useAge = (ageMs: number, atMs: number): number =>
  useWindow(({ nowMs }) => wholeSeconds(ageMs + nowMs - atMs));

/** Since when or until when a VM is where it is, in words: drawn again when the words change, not each second. */
export const usePlaceDetail = ({ place, atMs }: Pick<LiveVm, 'place' | 'atMs'>): string | null =>
  useWindow(({ nowMs }) => placeWords(place, wholeSeconds(nowMs - atMs)).detail);

/** In words, how old the word of the host is that reported this VM. One string for all its VMs: few are drawn again. */
export const useReportAge = (groupId: string, { reportedBy }: Pick<LiveVm, 'reportedBy'>): string =>
  useWindow(({ groups, nowMs }) => {
    const host = groups?.find(({ id }) => id === groupId)?.hosts.find(({ name }) => name === reportedBy);
    if (host === undefined || host.report === null) return 'not known';
    return age(wholeSeconds(host.report.ageMs + nowMs - host.atMs));
  });

/** A run's own seconds go on while it is under way. */
export function useElapsed(run: RunView): number {
  return useWindow(({ nowMs, runs }) =>
    run.state === 'under-way' ? run.elapsedMs + Math.max(0, nowMs - (runs?.atMs ?? nowMs)) : run.elapsedMs,
  );
}

/** No view has come for a while: the app is gone or stuck, and everything on the screen is the past. */
export const useAppSilent = (): boolean =>
  useWindow(
    ({ nowMs, groups, groupsAtMs, link }) =>
      link.kind === 'lost' || (groups !== null && nowMs - groupsAtMs > 2 * OLD_AFTER_MS),
  );
