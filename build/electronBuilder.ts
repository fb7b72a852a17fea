import type { Configuration } from 'electron-builder';

/** What a package is made for; each is built on its own, so that one that can't be built stops no other. */
export type PackageTarget = 'deb' | 'AppImage' | 'tar.gz' | 'nsis' | 'dmg';

/** How Electron itself is locked: nothing but our own app runs in it, and nothing can be put into it from outside. */
const fuses: NonNullable<Configuration['electronFuses']> = {
  runAsNode: false,
  enableCookieEncryption: true,
  enableNodeOptionsEnvironmentVariable: false,
  enableNodeCliInspectArguments: false,
  enableEmbeddedAsarIntegrityValidation: true,
  onlyLoadAppFromAsar: true,
  loadBrowserProcessSpecificV8Snapshot: false,
};

/** The project has no public home yet; the package formats insist on one. */
const HOME = 'https://understudy.invalid';

export interface BuilderOptions {
  readonly output: string;
  /** A trial: packs this older runtime, with main bundled for it, to try all but the pinned Electron itself. */
  readonly trial: {
    readonly electronDist: string;
    readonly electronVersion: string;
    readonly main: string;
  } | null;
}

/** The whole of the packaging, as electron-builder takes it. Both agent builds travel beside the app's archive. */
export function builderConfig({ output, trial }: BuilderOptions): Configuration {
  return {
    appId: 'app.understudy',
    productName: 'Understudy',
    copyright: 'The Understudy contributors, Apache-2.0',
    artifactName: `understudy-${trial === null ? '' : 'TRIAL-'}\${version}-\${os}-\${arch}.\${ext}`,
    directories: { output, buildResources: 'build/icons' },
    // Everything is bundled: no module is looked for at run time.
    files: [
      'package.json',
      'LICENSE',
      'out/app/*',
      'out/renderer/**',
      '!**/*.map',
      '!**/node_modules/**',
    ].concat(trial === null ? [] : [`${trial.main}/*`]),
    extraResources: [{ from: 'out/agent', to: 'agent', filter: ['agent.cjs', '{x64,arm64}/*.{gz,json}'] }],
    extraMetadata: {
      homepage: HOME,
      // The name under which desktops find the entry of a running window.
      desktopName: 'understudy.desktop',
      ...(trial === null ? {} : { main: `${trial.main}/main.cjs` }),
    },
    asar: true,
    // What weighs most is compressed already; a trial is unpacked again at once.
    compression: trial === null ? 'normal' : 'store',
    ...(trial === null ? {} : { deb: { compression: 'gz' as const } }),
    npmRebuild: false,
    publish: null,
    electronFuses: trial === null ? { ...fuses, grantFileProtocolExtraPrivileges: false } : fuses,
    ...(trial === null ? {} : { electronDist: trial.electronDist, electronVersion: trial.electronVersion }),
    linux: {
      category: 'System;Monitor',
      executableName: 'understudy',
      syncDesktopName: true,
      icon: 'build/icons',
      maintainer: 'The Understudy contributors <contributors@understudy.invalid>',
      synopsis: 'Failover of virtual machines on two or three libvirt hosts',
      description:
        'Sets up and watches failover of virtual machines between libvirt hosts. The hosts do the work by themselves; this app may be closed.',
    },
    win: { icon: 'build/icons/icon.ico' },
    // For this user alone: no administrator is needed, on a computer that only watches.
    nsis: { oneClick: false, perMachine: false, allowToChangeInstallationDirectory: true },
    mac: { icon: 'build/icons/icon.icns', category: 'public.app-category.utilities', hardenedRuntime: true },
  };
}
