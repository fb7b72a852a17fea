import { join } from 'node:path';
import { Growth } from './counters.ts';
import { type Figure, wholeIn } from './reading.ts';
import { namesIn, textOf } from './sysfs.ts';

const EDAC = '/sys/devices/system/edac/mc';
const DAY_MS = 86_400_000;
/** Corrected errors a day at which mcelog calls a module bad by default (`ce-error-threshold = 100 / 24h`). */
const CORRECTED_WORRYING_A_DAY = 100;

/** Errors of the memory, as its controllers count them since the host was started. */
export class MemoryErrors {
  readonly #grown = new Growth(DAY_MS);
  readonly #root: string;

  constructor(root = EDAC) {
    this.#root = root;
  }

  async read(nowMs: number): Promise<readonly Figure[]> {
    const corrected = new Map<string, number>();
    const lost = new Map<string, number>();
    for (const name of await namesIn(this.#root)) {
      if (!/^mc\d{1,3}$/.test(name)) continue;
      const ce = wholeIn(await textOf(join(this.#root, name, 'ce_count')));
      const ue = wholeIn(await textOf(join(this.#root, name, 'ue_count')));
      if (ce !== null && ue !== null) {
        corrected.set(name, ce);
        lost.set(name, ue);
      }
    }
    const grown = this.#grown.note(corrected, nowMs);
    return [...corrected].map(([name, count]) => {
      const today = grown.get(name) ?? 0;
      const uncorrected = lost.get(name) ?? 0;
      const level = uncorrected > 0 ? 'failing' : today >= CORRECTED_WORRYING_A_DAY ? 'worrying' : 'fine';
      const evidence = `controller ${name}: ${uncorrected} errors not corrected and ${count} corrected since its start, ${today} of them within a day`;
      return { level, evidence };
    });
  }
}
