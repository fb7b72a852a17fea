import type { About } from '../../ipc/daily/views.ts';

/** The libraries in this app; a test compares the list with what is installed. */
const PARTS: About['parts'] = [
  { name: 'fast-xml-parser', version: '5.12.1', licence: 'MIT' },
  { name: 'lucide-react', version: '1.75.0', licence: 'ISC' },
  { name: 'net-snmp', version: '3.29.2', licence: 'MIT' },
  { name: 'nodemailer', version: '10.6.1', licence: 'MIT-0' },
  { name: 'react', version: '19.3.1', licence: 'MIT' },
  { name: 'react-dom', version: '19.3.1', licence: 'MIT' },
  { name: 'ssh2', version: '1.17.0', licence: 'MIT' },
  { name: 'ws', version: '8.23.0', licence: 'MIT' },
  { name: 'zod', version: '4.6.7', licence: 'MIT' },
  { name: 'zustand', version: '5.1.0', licence: 'MIT' },
];

/** What Understudy does not protect against, with what helps instead. */
const LIMITS: About['limits'] = [
  {
    what: 'A store that is lost',
    why: 'There is one copy of each disk. Understudy moves VMs, not data.',
    instead: 'Backups on another machine, and a store with mirrored disks.',
  },
  {
    what: 'What a guest had only in memory',
    why: 'A takeover is like pulling the guest’s plug and switching it on again on the other host.',
    instead: 'Applications that write what matters to disk, as databases do.',
  },
  {
    what: 'Both hosts at once',
    why: 'One power strip, one switch or one air conditioner may be the end of both.',
    instead: 'Two power circuits, a UPS each, two switches.',
  },
  {
    what: 'A watchdog that does not fire, or a store that says "written" and forgets',
    why: 'Both are checked for; neither can be proven from inside.',
    instead:
      'A hardware watchdog of a known maker, and a store without write-back caches that a power cut empties.',
  },
  {
    what: 'A dead application in a living guest',
    why: 'This version sees whether a VM runs, not whether it answers.',
    instead: 'Monitoring inside the guest.',
  },
  {
    what: 'Local disks, local ISO images, passed-through devices, disk caches other than none and directsync',
    why: 'Such a VM could not run elsewhere, or its last writes could land too late.',
    instead: 'The checks name each of them with its fix.',
  },
  {
    what: 'Mistakes and malice of an administrator',
    why: 'Who is root on a host, or may write to the store, can undo everything.',
    instead: null,
  },
];

/** For the page that says what this is and what it can't do. */
export function about(appVersion: string, agentVersion: string): About {
  const { node, electron, chrome } = process.versions;
  const shell = electron === undefined ? '' : `Electron ${electron}, Chromium ${chrome ?? '?'}, `;
  return {
    appVersion,
    agentVersion,
    runtime: `${shell}Node ${node}, ${process.platform} ${process.arch}`,
    licence: 'Apache-2.0',
    parts: PARTS,
    limits: LIMITS,
  };
}
