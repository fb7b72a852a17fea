import { expect, test } from 'vitest';
import { diffLines } from './diffLines.ts';

const numbers = Array.from({ length: 30 }, (_, index) => `line ${index}`);

test('texts that are the same differ in nothing', () => {
  expect(diffLines('a\nb', 'a\nb')).toBe('');
});

test('a changed line stands between the lines around it', () => {
  const after = numbers.with(10, 'changed');
  expect(diffLines(numbers.join('\n'), after.join('\n'))).toBe(
    '  line 8\n  line 9\n- line 10\n+ changed\n  line 11\n  line 12\n...',
  );
});

test('lines that were put in or taken out do not make what follows differ', () => {
  const after = numbers.toSpliced(20, 1).toSpliced(5, 0, 'new');
  const signs = diffLines(numbers.join('\n'), after.join('\n'))
    .split('\n')
    .filter((line) => !line.startsWith('  ') && line !== '...');
  expect(signs).toEqual(['+ new', '- line 20']);
});

test('a long difference is cut', () => {
  const told = diffLines('', numbers.concat(numbers, numbers).join('\n')).split('\n');
  expect(told).toHaveLength(61);
  expect(told.at(-1)).toBe('... and 31 lines more');
});
