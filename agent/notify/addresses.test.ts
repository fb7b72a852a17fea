import { expect, test } from 'vitest';
import { checkedAddresses, reachOf } from './addresses.ts';

test('addresses in every disguise', async () => {
  const reach = async (text: string) => {
    try {
      const [first] = await checkedAddresses(new URL(text), true, 'it');
      return reachOf(first);
    } catch (fault) {
      return (fault as { failure?: { code: string } }).failure?.code;
    }
  };
  expect(await reach('https://2130706433/')).toBe('own');
  expect(await reach('https://0x7f.1/')).toBe('own');
  expect(await reach('https://[::ffff:10.0.0.1]/')).toBe('own');
  expect(await reach('https://[fd00::1]/')).toBe('own');
  expect(await reach('https://[::ffff:169.254.169.254]/')).toBe('notify.private-address');
  expect(await reach('https://[fe80::1]/')).toBe('notify.private-address');
  expect(await reach('https://[64:ff9b::a00:1]/')).toBe('notify.private-address');
  expect(await reach('https://0.0.0.0/')).toBe('notify.private-address');
  expect(await reach('https://[2001:db8::1]/')).toBe('public');
});
