/** Texts that both the app (verdicts, tray, notifications) and the window need. */

/** Number and unit stay on one line. */
const unit = (amount: number, name: string): string => `${amount}\u00a0${name}`;

/** "14 s", "3 min 5 s", "2 h 10 min": never more precise than it is known. */
export function duration(ms: number): string {
  const total = Math.max(0, Math.round(ms / 1000));
  if (total < 60) return unit(total, 's');
  const minutes = Math.floor(total / 60);
  if (minutes < 10 && total % 60 !== 0) return `${unit(minutes, 'min')} ${unit(total % 60, 's')}`;
  if (minutes < 120) return unit(minutes, 'min');
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return unit(Math.floor(hours / 24), 'days');
  return minutes % 60 === 0 ? unit(hours, 'h') : `${unit(hours, 'h')} ${unit(minutes % 60, 'min')}`;
}

/** "1 VM", "3 VMs". */
export const count = (amount: number, noun: string): string => `${amount} ${noun}${amount === 1 ? '' : 's'}`;

/** "alpha", "alpha and beta", "alpha, beta and gamma". */
export function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}
