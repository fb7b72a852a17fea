import type { GroupView, RunView } from '../../../electron/ipc/views.ts';
import { runResult, runTitle, words } from './en.ts';

export interface News {
  readonly text: string;
  /** Interrupts what a screen reader says: only when VMs are concerned that may be down. */
  readonly urgent: boolean;
}

interface Known {
  readonly groups: readonly Pick<GroupView, 'id' | 'name' | 'verdict'>[] | null;
  readonly runs: { readonly value: readonly RunView[] } | null;
}

function ofRun(before: RunView | undefined, run: RunView): readonly News[] {
  if (before?.state === run.state || (run.kind !== 'takeover' && run.kind !== 'switchover')) return [];
  const title = runTitle(run);
  switch (run.state) {
    case 'under-way':
      return [{ text: `${title} has begun.`, urgent: run.kind === 'takeover' }];
    case 'failed':
      return [{ text: `${title} failed. ${run.failure?.message ?? ''}`.trim(), urgent: true }];
    case 'done':
      return [{ text: `${title} is done. ${runResult(run) ?? ''}`.trim(), urgent: false }];
  }
}

/**
 * What a screen reader is told between two states of the window: a group's word when it changes, and takeovers and
 * switchovers. Never a sentence that counts seconds: it would not be let finish.
 */
export function newsBetween(before: Known, now: Known): readonly News[] {
  const groups = (now.groups ?? []).flatMap(({ id, name, verdict: { word } }): readonly News[] => {
    const was = before.groups?.find((group) => group.id === id)?.verdict.word;
    if (was === undefined || was === word) return [];
    return [{ text: `${name}: ${words[word]}`, urgent: word === 'not-protected' }];
  });
  const earlier = new Map((before.runs?.value ?? []).map((run) => [run.id, run]));
  // Runs that this window finds on opening are shown, not announced: they are not news of this moment.
  const runs =
    before.runs === null ? [] : (now.runs?.value ?? []).flatMap((run) => ofRun(earlier.get(run.id), run));
  return [...groups, ...runs];
}
