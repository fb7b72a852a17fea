import type { CheckLine, CheckReport, LineGroup, LineState } from '../../../electron/ipc/setup/workViews.ts';
import type { Word } from '../../../electron/ipc/views.ts';
import { count, duration } from '../../../electron/ipc/words.ts';

/** Words of the validation report, as the wizard and the Checks page show it. */

export const groupTitles: Readonly<Record<LineGroup, string>> = {
  host: 'Host',
  network: 'Network',
  storage: 'Storage',
  hypervisor: 'Hypervisor',
  time: 'Time',
  watchdog: 'Watchdog',
  'other-software': 'Other failover software',
};

/** What a group of checks is about, for people who have not met the word. */
export const groupNotes: Readonly<Record<LineGroup, string>> = {
  host: 'The machine itself: its processor, its system, its free space.',
  network: 'Whether the hosts hear each other on every way that heartbeats take.',
  storage: 'The disk space that the hosts share.',
  hypervisor: 'libvirt and QEMU/KVM: what Hyper-V is on Windows.',
  time: 'The clocks. No decision depends on them; the event log is easier to read when they agree.',
  watchdog:
    'A timer in the machine that resets it when it hangs. With it, a hung host is certain to have stopped its VMs.',
  'other-software': 'Programs that also start and stop VMs by themselves.',
};

export const lineStates: Readonly<Record<LineState, { readonly word: Word; readonly label: string }>> = {
  passed: { word: 'protected', label: 'Passed' },
  warning: { word: 'at-risk', label: 'Warning' },
  failed: { word: 'not-protected', label: 'Failed' },
  skipped: { word: 'paused', label: 'Skipped' },
};

const order: readonly LineState[] = ['failed', 'warning', 'passed', 'skipped'];
const counted: Readonly<Record<LineState, (amount: number) => string>> = {
  failed: (amount) => `${amount} failed`,
  warning: (amount) => count(amount, 'warning'),
  passed: (amount) => `${amount} passed`,
  skipped: (amount) => `${amount} skipped`,
};

/** "1 failed, 2 warnings, 28 passed". */
export function tally(lines: readonly CheckLine[]): string {
  return order
    .flatMap((state) => {
      const amount = lines.filter((line) => line.state === state).length;
      return amount === 0 ? [] : [counted[state](amount)];
    })
    .join(', ');
}

/** The state of all lines together: that of the worst. A fail that was accepted weighs as a warning. */
export function worst(lines: readonly CheckLine[]): LineState {
  if (lines.some(({ state, accepted }) => state === 'failed' && !accepted)) return 'failed';
  if (lines.some(({ state }) => state === 'failed' || state === 'warning')) return 'warning';
  return lines.every(({ state }) => state === 'skipped') ? 'skipped' : 'passed';
}

/** The sentence over a report. */
export function reportSentence(report: CheckReport): string {
  if (report.running) return 'Looking at the hosts …';
  if (report.finishedAt === null) return 'Not checked yet.';
  if (report.failures.length > 0) return 'The check could not be finished.';
  if (report.blocking > 0) {
    return report.blocking === 1
      ? 'One thing must be put right.'
      : `${report.blocking} things must be put right.`;
  }
  const warnings = report.lines.filter(({ state }) => state === 'warning').length;
  if (warnings > 0) return `Nothing stands in the way. ${count(warnings, 'warning')} to read.`;
  return report.lines.some(({ accepted }) => accepted)
    ? 'Nothing stands in the way, with what you took on.'
    : 'Everything is as it should be.';
}

export function checkedWhen(report: CheckReport, now: number): string {
  if (report.finishedAt === null) return '';
  const agoMs = Math.max(0, now - report.finishedAt);
  const ago = agoMs < 60_000 ? 'less than a minute ago' : `${duration(agoMs)} ago`;
  const next =
    report.nextAt === null ? '' : `, again by itself in ${duration(Math.max(0, report.nextAt - now))}`;
  return `Checked ${ago}${next}`;
}
