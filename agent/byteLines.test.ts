import { expect, test } from 'vitest';
import { ByteLines } from './byteLines.ts';

const push = (lines: ByteLines, text: string): readonly string[] =>
  lines.push(Buffer.from(text)).lines.map(String);

test('lines are cut at line ends only, wherever the pieces end', () => {
  const lines = new ByteLines(100);
  expect(push(lines, 'a')).toEqual([]);
  expect(push(lines, 'b\ncé')).toEqual(['ab']);
  expect(push(lines, '\n\n')).toEqual(['cé', '']);
});

test('a line as long as allowed is taken, and one byte more is said, in one piece or in many', () => {
  expect(push(new ByteLines(3), 'abc\n')).toEqual(['abc']);
  expect(new ByteLines(3).push(Buffer.from('abcd\n')).tooLong).toBe(true);
  const slow = new ByteLines(3);
  expect(['a', 'b', 'c', 'd'].map((letter) => slow.push(Buffer.from(letter)).tooLong)).toEqual([
    false,
    false,
    false,
    true,
  ]);
});
