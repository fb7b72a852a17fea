import type { Half } from './area.ts';
import type { Decoded } from './record.ts';

/**
 * A record kept twice and written in turns, so that a torn write destroys only what it was to replace.
 * The valid half with the greater `writeSeq` counts.
 */
export type Pair<Value> =
  | { readonly kind: 'empty' }
  | { readonly kind: 'record'; readonly value: Value; readonly half: Half }
  | { readonly kind: 'newer'; readonly version: number }
  /** No valid half, though something was written: nobody but the owner may conclude anything from it (rule 12). */
  | { readonly kind: 'unreadable'; readonly reason: string; readonly neverAcknowledged: boolean };

export function readPair<Value extends { readonly writeSeq: number }>(
  first: Decoded<Value>,
  second: Decoded<Value>,
): Pair<Value> {
  if (first.kind === 'newer' || second.kind === 'newer') {
    return { kind: 'newer', version: first.kind === 'newer' ? first.version : newerVersion(second) };
  }
  if (first.kind === 'record' && (second.kind !== 'record' || first.value.writeSeq > second.value.writeSeq)) {
    return { kind: 'record', value: first.value, half: 0 };
  }
  if (second.kind === 'record') {
    return { kind: 'record', value: second.value, half: 1 };
  }
  if (first.kind === 'unreadable') {
    return { kind: 'unreadable', reason: first.reason, neverAcknowledged: second.kind === 'empty' };
  }
  if (second.kind === 'unreadable') {
    return { kind: 'unreadable', reason: second.reason, neverAcknowledged: first.kind === 'empty' };
  }
  return { kind: 'empty' };
}

function newerVersion(decoded: Decoded<unknown>): number {
  return decoded.kind === 'newer' ? decoded.version : 0;
}

/**
 * The half that the owner writes next, and the number to write there; null when the own pair can't be understood.
 * A first write that was torn leaves one half empty: it was never acknowledged, so its owner may start over.
 * @param leastSeq - number of the last write this owner remembers; an answer is greater than it.
 */
export function nextWrite<Value extends { readonly writeSeq: number }>(
  own: Pair<Value>,
  leastSeq: number,
): { readonly half: Half; readonly writeSeq: number } | null {
  switch (own.kind) {
    case 'empty':
      return { half: 0, writeSeq: leastSeq + 1 };
    case 'record':
      return { half: own.half === 0 ? 1 : 0, writeSeq: Math.max(own.value.writeSeq, leastSeq) + 1 };
    case 'unreadable':
      return own.neverAcknowledged && leastSeq === 0 ? { half: 0, writeSeq: 1 } : null;
    case 'newer':
      return null;
  }
}
