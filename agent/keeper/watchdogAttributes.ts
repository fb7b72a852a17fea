import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is known of a watchdog device, from the kernel's attributes and from what `wdctl` printed. */
export interface WatchdogAttributes {
  readonly identity: string | null;
  readonly timeoutSeconds: number | null;
  readonly state: string | null;
  /** Whether a close without the magic letter leaves it running. */
  readonly keepsRunning: boolean;
}

/** The option bit of the kernel's watchdog interface that says "magic close is supported". */
const WDIOF_MAGICCLOSE = 0x100;
/** Attributes that the kernel keeps itself: reading them asks no driver, so that it can't hang. */
export function readAttributes(directory: string | null, report: string): WatchdogAttributes {
  const attribute = (name: string): string | null => {
    if (directory === null) return null;
    try {
      return readFileSync(join(directory, name), 'latin1').slice(0, 200).trim();
    } catch {
      return null;
    }
  };
  const reported = (pattern: RegExp): string | null => pattern.exec(report)?.[1]?.trim() ?? null;
  const timeout = attribute('timeout') ?? reported(/^Timeout:\s+(\d+) seconds/m);
  const options = Number(attribute('options') ?? 0);
  return {
    identity: attribute('identity') ?? reported(/^Identity:\s+(.*?)(?: \[version .*)?$/m),
    timeoutSeconds: timeout === null || timeout === '' ? null : Number(timeout),
    state: attribute('state'),
    keepsRunning:
      attribute('nowayout') === '1' || (options & WDIOF_MAGICCLOSE) !== 0 || /^MAGICCLOSE\b/m.test(report),
  };
}
