import type { Check, CheckGroup, CheckStatus } from './check.ts';

/** A report to be kept, mailed or shown to somebody: what was found on which hosts and when. */
export interface SavedReport {
  readonly hosts: readonly string[];
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly appVersion: string;
  readonly checks: readonly (Check & { readonly accepted: boolean })[];
}

const groupNames: Readonly<Record<CheckGroup, string>> = {
  host: 'Host',
  network: 'Network',
  storage: 'Storage',
  hypervisor: 'Hypervisor',
  time: 'Time',
  watchdog: 'Watchdog',
  'other-software': 'Other failover software',
};
const words: Readonly<Record<CheckStatus, string>> = {
  pass: 'passed',
  warn: 'warning',
  fail: 'failed',
  skipped: 'skipped',
};

export function reportJson(report: SavedReport): string {
  const { hosts, at, appVersion, checks } = report;
  const counts = Object.fromEntries(
    Object.entries(words).map(([status, word]) => [word, count(report, status as CheckStatus)]),
  );
  return `${JSON.stringify({ kind: 'understudy-check-report', version: 1, at, appVersion, hosts, counts, checks }, null, 2)}\n`;
}

/** One self-contained page: no script, nothing fetched. All that hosts said is escaped. */
export function reportHtml(report: SavedReport): string {
  const groups = Object.entries(groupNames) as [CheckGroup, string][];
  const sections = groups.flatMap(([group, name]) => {
    const checks = report.checks.filter((check) => check.group === group);
    return checks.length === 0 ? [] : [`<h2>${name}</h2>\n<table>\n${checks.map(row).join('\n')}\n</table>`];
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Understudy: checks of ${escape(report.hosts.join(', '))}</title>
<style>${style}</style>
<h1>Checks of ${escape(report.hosts.join(', '))}</h1>
<p>${escape(report.at)}, Understudy ${escape(report.appVersion)}. ${count(report, 'pass')} passed,
${count(report, 'warn')} with a warning, ${count(report, 'fail')} failed, ${count(report, 'skipped')} skipped.</p>
${sections.join('\n')}
</html>
`;
}

const style = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark; }
table { border-collapse: collapse; width: 100%; }
td { border-top: 1px solid #8884; padding: .5rem .75rem .5rem 0; vertical-align: top; }
td:first-child { white-space: nowrap; width: 6rem; }
.failed { font-weight: 700; } .warning { font-weight: 600; }
p { margin: .25rem 0; } small { opacity: .75; }
`;

const count = ({ checks }: SavedReport, status: CheckStatus): number =>
  checks.filter((check) => check.status === status).length;

function row(check: SavedReport['checks'][number]): string {
  const word = words[check.status];
  const failure = check.failure;
  const texts = failure === undefined ? [] : [failure.message, failure.meaning, failure.fix];
  const lines = texts.flatMap((text) => (text === undefined ? [] : [`<p>${escape(text)}</p>`]));
  const accepted = check.accepted ? ' (accepted)' : '';
  const code = failure === undefined ? '' : ` <small>${escape(failure.code)}</small>`;
  const where = check.host === null ? 'all hosts' : check.host;
  return `<tr><td class="${word}">${word}${accepted}</td><td><b>${escape(check.title)}</b> <small>${escape(where)}</small>
<p>${escape(check.evidence)}${code}</p>${lines.join('')}</td></tr>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (found) => entities[found] ?? found);
