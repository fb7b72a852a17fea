import { expect, test } from 'vitest';
import { whyNotBuilt } from './packageReason.ts';

const away = new Error('getaddrinfo ENOTFOUND github.com\nat somewhere');
const failed = { electronVersion: '45.4.1', hasElectron: false, fault: away };

test('an Electron that can’t be had is named with its version, its system and the commands that bring it', () => {
  const why = whyNotBuilt({ ...failed, target: 'nsis' });
  expect(why).toContain('Electron 45.4.1 for win32-x64 is missing');
  expect(why).toContain('getaddrinfo ENOTFOUND github.com)');
  expect(why).toContain('ELECTRON_MIRROR=https://MIRROR/ npm run package -- nsis');
  expect(whyNotBuilt({ ...failed, target: 'deb' })).toContain('for linux-x64');
});

test('a tool that can’t be had is told apart from Electron, with the folder that may stand in for it', () => {
  expect(whyNotBuilt({ ...failed, hasElectron: true, target: 'AppImage' })).toContain('APPIMAGE_TOOLS_PATH');
  expect(whyNotBuilt({ ...failed, hasElectron: true, target: 'nsis' })).toContain(
    'ELECTRON_BUILDER_NSIS_DIR',
  );
});

test('whatever else failed is said as it is', () => {
  expect(whyNotBuilt({ ...failed, target: 'deb', fault: new Error('no space left on device') })).toBe(
    'no space left on device',
  );
});
