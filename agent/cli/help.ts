import { PROFILES, takeoverTimeMs } from '../core/timing.ts';

export interface CommandHelp {
  readonly usage: string;
  readonly summary: string;
  readonly text: string;
}

const profileLines = Object.entries(PROFILES)
  .map(([name, timing]) => {
    const takenOver = `taken over after ${takeoverTimeMs(timing) / 1000} s`;
    return `${' '.repeat(27)}${name.padEnd(10)}${takenOver}; the store may be away for ${timing.loseAfterMs / 1000} s`;
  })
  .join('\n');

/** What each command does, as `understudy help` and `understudy COMMAND --help` say it. */
export const commandHelp: Readonly<Record<string, CommandHelp>> = {
  status: {
    usage: 'status',
    summary: 'how this host, its group and the protected VMs are',
    text: `Shows, from this host's point of view: whether VMs are protected, and if not, why and what to do; where
they run; the leases and watchdogs of all hosts; every heartbeat link with its round trip and loss.`,
  },
  events: {
    usage: 'events [--follow] [--limit N] [--after SEQ] [--incident ID]',
    summary: 'what has happened on this host',
    text: `Shows the newest events of this host's log, oldest first.

  --follow      go on showing events as they happen, until Ctrl+C
  --limit N     at most N events, 1 to 1000; 50 when not given
  --after SEQ   the events that follow the one with this number
  --incident ID only the events of one story: the name behind an event's code, the same on all hosts of the group`,
  },
  protect: {
    usage: 'protect VM [--hosts A,B] [--restarts N] [--window MIN] [--order N] [--shutdown-timeout S] ...',
    summary: 'let the group fail this VM over',
    text: `Puts a VM of this host under the group's protection. It is refused, with the reasons, when the VM could not
run elsewhere: see 'understudy check VM'. A running VM goes on running.

  --hosts A,B               hosts that may run it, the preferred first; all of the group when not given
  --restarts N              restarts on the same host within the window before another host takes it, 0 to 20
  --window MIN              the minutes in which restarts count, 1 to 1440
  --order N                 0 to 1000; lower ones start first after the loss of a host
  --shutdown-timeout S      seconds a guest gets to shut down in a switchover before its power is cut, 1 to 3600
  --live-limit MIB          MiB of its memory that a live move sends in a second at most; 0: no limit
  --on-isolation HOW        when the VM's bridge has lost its way out on its host and another host has it: tell (only
                            say so), live (move it while it runs), move (also with a shutdown where that fails)
  --on-degraded HOW         the same when its host's hardware shows that it may fail, and another host's is better`,
  },
  unprotect: {
    usage: 'unprotect VM',
    summary: 'take a VM out of protection',
    text: `The VM stays where it is and as it is. From then on nothing fails it over, and nothing keeps it from being
started on two hosts at once but you.`,
  },
  check: {
    usage: 'check VM',
    summary: 'what keeps a VM from being protected',
    text: 'Checks a VM of this host now and changes nothing. Exits with 1 when something forbids protecting it.',
  },
  switchover: {
    usage: 'switchover VM [--to HOST] [--live [--or-shutdown]]',
    summary: 'move a VM to another host, with a shutdown here and a start there, or while it runs',
    text: `The guest is shut down cleanly on its host and started on the other one; it is away for that time. A guest that
does not shut down within its timeout loses power. The command returns when the VM is on the other host, or says why
it is not. Interrupting it only ends the waiting, not the move.

  --to HOST     the host to move to; when not given, the first of its hosts that is ready for it
  --live        move the running guest; it stands still for a moment only. When that can't be done it stays here
  --or-shutdown with --live: when it can't be moved while it runs, shut it down here and start it there`,
  },
  start: {
    usage: 'start VM',
    summary: 'start a protected VM, and have it run from now on',
    text: `Starts the VM on the host that holds it. From then on it is meant to run: it is restarted or taken over when it
or its host fails.`,
  },
  stop: {
    usage: 'stop VM',
    summary: 'shut a protected VM down, and have it stay down',
    text: 'Shuts the guest down cleanly. From then on it is meant to be down: nothing starts it again by itself.',
  },
  cancel: {
    usage: 'cancel VM',
    summary: 'stop a switchover that is under way, while that is safe',
    text: `Asked on the host that the VM is leaving. Until its token is given up the VM stays: a guest that has shut down
already is started again here. Afterwards it is refused: wait until the switchover is over, then switch back.`,
  },
  policy: {
    usage:
      'policy VM [--restarts N] [--order N] [--shutdown-timeout S] [--live-limit MIB] [--fast PROBE] ...',
    summary: "change a protected VM's policy",
    text: `What is not named stays as it is. On any host of the group.

  --restarts N              restarts on the same host within the window before another host takes it, 0 to 20
  --window MIN              the minutes in which restarts count, 1 to 1440
  --order N                 0 to 1000; lower ones start first after the loss of a host
  --shutdown-timeout S      seconds a guest gets to shut down in a switchover before its power is cut, 1 to 3600
  --live-limit MIB          MiB of its memory that a live move sends in a second at most; 0: no limit
  --on-isolation HOW        when the VM's bridge has lost its way out on its host and another host has it: tell (only
                            say so), live (move it while it runs), move (also with a shutdown where that fails)
  --on-degraded HOW         the same when its host's hardware shows that it may fail, and another host's is better
  --drill-days N            warn when the last drill on a standby is older, 0 to 365; 0: not
  --drill-hours FROM-TO     hours in which a standby makes one that is due by itself, such as 22-5; or off
  --after VM,VM             VMs that must be there before this one is started, at most 4; or none. One that is
                            watched over the network must answer
  --apart VM,VM             VMs that should not be on the same host where there is a choice, at most 4; or none
  --together VM,VM          VMs that should
  --room must|warn          must: refuse to protect or change anything that would leave it without memory on the
                            other hosts if its host were lost; warn: only say so (that is so unless you say otherwise)
  --failback WHEN           when it goes back to its preferred host, once that has been well for five minutes: never,
                            at-once, or hours of the local day such as 22-6. One that you switched over stays
  --failback-how HOW        live: only while it runs (that is so unless you say otherwise); live-or-shutdown: shut
                            down and started there where that fails

Watching the guest and its application (off unless a probe is given). PROBE is one of:
  agent                     the guest agent answers a ping
  heartbeat                 the guest says by itself that it is well: 'understudy help heartbeat-script'
  tcp://192.0.2.9:5432      a connection is accepted; addresses are numbers, not names
  http://192.0.2.9/health   or https://; the status is below 400
  exec:/usr/bin/check-it    a program in the guest, run through the guest agent, ends with status 0
  off                       not any more

  --fast PROBE, --deep PROBE        one cheap and often, one dear and seldom; either is enough
  --fast-every S, --deep-every S    seconds between two, 1 to 3600 (5 and 30)
  --fast-timeout S, --deep-timeout S    seconds until no answer is silence, 1 to 60 (3 and 10)
  --fast-failures N, --deep-failures N  failures in a row that count, 1 to 100 (3)
  --min-uptime S            seconds a guest runs before anything counts, 0 to 3600 (120)
  --reboot-grace MIN        minutes a guest that restarted itself may take: updates, 0 to 240 (30)
  --quiet S                 seconds its disks and network must stand still before a silent guest is reset,
                            5 to 3600 (60)
  --restart-app COMMAND     exec:/PROGRAM ARGUMENTS, run in the guest to restart the application; or off
  --app-restarts N          restarts of the application within the window, 0 to 10 (2)
  --resets N                resets of the guest within the window, 0 to 10 (1)

What fails goes through: application, guest, VM (--restarts), another host; then it is left as it is, and
you are told.`,
  },
  maintenance: {
    usage:
      'maintenance on [HOST] [--for TIME] [--bring-back] [--or-shutdown | --shutdown] | maintenance off [HOST]',
    summary: 'empty a host for work on it, and give it no VM meanwhile',
    text: `on: the VMs that run on the host (this one when none is named) move to other hosts in start order, while they run
and two at a time. One that can't be moved while it runs stays, and the status says why. The host takes nothing over
until its maintenance is over, unless a VM is started on it by hand.
off: it may be given VMs again.

  --for TIME    when it ends by itself: 90s, 20m, 2h, 3d, at most 30d; without it, it lasts until "off"
  --bring-back  when it is over, the VMs that were moved away and prefer this host move back to it, in the same way
  --live        what is done when nothing is said, except in the demo, where VMs can't move while they run
  --or-shutdown VMs that can't be moved while they run are shut down and started on the other host
  --shutdown    all of them are shut down and started on the other host, up to four at a time`,
  },
  'step-down': {
    usage: 'step-down [--within TIME] [--no-wait]',
    summary: "give this host's VMs away because it is about to be switched off",
    text: `VMs are moved to other hosts; those that none can take are shut down and left free for the first that can. Meanwhile
nothing is started here. A shutdown or reboot of the host does this by itself. Waits until no VM is left, and exits
with 1 when some are left after the time. If the host stays on after all: understudy ups power-back

  --within TIME  how long to wait: 5m when not given
  --no-wait      do not wait`,
  },
  ups: {
    usage: 'ups on-battery|low-battery|power-back',
    summary: 'what the UPS of this host says; for the hooks of NUT and apcupsd',
    text: `on-battery    after 30 s of it, VMs are moved to hosts that are not on battery; those that none can take stay here.
low-battery   as step-down: VMs are moved, or shut down where nobody takes them.
power-back    this host may run VMs again. None is moved back by itself.

Returns at once. docs/guide.md shows how a UPS is connected.`,
  },
  drill: {
    usage: 'drill VM [--no-wait] [--picture FILE]',
    summary: 'rehearse a failover of a VM to this host, with a throw-away copy',
    text: `On a standby of the VM. The host that runs it copies its disks as they are at one moment into a folder beside the
lease area, at 64 MiB a second at most; this host starts a copy of the VM from them, joined to no network, asks its
guest agent and whatever of its watching needs no network, takes a picture, and throws the copy away. The VM itself
goes on and is not changed. A drill ends at once when this host is needed for anything else.
Waits for the end; exits with 1 when the copy did not come up well. Ctrl+C does not end the drill.
  --no-wait       do not wait
  --picture FILE  writes what the screen of the copy showed, as PNG`,
  },
  drills: {
    usage: 'drills [--stop]',
    summary: 'the last drill of each VM on this host',
    text: 'With --stop, the drill that is under way on this host is broken off instead.',
  },
  disarm: {
    usage: 'disarm [--for TIME]',
    summary: 'have the whole group move and restart nothing',
    text: `For work on the network or on the storage. VMs run on and leases are renewed on: a host that loses the store still
stops its VMs. Failures are not handled until the group is armed again; what should run then is started.

  --for TIME    when it ends by itself: 90s, 20m, 2h, 3d, at most 30d; without it, it lasts until "arm"`,
  },
  arm: {
    usage: 'arm',
    summary: 'end a disarm',
    text: 'From then on failures are handled. VMs that went down meanwhile and should run are started.',
  },
  group: {
    usage: 'group show | group profile swift|steady|patient',
    summary: "the group's configuration",
    text: `  group show             hosts, links, profile and protected VMs, as decided on the store
  group profile NAME     changes how soon a host that is silent is taken over, and how long the store may be away:
${profileLines}`,
  },
  'heartbeat-script': {
    usage: 'heartbeat-script linux|windows',
    summary: 'the program that lets a guest say by itself that it is well',
    text: `Prints a program to copy into the guest, which installs itself there: "sh understudy-heartbeat install" on Linux, or
"powershell -ExecutionPolicy Bypass -File understudy-heartbeat.ps1 Install" on Windows. The VM needs a channel
for it, see docs/guide.md; then: understudy policy VM --fast heartbeat`,
  },
  notify: {
    usage: 'notify status | notify test [CHANNEL]',
    summary: 'how this host tells people when no app is open',
    text: `  notify status          channels, when each last worked, and whether the other hosts have the same settings
  notify test [CHANNEL]  sends a test message from this host now, on every channel or on one: mail, trap, webhook:NAME

Settings are made in the app; passwords and addresses that are secret never come back out of the host.`,
  },
  leave: {
    usage: 'leave',
    summary: 'stop agent and keeper of this host, for an upgrade or removal',
    text: `Refused while a protected VM runs or starts here: switch it over first. Afterwards the watchdog is disarmed, and
both stay down until they are started again or the host boots.`,
  },
  version: {
    usage: 'version',
    summary: 'the version of the agent that runs',
    text: 'Shows the versions of the running agent, of the control protocol, and of its Node.',
  },
  help: {
    usage: 'help [COMMAND]',
    summary: 'this page, or that of a command',
    text: "The same as 'understudy COMMAND --help'.",
  },
};

const EXIT_CODES = `EXIT STATUS
  0    done
  1    the agent refused or failed; it says what happened, what it means and what to do
  2    the command line could not be understood
  3    the agent could not be reached; that says nothing about VMs or their protection
  130  interrupted; what was asked for goes on`;

/** The page of one command. */
export function commandPage({ usage, summary, text }: CommandHelp): string {
  return `NAME
  understudy ${usage.split(' ')[0]} - ${summary}

USAGE
  understudy ${usage}

DESCRIPTION
${text.replaceAll(/^(?=.)/gm, '  ')}

  --json        the agent's answer as one JSON object (events: one object a line)

${EXIT_CODES}
`;
}

/** The page of the program. */
export function mainPage(): string {
  const width = Math.max(...Object.keys(commandHelp).map((name) => name.length));
  const list = Object.entries(commandHelp)
    .map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
    .join('\n');
  return `NAME
  understudy - failover of virtual machines between libvirt hosts with a shared store

USAGE
  understudy COMMAND [ARGUMENTS] [--json]
  understudy COMMAND --help

DESCRIPTION
  Speaks with the Understudy agent of this host over /run/understudy/agent.sock. Only root and members of the
  group understudy may do that. The agents of a group act on their own; no command is needed for a failover.

COMMANDS
${list}

OPTIONS
  --json        machine-readable answers on standard output
  --help        the page of a command
  --version     the version of this program; 'understudy version' asks the agent that runs
  --root DIR    the agent of a demo host that keeps its files under DIR

${EXIT_CODES}

FILES
  /etc/understudy            configuration of this host and its group
  /var/lib/understudy/events this host's event log

The codes in brackets are explained in docs/codes.md.
`;
}
