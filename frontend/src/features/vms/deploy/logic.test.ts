import { describe, expect, it } from 'vitest';
import { vmRow } from '@/test/vmRow';
import { parseAppCompose } from '../compose/appCompose';
import { parseEnvFile } from './envFile';
import { allowedText, freePort, takenPorts } from './freePort';
import { changed, manifestFor, newCompose, suggestedName } from './ownCompose';
import { publishedPorts } from './publishedPorts';
import { emptyForm } from './emptyForm';
import { requestOf } from './form';
import { aboutEntry, aboutNoEntry, besideField, stepOf } from './steps';

describe('a .env file', () => {
  const read = (text: string) =>
    Object.fromEntries(parseEnvFile(text).variables.map((v) => [v.key, v.value]));

  it.each([
    ['A=1', { A: '1' }],
    ['export A = 1 ', { A: '1' }],
    ['\uFEFFA=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['# A=1\n\n  # more\nB=', { B: '' }],
    ['A=x # said\nB=x#y\nC=#', { A: 'x', B: 'x#y', C: '' }],
    [`A='it # is' # said`, { A: 'it # is' }],
    [`A='\\n $HOME'`, { A: '\\n $HOME' }],
    ['A="a\\nb\\t\\"c\\" \\\\ \\$x \\z"', { A: 'a\nb\t"c" \\ $x \\z' }],
    ['A="-----BEGIN\nline\n-----END"\nB=2', { A: '-----BEGIN\nline\n-----END', B: '2' }],
    ["A='one\ntwo'\nB=2", { A: 'one\ntwo', B: '2' }],
    ['A="never closed\nB=2', { A: '"never closed', B: '2' }],
    ['A=1\nA=2', { A: '2' }],
    ['URL=postgres://u:p@h/d?x=1&y=2', { URL: 'postgres://u:p@h/d?x=1&y=2' }],
    ['', {}],
  ])('%j', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it('names the lines that say nothing', () => {
    expect(parseEnvFile('A=1\nno variable\n1B=2\nC="x\ny"\n=z\n').ignored).toEqual([2, 3, 6]);
  });
});

describe('a free host port', () => {
  const rules = {
    address: '127.0.0.1',
    ranges: [
      ['tcp', 8_000, 8_090],
      ['udp', 53, 53],
    ] as const,
  };
  const ports = [{ protocol: 'tcp' as const, host_address: '', host_port: 8_080, vm_port: 80 }];

  it('is the one wished for, else the next that may be had', () => {
    expect(freePort(rules, new Set(), 'tcp', 8_001)).toBe(8_001);
    expect(freePort(rules, takenPorts([], ports), 'tcp')).toBe(8_081);
    expect(
      freePort(
        rules,
        takenPorts([vmRow({ ports: ports.map((p) => ({ ...p, host_port: 8_081 })) })], ports),
        'tcp',
      ),
    ).toBe(8_082);
    expect(freePort(rules, new Set(), 'udp', 8_080)).toBe(53);
  });

  it('is none where all are taken or none is allowed', () => {
    expect(freePort(rules, new Set(['udp 53']), 'udp')).toBeNull();
    expect(freePort({ ...rules, ranges: [] }, new Set(), 'tcp')).toBeNull();
    expect(allowedText(rules, 'tcp')).toBe('8000–8090');
    expect(allowedText({ ...rules, ranges: [] }, 'tcp')).toBe('');
  });
});

describe('a compose file that is begun here', () => {
  const form = { ...emptyForm, own: true, compose: newCompose({ kms: true, gateway: false }) };

  it('says what the host has', () => {
    expect(parseAppCompose(form.compose)).toMatchObject({
      kms_enabled: true,
      key_provider: 'kms',
      gateway_enabled: false,
    });
  });

  it('goes by the VM’s name and fits its image', () => {
    const next = changed(form, { name: ' shop ' }, '0.6.1');
    expect(parseAppCompose(next.compose)).toMatchObject({ name: 'shop', manifest_version: '3' });
    expect(changed({ ...form, own: false }, { name: 'shop' }, '0.6.1').compose).toBe(form.compose);
  });

  it.each([
    ['0.5.9', 2],
    ['0.6.0', '3'],
    ['0.10', '3'],
    ['1.0.0', '3'],
    ['0.6', '3'],
  ])('of an image %s is of manifest version %s', (version, manifest) => {
    expect(manifestFor(version)).toBe(manifest);
  });

  it.each([
    ['name: my-shop\nservices:\n  web:\n', 'my-shop'],
    ['services:\n  # the one\n\n  web-1:\n    image: x\n', 'web-1'],
    ['services: # all\n    "db":\n', 'db'],
    ['version: "3"\n', ''],
  ])('lends its name: %j', (docker_compose_file, name) => {
    expect(suggestedName(JSON.stringify({ docker_compose_file }))).toBe(name);
  });
});

it('finds the ports that a docker-compose file opens', () => {
  const text = `
services:
  web: { ports: ["8080:80", "127.0.0.1:8443:443/tcp", 9000, "3000-3005:3000-3005"] }
  dns: { ports: [{ target: 53, published: "5353", protocol: udp }, { target: 1 }, "5353:53/udp", "[::1]:81:80"] }
  none: null
`;
  expect(publishedPorts(text)).toEqual([
    { protocol: 'tcp', port: 8_080 },
    { protocol: 'tcp', port: 8_443 },
    { protocol: 'udp', port: 5_353 },
    { protocol: 'tcp', port: 81 },
  ]);
  expect(publishedPorts('services: [1\n')).toEqual([]);
  expect(publishedPorts('5')).toEqual([]);
});

describe('what the server remarks', () => {
  const remark = { field: 'ports', message: 'ports[1].host_port: tcp port 80 is taken' };

  it('stands beside its field, without the field’s name', () => {
    expect(besideField(remark)).toBe('tcp port 80 is taken');
    expect(besideField({ field: 'name', message: 'name: must be 1 to 128' })).toBe('Must be 1 to 128');
    expect(besideField({ field: '', message: 'ports: x' })).toBe('Ports: x');
    expect([aboutEntry(remark, 1), aboutEntry(remark, 0), aboutNoEntry(remark)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('leads to the step in which it can be mended', () => {
    expect(['compose_file', 'gpus.gpus[0].slot', 'ports[1]', '', 'new'].map(stepOf)).toEqual([
      'application',
      'machine',
      'network',
      'review',
      'review',
    ]);
  });
});

it('sends what is empty as what the server refuses by name', () => {
  const request = requestOf({
    ...emptyForm,
    vcpu: '',
    kmsUrls: ' https://a \n\n',
    gpuMode: 'all',
    gpus: ['65:00.0'],
  });
  expect(request).toMatchObject({ vcpu: 0, kms_urls: ['https://a'], gpus: { attach_mode: 'all', gpus: [] } });
  expect(requestOf({ ...emptyForm, protection: 'dstack-tdx' })).toMatchObject({
    no_tee: true,
    simulated_tee: 'dstack-tdx',
  });
  expect(requestOf({ ...emptyForm, protection: 'confidential' })).toMatchObject({
    no_tee: false,
    simulated_tee: null,
  });
});
