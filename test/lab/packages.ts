/** Debian packages that the machine needs to run the lab; the hosts' own packages are in `baseImage.ts`. */
export const labMachinePackages: readonly string[] = [
  'mmdebstrap',
  'systemd-container',
  'iproute2',
  'nftables',
  'gcc',
  'libc6-dev',
  'libfuse3-dev',
  'fuse3',
  'pkg-config',
  'openipmi',
  'openssh-client',
  'xz-utils',
  'util-linux',
  'mount',
];
