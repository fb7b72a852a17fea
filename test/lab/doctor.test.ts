import { expect, test } from 'vitest';
import { describeMissing } from './doctor.ts';
import { labMachinePackages } from './packages.ts';

test('each missing piece is named with its remedy, and one command brings all packages', () => {
  const lines = describeMissing([
    { what: 'nft is missing.', fix: 'apt-get install -y nftables' },
    { what: 'The lab needs root.', fix: 'Run it with sudo.' },
  ]);
  expect(lines).toEqual([
    'nft is missing. apt-get install -y nftables',
    'The lab needs root. Run it with sudo.',
    `All of it: apt-get install -y ${labMachinePackages.join(' ')}`,
  ]);
});

test('where packages would not help, none are offered', () => {
  expect(describeMissing([{ what: 'The lab needs Linux.', fix: 'Use a VM.' }])).toEqual([
    'The lab needs Linux. Use a VM.',
  ]);
  expect(describeMissing([])).toEqual([]);
});
