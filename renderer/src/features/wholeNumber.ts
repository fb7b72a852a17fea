/** A whole number as people enter it, with the bounds that the hosts accept. */
export interface WholeNumber<Name extends string> {
  readonly field: Name;
  readonly label: string;
  readonly hint: string;
  readonly least: number;
  readonly most: number;
}

const figure = new Intl.NumberFormat('en');
/** "0 to 1,000". */
export const boundsOf = ({ least, most }: WholeNumber<string>): string =>
  `${figure.format(least)} to ${figure.format(most)}`;

export function wrongNumber(field: WholeNumber<string>, text: string): string | null {
  if (!/^\d{1,9}$/.test(text.trim())) return 'A whole number is needed.';
  const value = Number(text);
  return value < field.least || value > field.most ? `From ${boundsOf(field)}.` : null;
}
