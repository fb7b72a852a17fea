/** One word for a POSIX shell, whatever it holds. NUL can't be part of a word and is refused. */
export function shellWord(text: string): string {
  if (text.includes('\0')) throw new Error('a shell word can not hold a NUL byte');
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
