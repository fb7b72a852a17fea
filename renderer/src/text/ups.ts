/** What the programs that watch a UPS have to call on each host; docs/guide.md says the same. */

export const upsCommands: readonly {
  readonly command: string;
  readonly when: string;
  readonly does: string;
}[] = [
  {
    command: 'understudy ups on-battery',
    when: 'The mains failed',
    does: 'After 30 s of it, VMs move to hosts that have power. Where all are on battery, nothing moves.',
  },
  {
    command: 'understudy ups low-battery',
    when: 'The battery is nearly empty',
    does: 'VMs move, or are shut down and left free for another host. Nothing is started here any more.',
  },
  {
    command: 'understudy ups power-back',
    when: 'The mains are back',
    does: 'The host may run VMs again.',
  },
];

/** One file to be written or added to on a host. */
export interface HostFile {
  readonly says: string;
  readonly what: string;
  readonly text: string;
}

export const nutFiles: readonly HostFile[] = [
  {
    says: 'Add to /etc/nut/upsmon.conf, then restart nut-monitor:',
    what: 'the lines for upsmon.conf',
    text: `NOTIFYCMD /etc/nut/understudy
NOTIFYFLAG ONBATT EXEC+SYSLOG
NOTIFYFLAG LOWBATT EXEC+SYSLOG
NOTIFYFLAG FSD EXEC+SYSLOG
NOTIFYFLAG ONLINE EXEC+SYSLOG`,
  },
  {
    says: 'Write /etc/nut/understudy and make it executable (chmod 755):',
    what: 'the script for NUT',
    text: `#!/bin/sh
case "$NOTIFYTYPE" in
  ONBATT) sudo -n /usr/local/bin/understudy ups on-battery ;;
  LOWBATT | FSD) sudo -n /usr/local/bin/understudy ups low-battery ;;
  ONLINE) sudo -n /usr/local/bin/understudy ups power-back ;;
esac`,
  },
  {
    says: 'upsmon runs it as its own user, often nut. Allow that user these three commands and nothing else, with visudo -f /etc/sudoers.d/understudy-ups:',
    what: 'the lines for sudo',
    text: `Cmnd_Alias UNDERSTUDY_UPS = /usr/local/bin/understudy ups on-battery, /usr/local/bin/understudy ups low-battery, /usr/local/bin/understudy ups power-back
nut ALL=(root) NOPASSWD: UNDERSTUDY_UPS`,
  },
];

export const apcupsdFiles: readonly HostFile[] = (
  [
    ['onbattery', 'on-battery'],
    ['doshutdown', 'low-battery'],
    ['offbattery', 'power-back'],
  ] as const
).map(([file, event]) => ({
  says: `/etc/apcupsd/${file}, as its second line:`,
  what: `the line for ${file}`,
  text: `/usr/local/bin/understudy ups ${event}`,
}));
