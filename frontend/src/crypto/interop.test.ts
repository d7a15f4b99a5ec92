import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { sealEnvironment } from './envelope';
import { fromHex, toHex } from './hex';
import { verifyKey, type SignedKey } from './kmsSignature';

const root = resolve('..');
const APP = 'c0ffee'.padEnd(40, '0');

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Asks the KMS of the Python tests, which was written apart from this code and with other libraries. */
function kms(question: 'key' | 'open', asked: object): unknown {
  const python = `${root}/.venv/bin/python`;
  const input = JSON.stringify(asked);
  return JSON.parse(
    execFileSync(python, ['-m', 'tests.kms.real', question], { cwd: root, input }).toString(),
  );
}

it.each([true, false])('is opened by a guest that another library made; WebCrypto: %s', async (native) => {
  if (!native) vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) });
  const key = kms('key', { app_id: APP }) as SignedKey;
  const variables = { PASSWORD: 'naïve €\n"\\ \u0000', EMPTY: '', LONG: 'x'.repeat(100_000) };
  const sealed = await sealEnvironment(
    Object.entries(variables).map(([name, value]) => ({ key: name, value })),
    fromHex(key.public_key) ?? new Uint8Array(),
  );
  expect(kms('open', { app_id: APP, sealed: toHex(sealed) })).toEqual(variables);
});

it('knows the signer of a key that another library signed', () => {
  const key = kms('key', { app_id: APP, timestamp: 1_796_040_000 }) as SignedKey & { signer: string };
  expect(verifyKey(key, APP, 1_796_040_100)).toMatchObject({
    signer: { publicKey: `0x${key.signer}` },
    fault: null,
  });
  expect(verifyKey({ ...key, signature_v1: '' }, APP, 0).signer?.publicKey).toBe(`0x${key.signer}`);
});
