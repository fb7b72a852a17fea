const WIDTH = 9;

/** One line of a log: the second, to the millisecond, and what happened. */
export function traceLine(atMs: number, line: string): string {
  return `${(atMs / 1000).toFixed(3).padStart(WIDTH)}  ${line}\n`;
}
