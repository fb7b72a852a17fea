import { describe, expect, test } from 'vitest';
import { DEFAULT_FAST, DEFAULT_HEALTH, parseProbe, VmHealth } from './health.ts';

describe('a probe', () => {
  test.each([
    ['agent', { kind: 'agent' }],
    ['tcp://192.0.2.9:5432', { kind: 'tcp', address: '192.0.2.9', port: 5432 }],
    ['tcp://[2001:db8::9]:22', { kind: 'tcp', address: '2001:db8::9', port: 22 }],
    ['http://192.0.2.9', { kind: 'http', secure: false, address: '192.0.2.9', port: 80, path: '/' }],
    [
      'https://192.0.2.9:8443/a?b=c',
      { kind: 'http', secure: true, address: '192.0.2.9', port: 8443, path: '/a?b=c' },
    ],
    ['exec:/usr/bin/test -e /run/x', { kind: 'exec', path: '/usr/bin/test', args: ['-e', '/run/x'] }],
    ['exec:C:\\shop\\check.exe now', { kind: 'exec', path: 'C:\\shop\\check.exe', args: ['now'] }],
  ])('%s is understood', (text, probe) => {
    expect(parseProbe(text)).toEqual(probe);
  });

  test.each([
    'agents',
    'tcp://database:5432',
    'tcp://192.0.2.999:5432',
    'tcp://[1:2]:22',
    'tcp://[::ffff]x:22',
    'tcp://192.0.2:22',
    'tcp://010.0.2.9:22',
    'tcp://192.0.2.9:0',
    'tcp://192.0.2.9:65536',
    'http://192.0.2.9/\u0000',
    'http://192.0.2.9/a b',
    'http://192.0.2.9\r\nHost: x',
    'ftp://192.0.2.9/',
    'exec:systemctl restart x',
    'exec:/bin/sh\n-c',
    '',
  ])('%j is none', (text) => {
    expect(parseProbe(text)).toBeNull();
  });

  test.each([
    '0.0.0.0',
    '127.0.0.1',
    '127.9.9.9',
    '169.254.169.254',
    '[::]',
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[0000::1]',
    '[::127.0.0.1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[fe80::1]',
    '[FEBF::1]',
  ])('of %s is refused: it is the host, or its own link', (address) => {
    expect(parseProbe(`tcp://${address}:22`)).toBeNull();
    expect(parseProbe(`http://${address}/`)).toBeNull();
  });

  test.each(['10.0.0.1', '169.253.0.1', '[fec0::1]', '[fd00::1]', '[64:ff9b::1]'])(
    'of %s is taken: networks of guests are often private',
    (address) => {
      expect(parseProbe(`tcp://${address}:22`)).not.toBeNull();
    },
  );
});

test('what is wrong in a health policy is named', () => {
  const wrong = { ...DEFAULT_HEALTH, fast: { ...DEFAULT_FAST, probe: 'tcp://database:5432' } };
  expect(VmHealth.safeParse(wrong).error?.issues[0]).toMatchObject({ path: ['fast', 'probe'] });
  const long = { ...DEFAULT_HEALTH, deep: { ...DEFAULT_FAST, probe: `exec:/${'x'.repeat(200)}` } };
  expect(VmHealth.safeParse(long).error?.issues[0]).toMatchObject({ path: ['deep', 'probe'] });
  const command = { ...DEFAULT_HEALTH, restartApp: 'agent' };
  expect(VmHealth.safeParse(command).error?.issues[0]).toMatchObject({ path: ['restartApp'] });
});

test('only one look can wait for beats', () => {
  const beats = { ...DEFAULT_FAST, probe: 'heartbeat' };
  expect(VmHealth.safeParse({ ...DEFAULT_HEALTH, deep: beats }).success).toBe(true);
  const both = VmHealth.safeParse({ ...DEFAULT_HEALTH, fast: beats, deep: beats });
  expect(both.error?.issues[0]).toMatchObject({ path: ['deep', 'probe'] });
});
