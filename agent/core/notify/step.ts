import { deliver, finished, heard, LISTEN_MS, work } from './deliveries.ts';
import { noteEvent, settle } from './incidents.ts';
import type { Draft, NotifyEffect, NotifyInput, NotifyMemory, NotifySetup, NotifyState } from './types.ts';
import { tellWeekly, watchProtection } from './watch.ts';

export function createNotify({ slot, hostName, memory, nowMs }: NotifySetup): NotifyState {
  const incidents = (memory?.incidents ?? []).map(
    (one) => [one.key, { ...one, firstMs: nowMs, lastMs: nowMs }] as const,
  );
  const waiting = { phase: 'waiting', dueMs: nowMs + LISTEN_MS, attempts: 0, firstTryMs: null } as const;
  return {
    slot,
    hostName,
    startedMs: nowMs,
    plan: null,
    look: null,
    incidents: new Map(incidents),
    deliveries: new Map((memory?.deliveries ?? []).map((one) => [one.id, { ...one, ...waiting }])),
    told: new Map(
      (memory?.told ?? []).map(({ id, wallMs }) => [
        id,
        { wallMs, bySelfMs: null, channel: null, sayUntilMs: 0 },
      ]),
    ),
    health: new Map(),
    missing: null,
    weekly: memory?.weekly ?? null,
    droppedAtMs: null,
  };
}

/** Decides what people are told. Pure: the same state and input give the same. */
export function step(
  state: NotifyState,
  input: NotifyInput,
): { readonly state: NotifyState; readonly effects: readonly NotifyEffect[] } {
  const draft: Draft = {
    ...state,
    incidents: new Map(state.incidents),
    deliveries: new Map(state.deliveries),
    told: new Map(state.told),
    health: new Map(state.health),
    nowMs: input.nowMs,
    wallMs: input.wallMs,
    effects: [],
    changed: false,
  };
  take(draft, input);
  if (draft.weekly !== state.weekly) draft.changed = true;
  if (draft.changed) draft.effects.push({ kind: 'remember', memory: memoryOf(draft) });
  const { effects, changed: _changed, nowMs: _nowMs, wallMs: _wallMs, ...next } = draft;
  return { state: next, effects };
}

function take(draft: Draft, input: NotifyInput): void {
  switch (input.kind) {
    case 'plan':
      draft.plan = input.plan;
      forgetChannels(draft);
      // A message that is open goes out by the new ways too.
      for (const incident of draft.incidents.values())
        if (incident.message !== null) deliver(draft, incident);
      return;
    case 'event':
      return noteEvent(draft, input.event);
    case 'look':
      draft.look = input.look;
      watchProtection(draft, input.look);
      tellWeekly(draft, input.look);
      settle(draft);
      return work(draft);
    case 'heard':
      return heard(draft, input.from, input.claims);
    case 'result':
      return finished(draft, input.id, input.failure);
  }
}

/** What goes by a way that is no more is not told by it. */
function forgetChannels(draft: Draft): void {
  const channels = draft.plan?.channels ?? [];
  for (const { id, channel } of draft.deliveries.values()) {
    if (channels.includes(channel)) continue;
    draft.deliveries.delete(id);
    draft.changed = true;
  }
  for (const channel of draft.health.keys()) if (!channels.includes(channel)) draft.health.delete(channel);
}

function memoryOf(draft: Draft): NotifyMemory {
  return {
    told: [...draft.told].map(([id, { wallMs }]) => ({ id, wallMs })),
    incidents: [...draft.incidents.values()].map(({ key, about, firstWallMs, events, acted, message }) => ({
      key,
      about,
      firstWallMs,
      events: message === null ? events : [],
      acted,
      message,
    })),
    deliveries: [...draft.deliveries.values()].map(({ id, key, channel }) => ({ id, key, channel })),
    weekly: draft.weekly,
  };
}
