import type { HostSettings } from '../protocol/group.ts';
import type { ProcFs } from './procfs.ts';
import type { WatchdogAttributes } from './watchdogAttributes.ts';

/** What the wrapper is to do with the watchdog device before it starts the keeper. */
export interface WatchdogPlan {
  /** null: do not open any. */
  readonly device: string | null;
  readonly seconds: number;
  /**
   * The timeout is to be set first. That closes the device for a moment, in which nothing counts down; so it is not
   * done while others may count on it and a VM may run here, but by a keeper that has told them first.
   */
  readonly set: boolean;
  /** Boot-clock ms before which the device must be open, or stay closed; null: no limit. */
  readonly untilMs: number | null;
  readonly why: string | null;
}

/** Others that open watchdogs or reset hosts by them. Beside them nobody could say who resets this host, and when. */
const rivalPrograms = new Map([
  ['corosync', 'corosync'],
  ['pacemakerd', 'Pacemaker'],
  ['sbd', 'SBD'],
  ['sanlock', 'sanlock'],
  ['wdmd', 'wdmd (sanlock)'],
  ['watchdog-mux', "Proxmox VE's watchdog-mux"],
  ['watchdog', 'the watchdog daemon'],
  ['watchdogd', 'watchdogd'],
]);

const watchdogDevices = /^\/dev\/watchdog\d*$/;

/** Reset delay of common devices, and the rounding of their timeouts to seconds; part of W (docs/safety.md). */
const RESET_DELAY_SECONDS = 1;

export interface PlanInput {
  readonly settings: HostSettings;
  /** W of the group's profile. */
  readonly watchdogMs: number;
  /** See `loadWatchdogUntil`; null also when nothing that is protected runs here: then it may be opened at any time. */
  readonly untilMs: number | null;
  readonly nowMs: number;
  readonly rivals: readonly string[];
  /** As the device stands before it is opened. */
  readonly attributes: WatchdogAttributes;
}

/** Seconds to set so that the host is reset within W of the last pet. */
export function watchdogSeconds(watchdogMs: number): number {
  return Math.max(1, Math.floor(watchdogMs / 1000) - RESET_DELAY_SECONDS);
}

/**
 * Opening the device pets it. A wrapper that starts anew in the same boot may do so only while the keeper before it
 * had the right to pet; later the host is on its way to a reset that others already count on (rule 10).
 */
export function planWatchdog(input: PlanInput): WatchdogPlan {
  const seconds = watchdogSeconds(input.watchdogMs);
  const not = (why: string): WatchdogPlan => ({ device: null, seconds, set: false, untilMs: null, why });
  if (input.settings.watchdogDevice === null) return not('no watchdog device is configured');
  if (input.rivals.length > 0) {
    return not(`the watchdog is refused beside ${input.rivals.join(' and ')}: disable that first`);
  }
  if (input.untilMs !== null && input.nowMs >= input.untilMs) {
    return not('the right to pet it has passed, so that it must not be opened again before the VMs are gone');
  }
  const ready = input.attributes.timeoutSeconds === seconds && input.attributes.keepsRunning;
  return {
    device: input.settings.watchdogDevice,
    seconds,
    set: !ready && input.untilMs === null,
    untilMs: input.untilMs,
    why: null,
  };
}

/**
 * Names of programs that use a watchdog on this host now, ourselves left out. Kernel threads are no rivals: every
 * kernel with watchdog support has one that is called `watchdogd`.
 */
export function watchdogRivals(device: string | null, proc: ProcFs): readonly string[] {
  const rivals = new Set<string>();
  for (const pid of proc.pids()) {
    const stat = proc.stat(pid);
    if (stat === null || stat.kernelThread || pid === process.pid) continue;
    const rival = rivalPrograms.get(stat.name);
    if (rival !== undefined) rivals.add(rival);
    else if (proc.openFiles(pid).some((target) => target === device || watchdogDevices.test(target))) {
      rivals.add(pid === 1 ? "systemd's RuntimeWatchdog" : `${proc.program(pid)} (process ${pid})`);
    }
  }
  return [...rivals].sort();
}

/** The plan as the wrapper reads it: one `key value` a line; values without line breaks. */
export function planLines(plan: WatchdogPlan): string {
  const fields = {
    device: plan.device ?? '-',
    seconds: plan.seconds,
    set: plan.set ? 'yes' : 'no',
    until: plan.untilMs ?? '-',
    why: plan.why ?? '-',
  };
  return Object.entries(fields)
    .map(([key, value]) => `${key} ${String(value).replaceAll(/[\r\n]/g, ' ')}\n`)
    .join('');
}
