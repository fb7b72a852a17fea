import type { Figure } from './reading.ts';
import { printable } from './reading.ts';
import { runBounded } from './runBounded.ts';

/** Controllers are slow: a few hundred sensors take some seconds, and one that hangs takes for ever. */
const DEADLINE_MS = 30_000;
const MAX_BYTES = 262_144;
const MAX_LINES = 512;

export interface BmcSigns {
  readonly fans: readonly Figure[];
  readonly powerSupplies: readonly Figure[];
}

/** ipmitool's words for a sensor's state: beyond its non-critical, critical and non-recoverable limits. */
const LEVELS: Readonly<Record<string, Figure['level']>> = {
  ok: 'fine',
  nc: 'worrying',
  cr: 'failing',
  nr: 'failing',
};
/** What a power supply asserts when it is not well; "Presence detected" alone is how a good one looks. */
const SUPPLY_FAILS = /failure detected|power supply ac lost|input lost|predictive failure/i;

/** Lines of `ipmitool sdr type`: name, number, state, entity, reading. What does not look so is left out. */
export function bmcFigures(text: string, kind: 'fan' | 'supply'): readonly Figure[] {
  return text
    .split('\n')
    .slice(0, MAX_LINES)
    .flatMap((line) => {
      const [name = '', , state = '', , reading = ''] = line.split('|').map((part) => part.trim());
      const level = LEVELS[state];
      if (name === '' || level === undefined || !Object.hasOwn(LEVELS, state)) return [];
      const fails = kind === 'supply' && SUPPLY_FAILS.test(reading);
      return [{ level: fails ? 'failing' : level, evidence: printable(`${name}: ${reading}`).slice(0, 120) }];
    });
}

/** Asks this host's own BMC through the kernel's driver, where ipmitool is installed. No password is needed for that. */
export async function readBmc(run = runBounded): Promise<BmcSigns> {
  const ask = async (type: string): Promise<string> =>
    (await run('ipmitool', ['-I', 'open', 'sdr', 'type', type], DEADLINE_MS, MAX_BYTES)) ?? '';
  return {
    fans: bmcFigures(await ask('Fan'), 'fan'),
    powerSupplies: bmcFigures(await ask('Power Supply'), 'supply'),
  };
}
