import type { Draft } from './state.ts';
import type { EngineMemory } from './types.ts';

type Known = EngineMemory['vms'][number];

/** Has what a restarted agent must know written down whenever it changed. */
export function remember(draft: Draft): void {
  const known: Known[] = [];
  for (const [vm, state] of draft.vms) {
    const { ranAtGeneration, lateStartGeneration, stoppedGeneration, moving } = state;
    const { failuresMs, ownStopUntilMs } = state;
    const generations = { ranAtGeneration, lateStartGeneration, stoppedGeneration, moving };
    const isBlank = Object.values(generations).every((one) => one === 0);
    if (isBlank && failuresMs.length === 0 && ownStopUntilMs === 0) continue;
    known.push({ vm, ...generations, failuresMs, ownStopUntilMs });
  }
  const pauses = [...draft.pauseEnds].map(([since, endsAtMs]) => ({ since, endsAtMs }));
  const goingDown = draft.goingDown;
  const isSame =
    isSameMemory(draft.memory.vms, known) &&
    isSamePauses(draft.memory.pauses, pauses) &&
    (draft.memory.goingDown ?? null) === goingDown;
  if (isSame) return;
  draft.memory = { vms: known, pauses, ...(goingDown === null ? {} : { goingDown }) };
  draft.effects.push({ kind: 'remember', memory: draft.memory });
}

function isSamePauses(before: EngineMemory['pauses'], now: EngineMemory['pauses']): boolean {
  return before.length === now.length && before.every((one, index) => one.since === now[index]?.since);
}

function isSameMemory(before: readonly Known[], now: readonly Known[]): boolean {
  return (
    before.length === now.length &&
    before.every((one, index) => {
      const other = now[index];
      return (
        one.vm === other?.vm &&
        one.ranAtGeneration === other.ranAtGeneration &&
        one.lateStartGeneration === other.lateStartGeneration &&
        one.stoppedGeneration === other.stoppedGeneration &&
        one.ownStopUntilMs === other.ownStopUntilMs &&
        one.moving === other.moving &&
        one.failuresMs.length === other.failuresMs.length &&
        one.failuresMs.at(-1) === other.failuresMs.at(-1)
      );
    })
  );
}
