import type { ControlMethod, ControlParams, ControlResult } from '../../agent/protocol/control.ts';
import type { GroupSource } from './openGroup.ts';

/** Asks a host's agent over the app's own link to it. */
export type AskHost = <Method extends ControlMethod>(
  host: string,
  method: Method,
  params: ControlParams<Method>,
  deadlineMs?: number,
) => Promise<ControlResult<Method>>;

/** A running demo group. */
export interface DemoHandle {
  readonly source: GroupSource;
  /** Defines and protects the demo VMs, once the hosts are up; ends early and quietly when `signal` aborts. */
  populate(ask: AskHost, signal: AbortSignal): Promise<void>;
  /** Kills every process of the host at once. */
  pullPlug(host: string): void;
  powerOn(host: string): void;
  /** The last that its processes printed, for when the demo itself is at fault. */
  output(): string;
  /** Ends every process that it made, and removes its files. */
  close(): void;
}

export interface DemoMaker {
  /** Why it can't run here; null when it can. */
  readonly refused: string | null;
  /** What is not real in it, in a sentence: shown wherever the demo group is. */
  readonly standIns: string;
  start(): Promise<DemoHandle>;
}
