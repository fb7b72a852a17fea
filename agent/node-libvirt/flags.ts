/** A bit set for each condition that holds. */
export function flagBits(bits: readonly (readonly [condition: boolean | undefined, bit: number])[]): number {
  return bits.reduce((flags, [condition, bit]) => (condition === true ? flags | bit : flags), 0);
}
