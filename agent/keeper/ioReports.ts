import { readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_ERROR_CHARS } from './storeFrames.ts';

/**
 * Reports of writes whose keeper was gone when they came back: `<keeper pid>-<id>.done` in /run. A keeper that starts
 * again knows from its run file which writes are out; only such a report, or the next boot, lets it write those
 * blocks again (docs/safety.md, rule 13).
 */

export type WriteResult = { readonly kind: 'written' } | { readonly kind: 'failed'; readonly error: string };

export interface IoReport {
  readonly keeperPid: number;
  readonly id: number;
  readonly result: WriteResult;
}

export function writeIoReport(ioDir: string, report: IoReport): void {
  const name = join(ioDir, `${report.keeperPid}-${report.id}.done`);
  const text = report.result.kind === 'written' ? 'written' : `failed ${report.result.error}`;
  writeFileSync(`${name}.new`, text.slice(0, MAX_ERROR_CHARS), { mode: 0o600 });
  renameSync(`${name}.new`, name);
}

/** Reads the reports that lie there. A file that is no report is left alone. */
export function readIoReports(ioDir: string): readonly IoReport[] {
  const reports: IoReport[] = [];
  for (const name of readdirSync(ioDir)) {
    const parts = /^(\d{1,10})-(\d{1,16})\.done$/.exec(name);
    if (parts === null) continue;
    const text = readFileSync(join(ioDir, name), 'utf8');
    const result: WriteResult =
      text === 'written'
        ? { kind: 'written' }
        : { kind: 'failed', error: text.replace(/^failed /, '').slice(0, MAX_ERROR_CHARS) };
    reports.push({ keeperPid: Number(parts[1]), id: Number(parts[2]), result });
  }
  return reports;
}

export function removeIoReport(ioDir: string, report: IoReport): void {
  unlinkSync(join(ioDir, `${report.keeperPid}-${report.id}.done`));
}
