import type { Check, CheckStatus } from '../../backend/checks/check.ts';
import { fixFor } from '../../backend/checks/fixes.ts';
import type { CheckLine, LineState } from '../../ipc/setup/workViews.ts';

/** A line of a report with when it was looked at (Unix ms). */
export interface Line {
  readonly check: Check;
  readonly checkedAt: number;
}

const states: Readonly<Record<CheckStatus, LineState>> = {
  pass: 'passed',
  warn: 'warning',
  fail: 'failed',
  skipped: 'skipped',
};

/** A line as the window shows it. Pure. */
export function checkLine(
  key: string,
  { check, checkedAt }: Line,
  about: { readonly accepted: boolean; readonly running: boolean; readonly port: number },
): CheckLine {
  const fix = fixFor(check, about.port);
  return {
    key,
    id: check.id,
    group: check.group,
    host: check.host,
    title: check.title,
    state: states[check.status],
    evidence: check.evidence,
    whatToDo: check.failure ?? null,
    fix: fix === null ? null : { id: fix.id, label: fix.label, consequence: fix.consequence },
    acceptable: check.acceptable === true,
    accepted: about.accepted,
    checkedAt,
    running: about.running,
  };
}
