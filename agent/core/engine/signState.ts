import type { SignKind, SignLevel, SignStatus } from '../../protocol/hostSigns.ts';

/** What the agent has just read, the worst of each kind. A kind that can't be read is left out. */
export interface SignLook {
  readonly kind: 'signs';
  readonly nowMs: number;
  readonly readings: readonly SignStatus[];
}

export interface Sign {
  /** As it counts. */
  readonly level: SignLevel;
  readonly evidence: string;
  /** Since when it has looked at least so bad, in an unbroken row of looks. */
  readonly sinceMs: { readonly worrying: number | null; readonly failing: number | null };
  /** Since when it has looked better than it counts. */
  readonly betterSinceMs: number | null;
}

export interface Signs {
  readonly lookedAtMs: number;
  readonly signs: ReadonlyMap<SignKind, Sign>;
}

export const noSigns: Signs = { lookedAtMs: Number.NEGATIVE_INFINITY, signs: new Map() };
