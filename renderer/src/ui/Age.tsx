import { age } from '../text/en.ts';
import { OLD_AFTER_MS, useAge } from '../store/selectors.ts';

/** How old a value is. Above three beats it is marked as old, so that nothing old looks live. */
export function Age({ ageMs }: { readonly ageMs: number }) {
  const nowMs = useAge(ageMs);
  return <span className={nowMs > OLD_AFTER_MS ? 'age age-old' : 'age'}>{age(nowMs)}</span>;
}
