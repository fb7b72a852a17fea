import { MAX_EVIDENCE_CHARS, type SignKind, type SignLevel, type SignStatus } from '../protocol/hostSigns.ts';

const RANK = { fine: 0, worrying: 1, failing: 2 } as const;

export interface Figure {
  readonly level: SignLevel;
  readonly evidence: string;
}

/** The worst figure of a kind; with several that are fine, the first. Null: there was nothing to read. */
export function worstOf(sign: SignKind, figures: readonly Figure[]): SignStatus | null {
  const [first, ...rest] = figures;
  if (first === undefined) return null;
  const worst = rest.reduce((a, b) => (RANK[b.level] > RANK[a.level] ? b : a), first);
  return { sign, level: worst.level, evidence: printable(worst.evidence) };
}

/** Names of devices and sensors come from firmware: nothing of them may change what is shown around them. */
export function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, ' ').slice(0, MAX_EVIDENCE_CHARS);
}

/** A whole number as sysfs writes it; null for anything else. */
export function wholeIn(text: string | null): number | null {
  const trimmed = text?.trim() ?? '';
  return /^-?\d{1,15}$/.test(trimmed) ? Number(trimmed) : null;
}
