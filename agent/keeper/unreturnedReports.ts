import type { RunFile } from '../protocol/keeperLink.ts';
import { type IoReport, readIoReports, removeIoReport } from './ioReports.ts';
import type { Log } from './stderrLog.ts';

const LOOK_EVERY_MS = 1000;

/**
 * Watches /run for the reports of writes that an earlier keeper of this boot had under way. A write of whose child
 * nothing is ever heard stays out until the next boot.
 */
export class UnreturnedReports {
  readonly #ioDir: string;
  readonly #log: Log;
  readonly #awaited: Set<string>;
  #lookAtMs = Number.NEGATIVE_INFINITY;

  constructor(ioDir: string, runFile: RunFile | null, log: Log) {
    this.#ioDir = ioDir;
    this.#log = log;
    this.#awaited = new Set((runFile?.unreturned ?? []).map((write) => `${write.storeIoPid}-${write.id}`));
  }

  /** Reports that came since the last call, each once. Looks into the folder at most once a second. */
  collect(nowMs: number): readonly IoReport[] {
    if (this.#awaited.size === 0 || nowMs - this.#lookAtMs < LOOK_EVERY_MS) return [];
    this.#lookAtMs = nowMs;
    try {
      return this.#take();
    } catch (error) {
      this.#log('keeper.io-reports-failed', { error: String(error) });
      return [];
    }
  }

  /** Empties the folder. What nobody waits for, an earlier keeper or the agent has heard of itself. */
  #take(): readonly IoReport[] {
    const reports = readIoReports(this.#ioDir);
    for (const report of reports) removeIoReport(this.#ioDir, report);
    return reports.filter((report) => this.#awaited.delete(`${report.keeperPid}-${report.id}`));
  }
}
