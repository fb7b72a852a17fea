import type { GroupView, RunView } from '../../../electron/ipc/views.ts';
import { useWindow, type WindowState } from './store.ts';

/** Older than this, a value is drawn as old; the same three beats as in the app. */
export const OLD_AFTER_MS = 3_500;

const none: readonly never[] = [];

function currentGroup({ views, route }: WindowState): GroupView | null {
  const groups = views?.value ?? none;
  return groups.find(({ id }) => id === route.groupId) ?? groups[0] ?? null;
}

/** The group that the window shows: the one in the address, else the first that is open. */
export const useGroup = (): GroupView | null => useWindow(currentGroup);

/** How old a value is now that was `ageMs` old when its view was made. Whole seconds, so that rows redraw once a second. */
export function useAge(ageMs: number): number {
  return useWindow(({ nowMs, views }) => {
    const age = ageMs + Math.max(0, nowMs - (views?.atMs ?? nowMs));
    return Math.round(age / 1000) * 1000;
  });
}

/** Time that has passed since the views came in: added to every duration they carry. */
export const useViewAge = (): number =>
  useWindow(({ nowMs, views }) => Math.max(0, Math.round((nowMs - (views?.atMs ?? nowMs)) / 1000) * 1000));

/** A run's own seconds go on while it is under way. */
export function useElapsed(run: RunView): number {
  return useWindow(({ nowMs, runs }) =>
    run.state === 'under-way' ? run.elapsedMs + Math.max(0, nowMs - (runs?.atMs ?? nowMs)) : run.elapsedMs,
  );
}

/** No view has come for a while: the app is gone or stuck, and everything on the screen is the past. */
export const useAppSilent = (): boolean =>
  useWindow(
    ({ nowMs, views, link }) =>
      link.kind === 'lost' || (views !== null && nowMs - views.atMs > 2 * OLD_AFTER_MS),
  );
