import { age } from '../text/en.ts';
import { OLD_AFTER_MS, useAge } from '../store/selectors.ts';

/** How old a value is that was `ageMs` old at `atMs`. Above three beats it is marked as old: nothing old looks live. */
export function Age({ ageMs, atMs }: { readonly ageMs: number; readonly atMs: number }) {
  const nowMs = useAge(ageMs, atMs);
  return <span className={nowMs > OLD_AFTER_MS ? 'age age-old' : 'age'}>{age(nowMs)}</span>;
}
