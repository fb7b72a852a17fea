import { PROFILES } from '../../../agent/core/timing.ts';
import type { GroupConfig } from '../../../agent/protocol/group.ts';
import type { RunFile } from '../../../agent/protocol/keeperLink.ts';

/** As in agent/keeper/loop.ts: periods until every other host has read that the watchdog is not armed for a moment. */
const TOLD_PERIODS = 3;

export const watchdogMsOf = (config: GroupConfig | null): number =>
  PROFILES[config?.profile ?? 'steady'].watchdogMs;

/** Another profile wants another W: the others are told first, then the device is closed and opened anew. */
export class Rewatch {
  #fromMs: number | null = null;
  #atMs: number | null = null;

  begin(nowMs: number): void {
    this.#fromMs = nowMs;
    this.#atMs = null;
  }

  end(): void {
    this.#fromMs = null;
    this.#atMs = null;
  }

  /** A lease record has been renewed: the first since the beginning says that the watchdog is not armed. */
  noteRenewal(file: RunFile, nowMs: number): void {
    if (this.#fromMs === null || this.#atMs !== null || (file.lastGoodMs ?? 0) <= this.#fromMs) return;
    this.#atMs = nowMs + TOLD_PERIODS * PROFILES.patient.renewEveryMs;
  }

  isDue(nowMs: number): boolean {
    return this.#atMs !== null && nowMs >= this.#atMs;
  }
}
