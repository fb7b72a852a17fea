/** Put there by the bundler. */
declare const __UNDERSTUDY_VERSION__: string | undefined;

export function versionText(): string {
  return typeof __UNDERSTUDY_VERSION__ === 'string' ? __UNDERSTUDY_VERSION__.slice(0, 40) : 'dev';
}
