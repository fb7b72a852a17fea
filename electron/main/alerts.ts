import type { GroupView, RunView } from '../ipc/views.ts';

export interface Alert {
  /** A later alert of the same key takes the place of the earlier. */
  readonly key: string;
  readonly title: string;
  readonly body: string;
  readonly route: string;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function runAlert(before: RunView | undefined, run: RunView): Alert | null {
  if (run.kind !== 'takeover' || before?.state === run.state) return null;
  const route = `#/overview/${run.groupId}`;
  const alert = (title: string, body: string): Alert => ({ key: run.id, title, body, route });
  if (run.state === 'under-way') {
    return alert(`Takeover of ${run.vmName} has begun`, `${run.from ?? 'Its host'} does not answer.`);
  }
  if (run.state === 'failed') return alert(`${run.vmName} was not taken over`, run.failure?.message ?? '');
  const away = run.pauseMs === null ? '' : ` It was away for ${seconds(run.pauseMs)}.`;
  return alert(
    `${run.vmName} runs on ${run.to ?? 'the other host'}`,
    `${run.from ?? 'Its host'} failed.${away}`,
  );
}

function protectionAlert(before: GroupView | undefined, group: GroupView): Alert | null {
  const was = before?.verdict.word;
  const { word, sentence } = group.verdict;
  if (was === undefined || was === word) return null;
  const alert = (title: string): Alert => ({
    key: `${group.id} protection`,
    title: `${group.name}: ${title}`,
    body: sentence,
    route: `#/overview/${group.id}`,
  });
  if (word === 'not-protected') return alert('protection lost');
  // Losing sight of the hosts is no news of them, and coming from it is none either.
  return word === 'protected' && (was === 'not-protected' || was === 'at-risk')
    ? alert('protected again')
    : null;
}

export interface AlertState {
  readonly groups: readonly GroupView[];
  readonly runs: readonly RunView[];
}

/** What is worth a notification between two states: takeovers, and protection lost or regained. Pure. */
export function alerts(before: AlertState, now: AlertState): readonly Alert[] {
  return [
    ...now.runs.map((run) =>
      runAlert(
        before.runs.find(({ id }) => id === run.id),
        run,
      ),
    ),
    ...now.groups.map((group) =>
      protectionAlert(
        before.groups.find(({ id }) => id === group.id),
        group,
      ),
    ),
  ].filter((alert) => alert !== null);
}
