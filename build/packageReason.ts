import type { PackageTarget } from './electronBuilder.ts';

/** A build that failed, and how far it came. */
export interface FailedBuild {
  readonly target: PackageTarget;
  readonly electronVersion: string;
  /** Electron itself was there, or was fetched: what is missing is a tool that makes this kind of package. */
  readonly hasElectron: boolean;
  readonly fault: unknown;
}

/** The system whose Electron goes into each kind of package. */
const systems: Readonly<Record<PackageTarget, string>> = {
  deb: 'linux-x64',
  AppImage: 'linux-x64',
  'tar.gz': 'linux-x64',
  nsis: 'win32-x64',
  dmg: 'darwin-x64',
};

/** What electron-builder fetches for a kind of package, and where it looks before it does. */
const tools: Readonly<Partial<Record<PackageTarget, string>>> = {
  AppImage:
    'AppImage’s runtime and mksquashfs, as electron-builder packs them; APPIMAGE_TOOLS_PATH may name a folder with them',
  nsis: 'NSIS with its plugins, as electron-builder packs them; ELECTRON_BUILDER_NSIS_DIR and ELECTRON_BUILDER_NSIS_RESOURCES_DIR may name folders with them',
};

const AWAY =
  /ENOTFOUND|ECONN|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|fetch failed|status(?: code)? (?:403|404|5\d\d)/;

/** What is missing, and the command that brings it: Electron comes from the net at the first build, and so do some tools. */
export function whyNotBuilt({ target, electronVersion, hasElectron, fault }: FailedBuild): string {
  const text = (fault instanceof Error ? fault.message : String(fault)).split('\n')[0]?.slice(0, 300) ?? '';
  if (!AWAY.test(text)) return text;
  const again = `npm run package -- ${target}`;
  if (!hasElectron) {
    return `Electron ${electronVersion} for ${systems[target]} is missing, and its download failed (${text}). Where github.com can be reached: ${again}. From a mirror: ELECTRON_MIRROR=https://MIRROR/ ${again}`;
  }
  const tool = tools[target] ?? 'a tool of electron-builder';
  return `a tool is missing, and its download failed (${text}): ${tool}. Where github.com can be reached: ${again}`;
}
