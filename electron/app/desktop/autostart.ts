/** Makes one argument of a desktop entry's Exec line: the specification's quoting, then its field codes. */
function quoted(argument: string): string {
  const escaped = argument.replaceAll(/["`$\\]/g, String.raw`\$&`).replaceAll('%', '%%');
  return `"${escaped.replaceAll('\\', '\\\\')}"`;
}

/**
 * The entry in `~/.config/autostart` that starts the app in the tray at login (Desktop Entry and Desktop Application
 * Autostart specifications). Throws when the program's path can't be written in such a file.
 */
export function autostartEntry(program: string): string {
  if (/[\n\r\0]/.test(program)) throw new Error('The path of the app holds a line break.');
  return [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Understudy',
    'Comment=Shows whether the VMs are protected',
    `Exec=${quoted(program)} --hidden`,
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
    '',
  ].join('\n');
}
