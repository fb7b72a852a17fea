import type { Figure } from './reading.ts';

/** Share of time in which some task waited for memory; a host that swaps its guests is already slow for people. */
const SOME_WORRYING_PERCENT = 20;
/** All tasks at once: where systemd-oomd begins to end processes (its DefaultMemoryPressureLimit). */
const FULL_FAILING_PERCENT = 60;

/** Of /proc/pressure/memory, the averages of the last minute. Null: this kernel does not tell. */
export function memoryPressure(text: string): Figure | null {
  const average = (kind: 'some' | 'full'): number | null => {
    const found = new RegExp(`^${kind} avg10=[\\d.]{1,8} avg60=(\\d{1,3}(?:\\.\\d{1,4})?) `, 'm').exec(
      text,
    )?.[1];
    return found === undefined ? null : Number(found);
  };
  const some = average('some');
  const full = average('full');
  if (some === null || full === null) return null;
  const level =
    full >= FULL_FAILING_PERCENT ? 'failing' : some >= SOME_WORRYING_PERCENT ? 'worrying' : 'fine';
  return {
    level,
    evidence: `in the last minute tasks waited for memory ${some} % of the time, all of them ${full} %`,
  };
}
