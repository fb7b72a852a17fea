import type { PauseStatus } from '../../protocol/control.ts';
import type { GroupConfig, Pause } from '../../protocol/group.ts';
import { beginAdmin } from './adminFlow.ts';
import { isUsableHost, RANK_DELAY_MS } from './candidates.ts';
import { configOf, type Draft, type EngineState, freshView } from './state.ts';
import type { AdminCommand } from './types.ts';

/** The end of a pause that could not be decided (the store is away, another change came first) is tried again. */
const END_RETRY_MS = 10_000;

interface Running {
  /** null: the whole group is disarmed. */
  readonly slot: number | null;
  readonly pause: Pause;
}

function running(config: GroupConfig): readonly Running[] {
  return [
    ...(config.disarm === undefined ? [] : [{ slot: null, pause: config.disarm }]),
    ...(config.maintenance ?? []),
  ];
}

/**
 * Fixes, once, when each pause ends on this host's boot clock. A host that sees a pause begin counts its length from
 * then. One that finds it there (it was started meanwhile) goes by its wall clock, but never beyond the whole length
 * from now: a clock that is wrong can only bring protection back early, or as late as if the pause began again.
 */
export function notePauses(draft: Draft): void {
  const config = configOf(draft);
  if (config === null) return;
  const pauses = running(config).map(({ pause }) => pause);
  const isNew = pauses.some(({ since, forMs }) => forMs !== null && !draft.pauseEnds.has(since));
  const isOver = [...draft.pauseEnds.keys()].some((since) => !pauses.some((pause) => pause.since === since));
  if (isNew || isOver) {
    draft.pauseEnds = new Map(
      pauses.flatMap((pause) =>
        pause.forMs === null
          ? []
          : [[pause.since, draft.pauseEnds.get(pause.since) ?? endsAtMs(draft, pause, pause.forMs)]],
      ),
    );
  }
  draft.seenGeneration = Math.max(draft.seenGeneration, config.generation);
}

function endsAtMs(draft: Draft, pause: Pause, forMs: number): number {
  const sawItBegin = draft.seenGeneration > 0 && draft.seenGeneration < pause.since;
  if (sawItBegin || draft.wallClock === null || pause.untilWallMs === null) return draft.nowMs + forMs;
  const wallNowMs = draft.wallClock.wallMs + (draft.nowMs - draft.wallClock.atMs);
  return draft.nowMs + Math.min(forMs, Math.max(0, pause.untilWallMs - wallNowMs));
}

/**
 * Any host ends a pause whose time is over: the one that was put into maintenance may be switched off. Those that are
 * alive take turns by their slots, so that two do not propose the same change at once.
 */
export function endDuePause(draft: Draft): void {
  const view = freshView(draft, draft.nowMs);
  const config = configOf(draft);
  if (view?.phase !== 'alive' || config === null || draft.admin !== null) return;
  if (draft.nowMs < draft.pauseRetryAtMs) return;
  const before = config.hosts.filter(({ slot }) => slot < view.slot && isUsableHost(view, slot)).length;
  const turnMs = before * RANK_DELAY_MS;
  const due = running(config).find(({ pause }) => {
    const endMs = draft.pauseEnds.get(pause.since);
    return endMs !== undefined && draft.nowMs >= endMs + turnMs;
  });
  const command = due === undefined ? null : endOf(config, due);
  if (command === null) return;
  draft.pauseRetryAtMs = draft.nowMs + END_RETRY_MS;
  beginAdmin(draft, view, config, null, command);
}

function endOf(
  config: GroupConfig,
  { slot }: Running,
): Extract<AdminCommand, { kind: 'arm' | 'maintenance' }> | null {
  if (slot === null) return { kind: 'arm' };
  const host = config.hosts.find((one) => one.slot === slot)?.name;
  return host === undefined ? null : { kind: 'maintenance', host, on: false };
}

/** What is paused now, with the time that is left by this host's boot clock. */
export function pauseStatuses(state: EngineState, nowMs: number): PauseStatus[] {
  const config = configOf(state);
  if (config === null) return [];
  return running(config).map(({ slot, pause }) => {
    const endMs = state.pauseEnds.get(pause.since);
    return {
      slot,
      endsInMs: endMs === undefined ? null : Math.max(0, endMs - nowMs),
      untilWallMs: pause.untilWallMs,
    };
  });
}
