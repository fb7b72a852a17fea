/** A whole number as people enter it, with the bounds that the hosts accept. */
export interface WholeNumber<Name extends string> {
  readonly field: Name;
  readonly label: string;
  readonly hint: string;
  readonly least: number;
  readonly most: number;
}

export function wrongNumber({ least, most }: WholeNumber<string>, text: string): string | null {
  if (!/^\d{1,9}$/.test(text.trim())) return 'A whole number is needed.';
  const value = Number(text);
  return value < least || value > most ? `From ${least} to ${most}.` : null;
}
