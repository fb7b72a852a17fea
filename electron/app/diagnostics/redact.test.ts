import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Redactor } from './redact.ts';

const redact = (text: string): string => new Redactor().redact(text).text;

test.each([
  ['{"password":"hunter2 x","n":1}', '{"password":"[redacted 1]","n":1}'],
  ['passphrase = tr0ub4dor', 'passphrase = [redacted 1]'],
  ['Authorization: Bearer abc.def', 'Authorization: [redacted 1]'],
  ['smb://admin:geheim@nas/share', 'smb://admin:[redacted 1]@nas/share'],
  [`key ${'ab'.repeat(32)} end`, 'key [redacted 1] end'],
  ['/home/karl/.ssh/id', '/home/[redacted 1]/.ssh/id'],
  ['-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----', '[redacted 1]'],
  ['-----BEGIN PRIVATE KEY-----\ncut off', '[redacted 1]'],
  ['at https://hooks.slack.com/services/T0/B0/x1', 'at https://hooks.slack.com/[redacted 1]'],
  ['https://api.telegram.org/bot12:AbC/sendMessage "x"', 'https://api.telegram.org/bot[redacted 1] "x"'],
])('%j is redacted', (text, expected) => {
  expect(redact(text)).toBe(expected);
});

test.each([
  '{"token":3,"generation":7,"desired":"running"}',
  'The token of web-shop was given to this host (generation 4).',
  'SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU',
  'alpha 10.0.0.11 port 7946, 6d0f7d3e-0000-4000-8000-000000000001',
])('%j is left as it is', (text) => {
  expect(redact(text)).toBe(text);
});

test('the same secret is the same word in every file, and redacting again changes nothing', () => {
  const redactor = new Redactor();
  const secret = 'cd'.repeat(32);
  const [first, second] = [redactor.redact(`a ${secret}`), redactor.redact(`b ${secret}`)];
  expect([first, second]).toEqual([
    { text: 'a [redacted 1]', count: 1 },
    { text: 'b [redacted 1]', count: 1 },
  ]);
  expect(redact(redact('password=abc12345'))).toBe('password=[redacted 1]');
});

test('no password in any JSON survives, whatever it is made of', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 8, unit: 'grapheme-ascii' }), (password) => {
      fc.pre(/[A-Za-z]/.test(password) && !/^\[redacted \d+\]$/.test(password));
      const text = JSON.stringify({ before: 1, password, after: 'kept' });
      expect(JSON.parse(redact(text))).toEqual({ before: 1, password: '[redacted 1]', after: 'kept' });
    }),
    { numRuns: 300 },
  );
});
