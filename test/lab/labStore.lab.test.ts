import { describe, expect, test } from 'vitest';
import { useLab } from './labFixture.ts';
import { waitFor } from './run.ts';

const used = useLab();

describe('the store of one host', () => {
  test('fails for that host alone, the LUN included', async () => {
    await used.h1.setStore('eio');
    expect((await used.h1.run('ls /srv/store')).code).not.toBe(0);
    expect((await used.h1.run('dd if=/dev/lun0 of=/dev/null bs=4096 count=1 iflag=direct')).code).not.toBe(0);
    expect(await used.h2.must('ls /srv/store')).toContain('images');
    await used.h2.must('dd if=/dev/lun0 of=/dev/null bs=4096 count=1 iflag=direct');
  });

  test('can be read-only', async () => {
    await used.h1.setStore('ro');
    expect((await used.h1.run('touch /srv/store/x')).stderr).toContain('Read-only');
    await used.h1.must('ls /srv/store/images');
  });

  test('shows on the LUN at once what the other host wrote there', async () => {
    await used.h1.must('echo "from h1" | dd of=/dev/lun0 bs=4096 seek=3 conv=sync oflag=direct,dsync');
    expect(await used.h2.must('dd if=/dev/lun0 bs=4096 skip=3 count=1 iflag=direct | head -c 7')).toBe(
      'from h1',
    );
  });

  test('can be rolled back for all hosts while they run', async () => {
    const put = (text: string): string =>
      `echo ${text} > /srv/store/kept; echo ${text} | dd of=/dev/lun0 bs=4096 conv=sync oflag=direct`;
    await used.h1.must(put('old'));
    const rollBack = await used.lab.snapshotStore();
    await used.h1.must(`${put('newer')}; touch /srv/store/added`);
    await rollBack();
    const seen = await used.h2.must(
      'cat /srv/store/kept; ls /srv/store; dd if=/dev/lun0 bs=4096 count=1 iflag=direct | head -c 3',
    );
    expect(seen).toMatch(/^old\nboot\n(.*\n)*kept\n(.*\n)*old$/);
    expect(seen).not.toContain('added');
  });

  test('has a private neighbour that claims to be shared and is not', async () => {
    await used.h1.must('touch /srv/private/mine');
    expect(await used.h2.must('ls /srv/private')).toBe('');
    const type = (path: string): Promise<string> => used.h2.must(`findmnt -n -o FSTYPE ${path}`);
    expect(await type('/srv/private')).toBe(await type('/srv/store'));
  });

  const writer = (name: string): string =>
    `: > /srv/store/${name}; exec 3<>/srv/store/${name}; echo ready > /run/${name}; read -r go < /run/${name}.go; ` +
    `echo written | dd conv=sync,notrunc bs=4096 oflag=direct >&3`;

  async function stallAndKill(name: string, fault: 'stall' | 'stall-detached'): Promise<void> {
    await used.h1.must(`mkfifo /run/${name}.go`);
    void used.h1.run(writer(name));
    await used.h1.must(`until [ -e /run/${name} ]; do sleep 0.01; done`);
    await used.h1.setStore(fault);
    await used.h1.must(`echo > /run/${name}.go`);
    await waitFor('the write to hang', 5_000, () => used.h1.storeState().waiting > 0);
    await used.h1.must('kill -9 $(pidof dd)');
  }

  test('in a stall keeps a killed writer until the stall ends, and its write lands', async () => {
    await stallAndKill('stalled', 'stall');
    expect((await used.h1.run('pidof dd || ps -C dd')).code).toBe(0);
    await used.h1.setStore('ok');
    await waitFor(
      'the write to land',
      5_000,
      async () => (await used.h2.must('head -c 7 /srv/store/stalled')) === 'written',
    );
    await waitFor('its writer to go', 5_000, async () => (await used.h1.run('ps -C dd')).code !== 0);
  });

  test('in a detached stall lets a killed writer go, and its write lands later all the same', async () => {
    await stallAndKill('detached', 'stall-detached');
    await waitFor('the writer to go', 5_000, async () => (await used.h1.run('ps -C dd')).code !== 0);
    await waitFor('the write to be kept', 5_000, () => used.h1.storeState().detached === 1);
    expect(await used.h2.must('head -c 7 /srv/store/detached')).toBe('');
    await used.h1.setStore('ok');
    await waitFor(
      'the write to land',
      5_000,
      async () => (await used.h2.must('head -c 7 /srv/store/detached')) === 'written',
    );
  });

  test('in a stall does not keep the host from losing its power, and what hung then never lands', async () => {
    await stallAndKill('lost', 'stall');
    await used.h1.off();
    expect(await used.h2.must('head -c 7 /srv/store/lost')).toBe('');
  });
});
